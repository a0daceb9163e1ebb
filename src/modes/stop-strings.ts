// Whether the new text of a generation contains a stop string of its protocol. Pure, except for the tokenizer passed
// in.
import type {Protocol} from './protocol.js'

type StopRules = Pick<Protocol, 'stopStrings' | 'stopStringsIgnoreCase'>

/**
 * Returns a test to call after each appended id, with all new ids so far: true once their text, special tokens
 * included, contains a stop string. Each call decodes only the last ids, which hold whatever was completed by the last
 * one: a token has at least one byte, and a character at most four.
 */
export function stopStringWatch(
  {stopStrings, stopStringsIgnoreCase}: StopRules,
  decode: (ids: readonly number[]) => string,
): (ids: readonly number[]) => boolean {
  const folded = (text: string) => (stopStringsIgnoreCase ? text.toLowerCase() : text)
  const wanted = stopStrings.map(folded)
  const reach = 4 * wanted.reduce((most, text) => Math.max(most, text.length), 0) + 8
  let found = false
  return ids => {
    if (wanted.length === 0) return false
    if (!found) {
      const text = folded(decode(ids.slice(-reach)))
      found = wanted.some(one => text.includes(one))
    }
    return found
  }
}
