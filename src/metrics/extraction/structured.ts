// An answer in a JSON object, for our own rule: the value of the key that names it. Whatever else the object says
// (reasons, confidence) is not looked at.
import type {Slice} from './python.js'

const object = /^\s*(?:json\s*)?[{[]/i
const key =
  /["'](?:\w{1,20}[_ -])?(?:answer|choice|option|letter|prediction|label|result|response|selection|selected|final)(?![_ -]?(?:index|idx|id|number|count|confidence|score|prob\w*|reason\w*|type)["'])(?:[_ -]\w{1,20})?["']\s{0,9}:\s{0,9}(?:"((?:[^"\\]|\\.){0,2000})"|'([^'\n]{0,2000})'|(-?\d+(?:\.\d+)?)|(\[|null|true|false)|(?=\{))/dgi
const pair = /["'][^"'\n]{0,80}["']\s{0,9}:/
const mostKeys = 20

/**
 * What the keys that name an answer hold, of an object that is the text or ends it; of several a `final` one stands for
 * all. Undefined where there is no object; empty where an object that is the whole text names no answer.
 */
export function answerValues(text: string): Slice[] | undefined {
  const whole = object.test(text) && pair.test(text.slice(0, 2000))
  const from = whole ? 0 : text.trimEnd().endsWith('}') ? Math.max(0, text.lastIndexOf('{')) : text.length
  const found = Array.from(text.slice(from, from + 20_000).matchAll(key)).slice(0, mostKeys)
  if (!whole && found.length === 0) return undefined
  const final = found.filter(([match]) => /^.final/i.test(match))
  return (final.length > 0 ? final : found).flatMap(match => {
    // An object is looked into: its own keys are found by themselves.
    const group = [1, 2, 3, 4].find(one => match[one] !== undefined)
    if (group === undefined) return []
    return [{text: group === 4 ? '' : match[group]!, start: from + match.indices![group]![0]}]
  })
}
