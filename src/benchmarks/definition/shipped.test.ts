// The definitions that ship with the package, on generated data of the columns of the real files: every layout, what is
// verified, groups, labels, and what peers send, to the letter.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {forms, writeForm} from '../../../test/support/shipped-data.js'
import type {PromptStyle} from '../../core/prompt-form.js'
import type {Sample} from '../../core/sample.js'
import {askedForm, buildPrompt} from '../../modes/prompts.js'
import type {DataSet} from '../benchmark.js'
import {loadBenchmark} from '../index.js'
import {verifyData} from '../verify.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'shipped-'))
  for (const [id, layouts] of Object.entries(forms))
    for (const layout of Object.keys(layouts)) await writeForm(id, layout, join(root, id, layout))
}, 120_000)
afterAll(() => rm(root, {recursive: true}))

async function dataOf(id: string, layout: string): Promise<DataSet> {
  const benchmark = await loadBenchmark(id)
  return benchmark.load(join(root, id, layout), {split: benchmark.defaultSplit, seed: 0})
}

async function first(data: DataSet, count: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const sample of data.samples()) if (samples.push(sample) === count) break
  return samples
}

/** Those whose counts are known. */
const whole = ['hrbench-4k', 'hrbench-8k', 'mmvp', 'mmstar', 'cv-bench', 'realworldqa']
const layouts = Object.entries(forms).flatMap(([id, all]) => Object.keys(all).map(layout => [id, layout] as const))

describe('every layout', () => {
  const rowsOf = (id: string, layout: string) => Object.values(forms[id]![layout]!.files).flat().length

  test.each(layouts)('of %s is read as %s, whole, and verified where counts are confirmed', async (id, layout) => {
    const data = await dataOf(id, layout)
    expect(data).toMatchObject({layout, kind: 'official'})
    expect(await data.keys()).toHaveLength(rowsOf(id, layout))
    expect(await data.verified()).toBe(whole.includes(id))
  })

  test.each(layouts.filter(([id, layout]) => rowsOf(id, layout) < 800))(
    'of %s passes `bench verify` as %s, which says what was never confirmed',
    async (id, layout) => {
      const report = await verifyData(await dataOf(id, layout))
      expect(report).toMatchObject({bench: id, problems: [], ok: true})
      const notes = report.notes.map(({message}) => message)
      expect(notes.some(text => text.startsWith('Counts not confirmed'))).toBe(!whole.includes(id))
      expect(notes.some(text => text.includes('is not the published file: md5'))).toBe(layout.includes('tsv'))
    },
  )

  test('may be given as a file', async () => {
    const benchmark = await loadBenchmark('cv-bench')
    const data = await benchmark.load(join(root, 'cv-bench/vlmevalkit-tsv/CV-Bench-3D.tsv'), {split: 'test', seed: 0})
    expect(data.layout).toBe('vlmevalkit-tsv')
    expect(await data.verified()).toBe(false)
    expect((await verifyData(data)).problems.map(({message}) => message)).toEqual([
      'ADE20K: 0 samples instead of 633.',
      'COCO: 0 samples instead of 805.',
    ])
  })

  test('that is absent is named with those that would be found', async () => {
    await expect((await loadBenchmark('mmvp')).load(join(root), {split: 'test', seed: 0})).rejects.toMatchObject({
      code: 'data-absent',
      suggestion:
        'Give a folder with Questions.csv, or data/*.parquet, or MMVP.tsv; or run `lantern-eval bench pull mmvp`.',
    })
  })
})

describe('groups', () => {
  test.each(['parquet', 'vlmevalkit-tsv'])('of HR-Bench are the four rotations of a question (%s)', async layout => {
    const keys = await (await dataOf('hrbench-4k', layout)).keys()
    const membersOf = (group: string | undefined) => keys.filter(key => key.group === group)
    const groups = [...new Set(keys.map(({group}) => group))]
    expect(groups).toHaveLength(200)
    expect(groups.every(group => membersOf(group).length === 4)).toBe(true)
    expect(membersOf(keys[3]!.group).map(({id}) => Number(id) % 200)).toEqual([3, 3, 3, 3])
  })

  test.each(['csv', 'parquet', 'vlmevalkit-tsv'])('of MMVP are its pairs (%s)', async layout => {
    const samples = await first(await dataOf('mmvp', layout), 300)
    expect(samples.every(({group}, index) => group === String(Math.floor(index / 2)))).toBe(true)
    expect(samples.every(({cluster, group}) => cluster === group)).toBe(true)
  })
})

test('the labels of MMVP tell its revision, where ids are the published ones', async () => {
  const labels = async (layout: string) => (await (await dataOf('mmvp', layout)).identity()).labels
  expect(await Promise.all(['csv', 'parquet', 'vlmevalkit-tsv'].map(labels))).toEqual(['old', 'new', null])
})

