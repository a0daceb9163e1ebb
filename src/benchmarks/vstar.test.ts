import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import fc from 'fast-check'
import {collect, folderOf, png, problemsOf} from '../../test/support/data.js'
import {writeParquet} from '../../test/support/parquet.js'
import {letterOf, type Sample} from '../core/sample.js'
import {loadBenchmark} from './index.js'
import {parseLettered, vstar} from './vstar.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-vstar-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const instruction = "Answer with the option's letter from the given choices directly."
const glove = {
  question_id: '0',
  category: 'direct_attributes',
  label: 'A',
  image: 'direct_attributes/sa_4690.jpg',
  text: `What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\n${instruction}`,
}

const write = (files: Record<string, string | Uint8Array>) => folderOf(folder, files)
const open = (root: string, seed = 0) => vstar.load(root, {split: 'test', seed})
const jsonl = (...records: object[]) => records.map(record => `${JSON.stringify(record)}\n`).join('')

/**
 * 191 questions with the published numbers of options: 107 with four (all direct), 84 with two (8 direct and all 76
 * relative).
 */
function officialQuestions(): object[] {
  return Array.from({length: 191}, (_, i) => {
    const options = i < 107 ? 4 : 2
    const lines = Array.from({length: options}, (_, k) => `(${letterOf(k)}) option ${k}`)
    return {
      question_id: i,
      category: i < 115 ? 'direct_attributes' : 'relative_position',
      label: letterOf(i % options),
      image: `x/sa_${i}.jpg`,
      text: ['Question?', ...lines, instruction].join('\n'),
    }
  })
}

describe('lettered questions', () => {
  test('question and options, without the instruction', () => {
    expect(parseLettered(glove.text)).toEqual({
      question: 'What is the material of the glove?',
      options: ['rubber', 'cotton', 'kevlar', 'leather'],
    })
  })

  test('brackets inside an option stay in it', () => {
    expect(parseLettered('Which?\n(A) red\n(B) blue (dark)\n(C) (A) or (B)').options).toEqual([
      'red',
      'blue (dark)',
      '(A) or (B)',
    ])
  })

  test('any question and options come back', () => {
    const word = fc
      .string({unit: fc.constantFrom('a', '(', ')', 'A', '?', ' ', 'é'), minLength: 1})
      .filter(text => text.trim() === text && text !== '')
    fc.assert(
      fc.property(word, fc.array(word, {minLength: 2, maxLength: 4}), (question, options) => {
        fc.pre(![question, ...options].some(text => /^\([A-Z]\)/.test(text)))
        const whole = [question, ...options.map((option, k) => `(${letterOf(k)}) ${option}`), instruction].join('\n')
        expect(parseLettered(whole)).toEqual({question, options})
      }),
    )
  })
})

