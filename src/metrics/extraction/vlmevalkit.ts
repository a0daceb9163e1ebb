// The extractors that VLMEvalKit applies before it asks a judge (`vlmevalkit_*`). Source: open-compass/VLMEvalKit:
// vlmeval/utils/matching_util.py, can_infer.
import {type Extractor, type Item, type Reading, reading} from './extractor.js'
import {length, space, tokens} from './python.js'

const apiFailure = 'Failed to obtain answer via API'
const rejects = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  'Cannot determine the answer',
]
const separators = /[.()[\],:;!*#{}]/g
/** No boundary after the letter, as in the original: "answer is clearly" gives C. */
const answerIs = new RegExp(`(?:correct[${space}]+)?answer[${space}]+is[${space}]+\\**([ABCD])\\**`, 'di')

interface Variant {
  /** With the original's environment variable VERBOSE, an `A` among more than three words counts as the article. */
  readonly verbose: boolean
  /** False: stop before the option texts. */
  readonly optionText: boolean
}

function canInfer(item: Item, {verbose, optionText}: Variant): Reading {
  const lastStep = () => (optionText ? uniqueOption(item) : reading(item, null, 'none'))
  if (item.text.includes(apiFailure)) return lastStep()
  if (rejects.some(phrase => item.text.includes(phrase))) return reading(item, 'Z', 'reject-phrase')
  const words = tokens({text: item.text.replace(separators, ' '), start: 0})
  const present = item.letters.filter(letter => words.some(word => word.text === letter))
  if (present.length === 1) {
    const letter = present[0]!
    if (verbose && letter === 'A' && words.length > 3) return lastStep()
    const index = words.findIndex(word => word.text === letter)
    const {start} = words[index]!
    if (index > words.length - 5) return reading(item, letter, 'only-letter', [start, start + 1])
  }
  if (present.length === 0 && words.some(word => word.text === 'Z')) return reading(item, 'Z', 'reject-letter')
  const match = answerIs.exec(item.text)
  const declared = match?.[1]?.toUpperCase()
  if (declared !== undefined && item.letters.includes(declared))
    return reading(item, declared, 'answer-is', match!.indices![1]!)
  return lastStep()
}

function uniqueOption(item: Item): Reading {
  const response = item.text.toLowerCase()
  const options = (item.options ?? []).map(option => option.toLowerCase())
  if (length(response) > 2 * options.reduce((sum, option) => sum + length(option), 0))
    return reading(item, null, 'too-long')
  const contained = options.flatMap((option, index) => (response.includes(option) ? [index] : []))
  if (contained.length !== 1) return reading(item, null, 'none')
  const option = options[contained[0]!]!
  const start = response.indexOf(option)
  const span = response.length === item.text.length ? ([start, start + option.length] as const) : null
  return reading(item, item.letters[contained[0]!] ?? null, 'only-option', span)
}

export const vlmevalkitExact: Extractor = item => canInfer(item, {verbose: false, optionText: true})
export const vlmevalkitVerbose: Extractor = item => canInfer(item, {verbose: true, optionText: true})
export const vlmevalkitLetterOnly: Extractor = item => canInfer(item, {verbose: false, optionText: false})
