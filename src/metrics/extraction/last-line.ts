// An answer that stands alone on the last line after the reasoning, for this project's own rule. It is as clear as an
// announcement and comes last. A line does not count if it ends a list of the options, continues a sentence, or follows
// a denial.
import type {KnownItem, Target} from './declarations.js'
import {wholeLetter, wholeText} from './whole.js'

/** `B) cotton`: the letter with its own text. */
const letterAndText = /^[^\p{L}\p{N}]{0,20}([A-Z])[^\p{L}\p{N}]{1,5}(?=[\p{L}\p{N}])/u
const listed = /^[^\p{L}\p{N}]{0,20}[A-Z](?:[).:\]]|\s{0,9}$)/u
const lead = /^[^\p{L}\p{N}]{0,20}(?:so|thus|therefore|hence|finally|final|result)\b/iu
/** A line that ends like this continues on the next: "the reference lies with / B". */
const unfinished =
  /(?:,|\b(?:a|the|of|to|with|than|and|or|nor|between|from|like|unlike|as|for|by|at|on|in|near|not|both))\s*$/i
const longestLine = 200
const denying =
  /\b(?:not|none|neither|cannot|can['’]t|never|wrong|incorrect|least|unlikely|eliminat\w*|exclud\w*|rule\w*\s+out|without)\b|不|排除|错/iu

export function lastLine(text: string, item: KnownItem): Target | undefined {
  const trimmed = text.trimEnd()
  const start = trimmed.lastIndexOf('\n') + 1
  const line = trimmed.slice(start)
  const before = trimmed.slice(Math.max(0, start - 2000), start)
  if (line.length > longestLine || before.trim() === '' || /[?？]/.test(line)) return undefined
  const paragraph = /\n[^\S\n]*\n[^\S\n]*$/.test(before) || /\n[^\p{L}\p{N}\n]*\n$/u.test(before)
  const previous = before.split('\n').findLast(one => /[\p{L}\p{N}]/u.test(one)) ?? ''
  const wrapped = !paragraph && unfinished.test(previous)
  const skipped = lead.exec(line)?.[0].length ?? 0
  const said = line.slice(skipped)
  const target = wholeLetter(said, item) ?? letterWithText(said, item) ?? wholeText(said, item)
  if (target === undefined) return undefined
  const announcement = previous
    .slice(-200)
    .split(/[.!?。]\s/)
    .at(-1)!
  const denies = denying.test(/[:：]\s*$/.test(previous) ? announcement : wrapped ? previous.slice(-12) : '')
  if (denies) return {kind: 'ambiguous', start, end: trimmed.length}
  if (wrapped) return undefined
  // The end of a list: every option on its own line, with or without empty lines between.
  if (listed.test(previous) && (!paragraph || wholeLetter(previous, item) !== undefined || !isLone(said, item)))
    return undefined
  const other = wholeText(previous, item)
  if (other?.kind === 'letter' && !isLone(said, item)) return undefined
  if (target.kind === 'foreign' && !/[A-H]/.test(said)) return undefined
  const offset = start + skipped
  return {...target, start: offset + target.start, end: offset + target.end}
}

const isLone = (line: string, item: KnownItem) => wholeLetter(line, item) !== undefined

function letterWithText(line: string, item: KnownItem): Target | undefined {
  const match = letterAndText.exec(line)
  if (match === null) return undefined
  const text = wholeText(line.slice(match[0].length), item)
  return text?.kind === 'letter' && text.letter === match[1]
    ? {...text, start: match[0].indexOf(match[1]!), end: match[0].length + text.end}
    : undefined
}