test('options that stand in the question or in the picture leave their letters', async () => {
  const stars = await first(await dataOf('mmstar', 'parquet'), 3)
  expect(stars.map(({letters, options, gold}) => [letters?.join(''), options, gold])).toEqual([
    ['ABCD', undefined, 'A'],
    ['ABCD', undefined, 'B'],
    ['ABCD', undefined, 'C'],
  ])
  const world = await first(await dataOf('realworldqa', 'parquet'), 3)
  expect(world.map(({letters, gold}) => [letters?.join(''), gold])).toEqual([
    ['ABC', 'A'],
    ['ABC', 'B'],
    [undefined, '2'],
  ])
  const puzzles = await first(await dataOf('visualpuzzles', 'vlmevalkit-tsv'), 2)
  expect(puzzles.map(({letters, options}) => [letters?.join(''), options?.length])).toEqual([
    ['ABCD', 4],
    ['ABCD', undefined],
  ])
})

describe('what peers send', () => {
  const asked = async (id: string, layout: string, style: PromptStyle, index = 0) => {
    const sample = (await first(await dataOf(id, layout), index + 1))[index]!
    const {parts} = buildPrompt(sample, 'direct', askedForm(await loadBenchmark(id), style))
    expect(parts.map(({type}) => type)).toEqual(['image', 'text'])
    return parts.flatMap(part => (part.type === 'text' ? part.text : [])).join('')
  }
  const select = 'Please select the correct answer from the options above. \n'

  test.each<[string, string, PromptStyle, number, string]>([
    [
      ...(['hrbench-4k', 'parquet', 'vlmevalkit', 0] as const),
      `Question: What colour is the sign?\nOptions:\nA. red 0\nB. blue 0\nC. green 0\nD. grey 0\n${select}`,
    ],
    [
      ...(['hrbench-8k', 'hub-tsv', 'lmms', 0] as const),
      'What colour is the sign?\nA. red 0\nB. blue 0\nC. green 0\nD. grey 0\nAnswer the option letter directly.',
    ],
    [
      ...(['mmvp', 'csv', 'lmms', 0] as const),
      "Is the door of house 0 open?\nA. Open\nB. Closed\nAnswer with the option's letter from the given choices directly.",
    ],
    [
      ...(['mmvp', 'vlmevalkit-tsv', 'vlmevalkit', 0] as const),
      `Question: Is the door of house 0 open?\nOptions:\nA. Open\nB. Closed\n${select}`,
    ],
    [
      ...(['mme-realworld-lite', 'tsv', 'vlmevalkit', 0] as const),
      'How many boats are there? The choices are listed below:\n(A) two\n(B) three\n(C) four\n(D) five\n(E) The image does not feature the object.\nSelect the best answer to the above multiple-choice question based on the image. Respond with only the letter (A, B, C, D, or E) of the correct option. \nThe best answer is:',
    ],
    [
      ...(['mme-realworld-lite', 'parquet', 'lmms', 0] as const),
      'How many boats are there? The choices are listed below:\n(A) two\n(B) three\n(C) four\n(D) five\n(E) The image does not feature the object.\nSelect the best answer to the above multiple-choice question based on the image. Respond with only the letter (A, B, C, D, or E) of the correct option.\nThe best answer is: ',
    ],
    [
      ...(['mmstar', 'parquet', 'lmms', 0] as const),
      "What is shown?\nOptions: A: a cat, B: a dog, on a mat, C: a bus, D: a tree\nAnswer with the option's letter from the given choices directly",
    ],
    [
      ...(['mmstar', 'vlmevalkit-tsv', 'vlmevalkit', 0] as const),
      'Question: What is shown?\nOptions: A: a cat, B: a dog, on a mat, C: a bus, D: a tree\n',
    ],
    [
      ...(['cv-bench', 'parquet', 'vlmevalkit', 0] as const),
      'How many chairs are in the image? Select from the following choices.\n(A) 1\n(B) 2\n(C) 3',
    ],
    [
      ...(['cv-bench', 'vlmevalkit-tsv', 'lmms', 0] as const),
      'Note: You only need to respond with A, B, C without providing any additional information.\n\nHow many chairs are in the image? Select from the following choices.\n(A) 1\n(B) 2\n(C) 3',
    ],
    [
      ...(['realworldqa', 'parquet', 'lmms', 2] as const),
      'How many pedestrians are there? Please answer directly with a single word or number.',
    ],
    [
      ...(['realworldqa', 'vlmevalkit-tsv', 'vlmevalkit', 0] as const),
      `Question: Which way is free?\nOptions:\nA. left\nB. right\n${select}`,
    ],
    [
      ...(['visualpuzzles', 'parquet', 'lmms', 1] as const),
      "Question: Which piece completes the figure?\nOptions: Choose from (A) (B) (C) (D) in the image.\nAnswer the question with the option's letter from the given choices directly.",
    ],
    [
      ...(['visualpuzzles', 'vlmevalkit-tsv', 'vlmevalkit', 0] as const),
      "Which piece completes the figure?\nOptions:\n(A) one\n(B) two\n(C) three\n(D) four\nSolve the multiple-choice question and then answer with the option letter from the given choices. The last line of your response should be of the following format:'Answer: $LETTER' (without quotes) where LETTER is one of options. Think step by step before answering.",
    ],
  ])('for %s in %s, style %s, sample %i', async (id, layout, style, index, text) => {
    expect(await asked(id, layout, style, index)).toBe(text)
  })
})
