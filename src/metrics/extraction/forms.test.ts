// Our own rule on the forms that models give their answers: corpora as files, one test a text, and bounds on its time.

import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {cpuWatch} from '../../../test/support/cpu.js'
import {cues} from './cues.js'
import {extractAnswer} from './index.js'
import {thoughtMarks} from './marks.js'

interface Form {
  readonly id: string
  readonly text: string
  readonly options: string[]
  readonly intended: string | null
  /** Why it is left unanswered here, though a human reads a letter. */
  readonly argued?: string
}

const fixtures = new URL('../../../fixtures/extraction/', import.meta.url)
const casesOf = (name: string) => (JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as {cases: Form[]}).cases
const read = (text: string, options?: readonly string[]) => extractAnswer('lantern-eval', {text, options}).answer

describe.each(['forms.json', 'faults.json'])('our own rule on fixtures/extraction/%s', name => {
  it.each(casesOf(name).map(one => [one.id, one] as const))('%s', (_, {text, options, intended, argued}) => {
    expect(read(text, options)).toBe(argued === undefined ? intended : null)
  })
})

const shared = new URL('../../../../shared/data/', import.meta.url)
const faults = new URL('faults/extraction.json', shared)
const onFaults = existsSync(faults) ? describe : describe.skip

onFaults('our own rule on ../shared/data/faults/extraction.json (skipped where that file is absent)', () => {
  it('reads every text as a careful person does', () => {
    const forms = JSON.parse(readFileSync(faults, 'utf8')) as Form[]
    const misread = forms.filter(({text, options, intended}) => read(text, options) !== intended)
    expect(forms.length).toBeGreaterThan(100)
    expect(misread.map(({id}) => id)).toEqual([])
  })
})

describe('the tables of the rule', () => {
  it.each(cues.map(cue => [cue.name, cue] as const))('the phrase %s reads its example as B', (_, {example}) => {
    expect(read(example)).toBe('B')
  })

  it.each(cues.map(cue => [cue.name, cue] as const))('the phrase %s matches its example', (_, {pattern, example}) => {
    expect(Array.from(example.matchAll(pattern))).not.toEqual([])
  })

  it.each(thoughtMarks.map(mark => [mark.name, mark] as const))('the mark %s hides A and shows B', (_, {example}) => {
    expect(read(example)).toBe('B')
  })

  it.each(thoughtMarks.filter(({open}) => open !== null).map(mark => [mark.name, mark] as const))(
    'a thought of the mark %s that is never closed is no answer',
    (_, {example, close}) => {
      const cut = Array.from(example.matchAll(close))[0]!.index
      expect(read(`${example.slice(0, cut)} The answer is A.`)).toBeNull()
    },
  )
})

const saved = new URL('blink/saved_outputs/', shared)
const onSaved = existsSync(saved) ? describe : describe.skip
const letters: Record<string, string> = {
  ...{Art_Style: 'AB', Counting: 'ABCD', Forensic_Detection: 'ABCD', Functional_Correspondence: 'ABCD'},
  ...{IQ_Test: 'ABCD', Jigsaw: 'AB', 'Multi-view_Reasoning': 'AB', Object_Localization: 'AB', Relative_Depth: 'AB'},
  ...{Relative_Reflectance: 'ABC', Semantic_Correspondence: 'ABCD', Spatial_Relation: 'AB'},
  ...{Visual_Correspondence: 'ABCD', Visual_Similarity: 'AB'},
}

onSaved("our own rule on BLINK's published responses (skipped where ../shared/data/blink is absent)", () => {
  it.each([
    ['GPT4o', {right: 1081, wrong: 712, unanswered: 108}],
    ['GeminiProVision', {right: 856, wrong: 999, unanswered: 46}],
    ['llava_v1.5_13b', {right: 805, wrong: 1038, unanswered: 58}],
    ['Yi_VL_6B', {right: 714, wrong: 1168, unanswered: 19}],
  ] as const)('%s: no reading of version 0.1 is lost, and none turns wrong', (model, expected) => {
    const gold = JSON.parse(readFileSync(new URL('../val_answers.json', saved), 'utf8')) as Record<string, string>
    const count = {right: 0, wrong: 0, unanswered: 0}
    for (const file of readdirSync(new URL(`${model}/`, saved))) {
      const path = new URL(`${model}/${encodeURIComponent(file)}`, saved)
      const {val} = JSON.parse(readFileSync(path, 'utf8')) as {val: {idx: string; full_prediction: string}[]}
      const item = {letters: letters[file.replace('.json', '').replaceAll(' ', '_')]!}
      for (const {idx, full_prediction: text} of val) {
        const {answer} = extractAnswer('lantern-eval', {text, ...item})
        count[answer === null ? 'unanswered' : `(${answer})` === gold[idx] ? 'right' : 'wrong']++
      }
    }
    expect(count).toEqual(expected)
  })
})

describe('time', () => {
  // A rule whose time grows with the square of the text takes minutes here. It takes 70 ms at most on an idle machine;
  // the bound leaves room for a busy one.
  const boundMs = 5_000
  it.each([
    ...['a', 'A', '1', '(', '[', '{', '<', '"', '\\', '*', '.', ' ', '\n', '不', '选', '😀', '=', '|'],
    ...['A.', 'A. ', 'a ', 'A\n', '(A) ', 'A or B ', 'so ', 'if ', 'answer ', 'the answer is ', '=1', 'Image 2 '],
    ...['\\boxed{', '<think>', '</think>', '◁think▷', '<|', '<|im_end|>', '{"answer":"', '"answer":', '\nQuestion:'],
    ...['\nUser:', 'red bus ', 'first ', 'respuesta ', '[THINK]', '#', 'exclude ', 'Q:\nA:'],
  ])('1 MB of %j is read in time that does not grow with its square', unit => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    for (const hostile of [text, `${text} x`, `B. ${text}`]) {
      const ms = cpuWatch()
      read(hostile, ['bus', 'red bus', 'the first image', '3'])
      expect(ms()).toBeLessThan(boundMs)
    }
  })
})
