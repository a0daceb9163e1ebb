// lmms-eval's scored candidates: `lmms_mcq_extract`, and `lmms_vstar_reasoning`, which reads an answer tag or a box in
// a similar way.
import {type Extractor, type Item, type Reading, reading} from './extractor.js'
import {stripReasoningTags} from './lmms.js'
import {type Slice, strip, stripEach} from './python.js'

const wherever = [
  'the answer is',
  'answer is',
  'the correct answer is',
  'correct answer is',
  'the best answer is',
  'best answer is',
]
const choosing = [
  'the choice is',
  'choice is',
  'the correct choice is',
  'correct choice is',
  'i choose',
  'i select',
  'i pick',
  'my answer is',
]
const mcqPhrases = [
  ...wherever,
  ...['the correct option is', 'correct option is', 'the best option is', 'best option is'],
  ...[...choosing, 'my choice is'],
  ...['옵션', '정답은', '답은', '답:', '答案是', '答案为', '选', '答えは'],
]
const reasoningPhrases = [
  ...wherever,
  ...['the correct option is', 'correct option is'],
  ...[...choosing, 'my choice is'],
  ...[
    'the answer',
    'answer',
    'correct answer',
    'the correct answer',
    'the best answer',
    'best answer',
    'the option is',
    'option is',
  ],
]

/** How one of the two variants differs from the other. */
interface Variant {
  readonly letters: readonly string[]
  readonly phrases: readonly string[]
  /** Texts around a letter. The last place where one occurs gives a candidate with its priority. */
  readonly forms: readonly (readonly [rule: string, form: (letter: string, rank: number) => string, priority: number])[]
  /** A letter at either end counts only if no other letter is next to it. */
  readonly loneEnds: boolean
  /** Search for the letter after the phrase, or from its first character on. */
  readonly afterPhrase: boolean
  /** Which of two candidates of equal priority wins. */
  readonly later: boolean
}

const commonForms: Variant['forms'] = [
  ['parentheses', letter => `(${letter})`, 6],
  ['period', letter => `${letter}.`, 5],
  ['colon', letter => `${letter}:`, 4],
  ['right-paren', letter => `${letter})`, 3],
  ['space', letter => `${letter} `, 2],
]
const mcqVariant = (letters: readonly string[]): Variant => ({
  ...{letters, phrases: mcqPhrases, forms: commonForms},
  ...{loneEnds: true, afterPhrase: true, later: true},
})
const reasoningVariant: Variant = {
  letters: [...'ABCDEFGH'],
  phrases: reasoningPhrases,
  forms: [
    ...commonForms,
    ['hyphen', letter => `${letter}-`, 1],
    ['underscore', letter => `${letter}_`, 1],
    ['equals', letter => `${letter}=`, 1],
    ['numbered', (letter, rank) => `${rank}. ${letter}`, 8],
  ],
  ...{loneEnds: false, afterPhrase: false, later: false},
}

interface Candidate {
  readonly letter: string
  readonly rule: string
  readonly priority: number
  /** Offset in the padded text; also the tie-breaker. */
  readonly position: number
}

/** The best candidate of a text, with the offset of its letter if it is certain. */
function best(text: Slice, variant: Variant): {letter: string; rule: string; at: number} | undefined {
  const bare = stripEach(strip(text), `,.!?;:'"`)
  if (bare.text === '') return undefined
  const padded = ` ${bare.text} `
  const lower = padded.toLowerCase()
  const inner = strip(bare)
  const found: Candidate[] = []
  const add = (rule: string, letter: string, position: number, priority: number) => {
    if (position !== -1) found.push({letter, rule, priority, position})
  }
  for (const [rule, form, priority] of variant.forms)
    for (const [index, letter] of variant.letters.entries())
      add(rule, letter, padded.lastIndexOf(form(letter, index + 1)), priority)
  for (const phrase of variant.phrases) {
    const at = lower.indexOf(phrase)
    if (at === -1) continue
    for (const letter of variant.letters)
      add('phrase', letter, padded.indexOf(letter, variant.afterPhrase ? at + phrase.length : at), 7)
  }
  const isLetter = (character: string | undefined) =>
    variant.loneEnds && character !== undefined && /\p{L}/u.test(character)
  for (const letter of variant.letters) {
    if (inner.text.startsWith(letter) && !isLetter(inner.text[letter.length])) add('start', letter, 0, 10)
    if (inner.text.endsWith(letter) && !isLetter(inner.text.at(-letter.length - 1)))
      add('end', letter, padded.length - 1, 9)
  }
  if (found.length === 0) for (const letter of variant.letters) add('fallback', letter, padded.lastIndexOf(letter), 0)
  const order = variant.later ? 1 : -1
  const [winner] = found.sort((a, b) => b.priority - a.priority || order * (b.position - a.position))
  if (winner === undefined) return undefined
  const {letter, rule} = winner
  if (rule === 'start') return {letter, rule, at: inner.start}
  if (rule === 'end') return {letter, rule, at: inner.start + inner.text.length - letter.length}
  return {letter, rule, at: bare.start - 1 + padded.indexOf(letter, winner.position)}
}

/** Source: EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/_task_utils/mcq_extract.py, extract_mcq_answer. */
export const lmmsMcqExtract: Extractor = item => {
  const cut = stripReasoningTags(item.text)
  return located(item, best({text: cut.text, start: 0}, mcqVariant(item.letters)), offset => cut.origin(offset))
}

/**
 * Reads the first answer tag, else the last box; a bare letter gives nothing. The original then tries a number at the
 * end of a line, which cannot be a letter. Source: EvolvingLMMs-Lab/lmms-eval:
 * lmms_eval/tasks/_task_utils/reasoning_utils.py.
 */
export const lmmsVstarReasoning: Extractor = item => {
  const cut = stripReasoningTags(item.text)
  const declared = answerTag(cut.text) ?? lastBox(cut.text)
  if (declared === undefined) return reading(item, '', 'no-tag')
  const once = strip(declared)
  const text = strip({text: once.text.endsWith('.') ? once.text.slice(0, -1) : once.text, start: once.start})
  return located(item, best(text, reasoningVariant), offset => cut.origin(offset))
}

function located(item: Item, winner: ReturnType<typeof best>, origin: (offset: number) => number): Reading {
  if (winner === undefined) return reading(item, '', 'none')
  const start = origin(winner.at)
  return reading(item, winner.letter, winner.rule, [start, start + winner.letter.length])
}

function answerTag(text: string): Slice | undefined {
  const open = text.indexOf('<answer>')
  const start = open + '<answer>'.length
  const end = open === -1 ? -1 : text.indexOf('</answer>', start)
  return end === -1 ? undefined : {text: text.slice(start, end), start}
}

function lastBox(text: string): Slice | undefined {
  const open = text.lastIndexOf('\\boxed{')
  if (open === -1) return undefined
  const start = open + '\\boxed{'.length
  let depth = 1
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++
    if (text[i] === '}') depth--
    if (depth === 0) return {text: text.slice(start, i), start}
  }
  return undefined
}