describe('the official folders', () => {
  const annotation = JSON.stringify({
    target_object: ['glove'],
    bbox: [[564, 142, 155, 157]],
    question: 'What is the material of the glove?',
    options: ['It is rubber.', 'It is cotton.', 'It is kevlar.', 'It is leather.'],
  })

  test('questions with letters, boxes joined by the stem of the picture and turned into corners, the picture as cluster', async () => {
    const root = await write({
      'test_questions.jsonl': jsonl(glove, {...glove, question_id: 1, label: 'C', image: 'direct_attributes/sa_1.jpg'}),
      'direct_attributes/sa_4690.json': annotation,
      'direct_attributes/sa_4690.jpg': png,
      'direct_attributes/sa_1.jpg': png,
      'OCR/sa_9.json': annotation,
    })
    const data = await open(root)
    expect([data.layout, data.hasImages, data.kind]).toEqual(['official-questions', true, 'official'])
    const [first, second] = await collect(data.samples())
    expect(first).toMatchObject({
      id: '0',
      benchmark: 'vstar',
      subtask: 'direct_attributes',
      question: 'What is the material of the glove?',
      options: ['rubber', 'cotton', 'kevlar', 'leather'],
      letters: ['A', 'B', 'C', 'D'],
      gold: 'A',
      boxes: [[564, 142, 719, 299]],
      cluster: 'sa_4690.jpg',
    })
    expect(Buffer.from(await first!.images[0]!.bytes())).toEqual(png)
    expect([second!.id, second!.gold, second!.boxes]).toEqual(['1', 'C', undefined])
    expect((await problemsOf(data)).map(({kind}) => kind)).toEqual(['count', 'count'])
  })

  test('the questions alone have no pictures', async () => {
    const data = await open(join(await write({'test_questions.jsonl': jsonl(glove)}), 'test_questions.jsonl'))
    expect([data.layout, data.hasImages]).toEqual(['official-questions', false])
    expect(await data.keys()).toEqual([{id: '0', subtask: 'direct_attributes'}])
  })

  test('191 questions have the published counts and random baselines', async () => {
    const data = await open(await write({'test_questions.jsonl': jsonl(...officialQuestions())}))
    expect(await problemsOf(data)).toEqual([])
    const chance = (samples: Sample[]) =>
      samples.reduce((sum, {letters}) => sum + 1 / letters!.length, 0) / samples.length
    const samples = await collect(data.samples())
    const direct = samples.filter(({subtask}) => subtask === 'direct_attributes')
    const relative = samples.filter(({subtask}) => subtask === 'relative_position')
    // design/benchmarks.md 3.3: 36.0, 26.7 and 50.0 per cent, given to one decimal.
    expect([samples, direct, relative].map(group => (100 * chance(group)).toFixed(1))).toEqual(['36.0', '26.7', '50.0'])
  })

  test('annotations alone: sentences in a seeded order, so the right one is not always A', async () => {
    const files = Object.fromEntries(
      Array.from({length: 40}, (_, i) => [
        [`direct_attributes/sa_${i}.json`, annotation],
        [`direct_attributes/sa_${i}.jpg`, png],
      ]).flat() as [string, string | Buffer][],
    )
    const root = await write(files)
    const data = await open(root)
    expect([data.layout, data.hasImages]).toEqual(['official-json', true])
    const samples = await collect(data.samples())
    for (const {options, letters, gold} of samples)
      expect(options![letters!.indexOf(gold as string)]).toBe('It is rubber.')
    expect(new Set(samples.map(({gold}) => gold))).toEqual(new Set(['A', 'B', 'C', 'D']))
    expect(samples[0]).toMatchObject({id: 'direct_attributes/sa_0', cluster: 'sa_0.jpg', boxes: [[564, 142, 719, 299]]})
    const golds = async (seed: number) => (await collect((await open(root, seed)).samples())).map(({gold}) => gold)
    expect(await golds(0)).toEqual(samples.map(({gold}) => gold))
    expect(await golds(1)).not.toEqual(samples.map(({gold}) => gold))
  })

  test('a broken record is an error naming file and line or field; the others are served', async () => {
    const root = await write({
      'test_questions.jsonl': `${jsonl(
        glove,
        {...glove, question_id: '1', text: 'no options'},
        {...glove, question_id: '2', label: null},
        {...glove, question_id: '3', image: 'direct_attributes/sa_7.jpg'},
        {...glove, question_id: '4', label: 'E'},
      )}{"question_id": "5"`,
      'direct_attributes/sa_7.json': '{"bbox": [[1, 2, 3]]}',
    })
    const problems = await problemsOf(await open(root))
    expect(problems.filter(({kind}) => kind !== 'count').map(({message}) => message)).toEqual([
      'test_questions.jsonl:2: "text" holds no options "(A) ...".',
      'test_questions.jsonl:3: "label" is empty.',
      'direct_attributes/sa_7.json: "bbox" holds a box without four numbers.',
      'test_questions.jsonl:5, sample 4: the gold answer "E" is not one of A, B, C, D.',
      'test_questions.jsonl:6 is incomplete: the file ends in the middle of it.',
    ])
  })

  test('a picture outside the data folder is never read', async () => {
    const root = await write({
      'data/test_questions.jsonl': jsonl({...glove, image: '../secret.jpg'}),
      'secret.jpg': png,
    })
    const [sample] = await collect((await open(join(root, 'data'))).samples())
    await expect(sample!.images[0]!.bytes()).rejects.toThrow('lies outside the data folder')
  })
})

test("lmms-lab's parquet", async () => {
  const root = await write({'data/readme': ''})
  writeParquet(join(root, 'data/test-00000-of-00001.parquet'), [
    {name: 'image', type: 'picture', data: [{bytes: new Uint8Array(png), path: 'a.jpg'}, null]},
    {name: 'text', type: 'text', data: [glove.text, glove.text]},
    {name: 'category', type: 'text', data: [glove.category, 'relative_position']},
    {name: 'label', type: 'text', data: ['A', 'B']},
    {name: 'question_id', type: 'number', data: [0, 115]},
  ])
  const data = await open(root)
  expect(data.layout).toBe('parquet')
  const samples = await collect(data.samples())
  expect(samples.map(({id, subtask, gold}) => [id, subtask, gold])).toEqual([
    ['0', 'direct_attributes', 'A'],
    ['115', 'relative_position', 'B'],
  ])
  expect(Buffer.from(await samples[0]!.images[0]!.bytes())).toEqual(png)
  expect((await problemsOf(data)).map(({id, kind}) => [id, kind])).toContainEqual(['115', 'missing-image'])
})

test("VLMEvalKit's table", async () => {
  const image = Buffer.concat([png, Buffer.alloc(60)]).toString('base64')
  const root = await write({
    'VStarBench.tsv': stringify(
      [
        ['index', 'image', 'question', 'A', 'B', 'C', 'D', 'answer', 'category'],
        ['0', image, 'What?', 'rubber', 'cotton', 'kevlar', 'leather', 'A', 'direct_attributes'],
        ['115', image, 'Where?', 'left', 'right', '', '', 'B', 'relative_position'],
      ],
      {delimiter: '\t'},
    ),
  })
  const data = await (await loadBenchmark('vstar')).load(root, {split: 'test', seed: 0})
  expect(data.layout).toBe('vlmevalkit-tsv')
  expect(
    (await collect(data.samples())).map(({id, subtask, letters, gold}) => [id, subtask, letters!.join(''), gold]),
  ).toEqual([
    ['0', 'direct_attributes', 'ABCD', 'A'],
    ['115', 'relative_position', 'AB', 'B'],
  ])
})

test('a folder without V* is absent data; the error names the command that fetches them', async () => {
  await expect(open(await write({'other.json': '{}'}))).rejects.toMatchObject({
    code: 'data-absent',
    suggestion: expect.stringContaining('bench pull vstar'),
  })
})
