// Names of files for ids and references of any form.
import {sha256} from '../core/hash.js'

/** File systems limit names to 255 bytes. A longer name becomes a hash and its end, which names the intervention. */
const longestName = 200
const longestEnd = 150

/** Percent-encoded: equal texts have equal names, different texts different ones. */
export function nameOf(text: string): string {
  const encoded = wellEncoded(text)
  if (encoded.length <= longestName && decodeURIComponent(encoded) === text) return encoded
  let end = text.slice(-longestEnd)
  while (wellEncoded(end).length > longestEnd) end = end.slice(1)
  // Hashed as JSON, which tells apart two texts with different lone surrogates.
  return `${sha256(JSON.stringify(text)).slice(0, 16)}-${wellEncoded(end)}`
}

/** Percent-encoded. A lone surrogate has no encoding and becomes the replacement character. */
function wellEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
