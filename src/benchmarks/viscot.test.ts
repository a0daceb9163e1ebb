import {existsSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {collect, folderOf, png, problemsOf} from '../../test/support/data.js'
import type {DataProblem} from './benchmark.js'
import {loadBenchmark} from './index.js'
import {viscot} from './viscot.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-viscot-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const write = (files: Record<string, string | Uint8Array>) => folderOf(folder, files)
const open = (root: string) => viscot.load(root, {split: 'val', seed: 0})
const jsonl = (...records: object[]) => records.map(record => `${JSON.stringify(record)}\n`).join('')

// The first record of benchmark/gqa.json and of benchmark_det/gqa.jsonl (design/benchmarks.md 4.2).
const question = 'What are the tree branches in front of?'
const record = {
  dataset: 'gqa',
  split: 'val',
  question_id: 7,
  image: ['cot/gqa/2316539.jpg', 'cot/gqa/2316539.jpg###[217, 343, 242, 393]'],
  conversations: [
    {
      from: 'human',
      value: `<image>\n${question} Please provide the bounding box coordinate of the region that can help you answer the question better.`,
    },
    {from: 'gpt', value: '[0.542, 0.686, 0.592, 0.786]'},
    {from: 'human', value: '<image>'},
    {from: 'gpt', value: 'window'},
  ],
}
const detection = {
  img_path: 'cot/gqa/2316539.jpg',
  expression: question,
  bbox: [217, 343, 242, 393],
  height: 500,
  width: 391,
  question_id: 7,
  split: 'val',
}
const notCounts = (problems: DataProblem[]) => problems.filter(({kind}) => kind !== 'count')

test('the headline is the mean over the 11 data sets of the official table', () => {
  expect(viscot.subtasks.reduce((sum, {expected}) => sum + expected['val']!, 0)).toBe(9937)
  const headline = viscot.subtasks.filter(({name}) => viscot.scoring.headline!.includes(name))
  expect([headline.length, headline.reduce((sum, {expected}) => sum + expected['val']!, 0)]).toEqual([11, 8281])
})

describe('the official files', () => {
  test('an item with its question, answer, pixel box, picture size and picture', async () => {
    const root = await write({
      'benchmark/gqa.json': JSON.stringify([record]),
      'benchmark_det/gqa.jsonl': jsonl(detection),
      'cot/gqa/2316539.jpg': png,
    })
    const data = await open(root)
    expect([data.layout, data.hasImages, data.kind]).toEqual(['official', true, 'official'])
    const [sample] = await collect(data.samples())
    expect(sample).toMatchObject({
      id: 'gqa/7',
      benchmark: 'viscot',
      subtask: 'gqa',
      question,
      gold: 'window',
      boxes: [[217, 343, 242, 393]],
      cluster: 'cot/gqa/2316539.jpg',
      extra: {width: 391, height: 500},
    })
    expect(Buffer.from(await sample!.images[0]!.bytes())).toEqual(png)
    expect(notCounts(await problemsOf(data))).toEqual([])
  })

  test('without cot/ there are no pictures; without the detection file the box is the one of the record', async () => {
    const data = await open(await write({'gqa.json': JSON.stringify([record])}))
    expect(data.hasImages).toBe(false)
    const [sample] = await collect(data.samples())
    expect([sample!.images, sample!.boxes]).toEqual([[], [[217, 343, 242, 393]]])
    expect(notCounts(await problemsOf(data)).map(({kind}) => kind)).toEqual(['no-detection'])
  })

  test("visual7w's pictures are found under either of their two folder names", async () => {
    const item = {...record, dataset: 'v7w', image: ['cot/v7w/v7w_1.jpg', 'cot/v7w/v7w_1.jpg###[217, 343, 242, 393]']}
    const root = await write({
      'benchmark/visual7w.json': JSON.stringify([item]),
      'benchmark_det/visual7w.jsonl': jsonl({...detection, img_path: 'cot/visual7w/v7w_1.jpg'}),
      'cot/visual7w/v7w_1.jpg': png,
    })
    const [sample] = await collect((await open(root)).samples())
    expect(sample!.id).toBe('visual7w/7')
    expect(Buffer.from(await sample!.images[0]!.bytes())).toEqual(png)
  })

  test('verify reconciles the encodings of a box and the question, and notes boxes that can never be found', async () => {
    const other = (id: number, changes: object) => ({
      ...record,
      question_id: id,
      image: record.image.map(path => path.replace('2316539', `${id}`)),
      ...changes,
    })
    const found = (id: number, changes: object) => ({
      ...detection,
      question_id: id,
      img_path: `cot/gqa/${id}.jpg`,
      ...changes,
    })
    const root = await write({
      'benchmark/gqa.json': JSON.stringify([
        record,
        other(8, {}),
        other(9, {}),
        other(10, {
          conversations: record.conversations.map((turn, k) =>
            k === 1 ? {...turn, value: '[0.5, 0.6, 0.6, 0.8]'} : turn,
          ),
        }),
        other(11, {conversations: record.conversations.slice(0, 3)}),
        other(12, {image: ['cot/gqa/12.jpg', 'cot/gqa/12.jpg###[242, 343, 217, 393]']}),
        other(7, {}),
      ]),
      'benchmark_det/gqa.jsonl': jsonl(
        detection,
        found(8, {expression: 'Something else?'}),
        found(9, {bbox: [218, 343, 242, 393]}),
        found(10, {}),
        found(11, {}),
        found(12, {bbox: [242, 343, 217, 393]}),
      ),
    })
    const problems = notCounts(await problemsOf(await open(root)))
    expect(problems.map(({id, kind, severity}) => [id, kind, severity])).toEqual([
      [null, 'broken-record', 'problem'],
      ['gqa/7', 'duplicate-id', 'problem'],
      ['gqa/8', 'question-differs', 'problem'],
      // The detection box moved by one pixel, so it differs from both other encodings.
      ['gqa/9', 'box-differs', 'problem'],
      ['gqa/9', 'box-differs', 'problem'],
      ['gqa/10', 'box-differs', 'problem'],
      ['gqa/12', 'box-differs', 'problem'],
      ['gqa/12', 'degenerate-box', 'note'],
    ])
    expect(problems[0]!.message).toBe('benchmark/gqa.json#5: "conversations" is not a list of four turns.')
  })

  test('a truncated file is one error by name; the other data sets are served', async () => {
    const root = await write({
      'benchmark/cub.json': '[{"dataset": "cub"',
      'benchmark/gqa.json': JSON.stringify([record]),
      'benchmark_det/gqa.jsonl': `${jsonl(detection)}{"img_path": "cot`,
    })
    const messages = notCounts(await problemsOf(await open(root))).map(({message}) => message)
    expect(messages).toEqual([
      'benchmark/cub.json#1 is incomplete: the file ends in the middle of it, or is not JSON.',
      'benchmark_det/gqa.jsonl:2 is incomplete: the file ends in the middle of it.',
    ])
    const served: string[] = []
    await expect(async () => {
      for await (const {id} of (await open(root)).samples()) served.push(id)
    }).rejects.toThrow('benchmark/cub.json#1 is incomplete')
    expect(served).toEqual(['gqa/7'])
  })
})

describe("LanteRn's four options", () => {
  const item = {
    question: 'What colour?',
    options: ['A. red', 'B. blue', 'C. green', 'D. grey'],
    answer: 'B',
    img_path: 'cot/gqa/1.jpg',
    bbox: [1, 2, 3, 4],
  }

  test('are choices with line numbers as ids, averaged over samples', async () => {
    const root = await write({
      'viscot_mc_test.jsonl': jsonl(
        item,
        {...item, options: item.options.slice(0, 3)},
        {...item, answer: '\nB\n', img_path: 'cot/v7w/2.jpg'},
        {...item, answer: 'A. red', bbox: [[5, 6, 7, 8]]},
      ),
    })
    const data = await open(root)
    expect([data.layout, data.hasImages]).toEqual(['four-options', false])
    expect(data.benchmark.scoring).toEqual({answer: 'choice', metric: 'accuracy', aggregate: 'micro'})
    const samples = await collect(data.samples())
    expect(samples.map(({id, subtask, gold, boxes}) => [id, subtask, gold, boxes])).toEqual([
      ['0', 'gqa', 'B', [[1, 2, 3, 4]]],
      // The authors compare exactly, so no answer can match a gold answer of more than one letter.
      ['2', 'visual7w', '\nB\n', [[1, 2, 3, 4]]],
      ['3', 'gqa', 'A. red', [[5, 6, 7, 8]]],
    ])
    expect(samples[0]).toMatchObject({options: ['red', 'blue', 'green', 'grey'], letters: ['A', 'B', 'C', 'D']})
  })

  test('verify reports what a constant answer earns, beside its balanced accuracy', async () => {
    const golds = [...'B'.repeat(11), ...'A'.repeat(3), ...'C'.repeat(3), ...'D'.repeat(3)]
    const data = await open(
      await write({'mc.jsonl': jsonl(...golds.map(answer => ({...item, answer})), {...item, options: ['A. x']})}),
    )
    const problems = await problemsOf(data)
    expect(problems.every(({severity}) => severity === 'note')).toBe(true)
    expect(problems.map(({message}) => message)).toEqual([
      '1 items without exactly four options are left out.',
      'Always answering "B" scores 55.0% (balanced accuracy 25.0%): read accuracy beside balanced accuracy.',
    ])
  })
})

const shared = fileURLToPath(new URL('../../../shared/data/viscot/', import.meta.url))
const hasShared = existsSync(shared)

;(hasShared ? describe : describe.skip)(
  `the 9,937 official items${hasShared ? '' : ' (skipped: ../shared/data/viscot is not here)'}`,
  () => {
    /** design/benchmarks.md 4.3: unique pictures and range of ids by data set. */
    const expected: Record<string, [images: number, first: number, last: number]> = {
      cub: [485, 7, 4931],
      docvqa: [617, 0, 887],
      dude: [492, 0, 602],
      emotic: [588, 0, 655],
      flickr30k: [1255, 2, 6189],
      gqa: [938, 7, 4896],
      infographicsvqa: [216, 7, 1797],
      openimages: [889, 0, 2399],
      sroie: [322, 0, 685],
      textcap: [755, 0, 852],
      textvqa: [496, 0, 525],
      visual7w: [900, 0, 6098],
      vsr: [327, 0, 912],
    }

    test('have the published counts, pictures, ids and answers', async () => {
      const data = await (await loadBenchmark('viscot')).load(shared, {split: 'val', seed: 0})
      const samples = await collect(data.samples())
      expect(samples).toHaveLength(9937)
      for (const [name, [images, first, last]] of Object.entries(expected)) {
        const items = samples.filter(({subtask}) => subtask === name)
        const ids = items.map(({id}) => Number(id.split('/')[1]))
        expect([name, new Set(items.map(({cluster}) => cluster)).size, Math.min(...ids), Math.max(...ids)]).toEqual([
          name,
          images,
          first,
          last,
        ])
      }
      const answers = (name: string, pattern: RegExp) =>
        samples.filter(({subtask, gold}) => subtask === name && pattern.test(String(gold))).length
      expect([answers('cub', /^No$/), answers('cub', /^Yes$/), answers('vsr', /^(yes|no)\.?$/i)]).toEqual([
        285, 207, 269,
      ])
    })

    test('agree in both files; oddities are notes, not problems', async () => {
      const problems = await problemsOf(await open(shared))
      const counts: Record<string, number> = {}
      for (const {id, kind, severity} of problems) {
        const key = `${severity} ${kind} ${id?.split('/')[0]}`
        counts[key] = (counts[key] ?? 0) + 1
      }
      expect(counts).toEqual({
        'note degenerate-box docvqa': 8,
        'note box-outside dude': 32,
        'note empty-answer dude': 1,
        'note duplicate-question emotic': 36,
        'note box-outside emotic': 7,
        'note stray-spaces flickr30k': 1,
        'note box-outside gqa': 1,
        'note duplicate-question openimages': 19,
        'note stray-spaces textcap': 4,
        'note box-outside textcap': 6,
        'note box-outside visual7w': 1,
      })
    })
  },
)
