// An answer in a JSON object, for this project's own rule: the value of the key that names it. Other keys (reasons,
// confidence) are ignored.
import type {Slice} from './python.js'

const object = /^\s*(?:json\s*)?[{[]/i
const key =
  /["'](?:\w{1,20}[_ -])?(?:answer|choice|option|letter|prediction|label|result|response|selection|selected|final)(?![_ -]?(?:index|idx|id|number|count|confidence|score|prob\w*|reason\w*|type)["'])(?:[_ -]\w{1,20})?["']\s{0,9}:\s{0,9}(?:"((?:[^"\\]|\\.){0,2000})"|'([^'\n]{0,2000})'|(-?\d+(?:\.\d+)?)|(\[|null|true|false)|(?=\{))/dgi
const pair = /["'][^"'\n]{0,80}["']\s{0,9}:/
const mostKeys = 20

/**
 * The values of the keys that name an answer, from an object that is the whole text or its end. A `final` key overrides
 * all others. Undefined if there is no object; empty if the whole text is an object without such a key.
 */
export function answerValues(text: string): Slice[] | undefined {
  const whole = object.test(text) && pair.test(text.slice(0, 2000))
  const from = whole ? 0 : text.trimEnd().endsWith('}') ? Math.max(0, text.lastIndexOf('{')) : text.length
  const found = Array.from(text.slice(from, from + 20_000).matchAll(key)).slice(0, mostKeys)
  if (!whole && found.length === 0) return undefined
  const final = found.filter(([match]) => /^.final/i.test(match))
  return (final.length > 0 ? final : found).flatMap(match => {
    // Nested objects are not read here: their keys are found separately.
    const group = [1, 2, 3, 4].find(one => match[one] !== undefined)
    if (group === undefined) return []
    return [{text: group === 4 ? '' : match[group]!, start: from + match.indices![group]![0]}]
  })
}
