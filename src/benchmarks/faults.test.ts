// Data broken at one place, in every layout. The sample is refused by name, or it is an error of its own. It is never
// asked without its picture, and never scored against something that is not an answer.
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import sharp from 'sharp'
import {collect, folderOf, png, problemsOf} from '../../test/support/data.js'
import {type Picture, writeParquet} from '../../test/support/parquet.js'
import type {LanternError} from '../core/errors.js'
import {random} from '../core/random.js'
import {type ImageRef, letterOf} from '../core/sample.js'
import {scoreAnswer} from '../metrics/score.js'
import {decodeImage} from '../runners/onnx/image.js'
import {readImage} from '../runners/remote/images.js'
import type {Benchmark} from './benchmark.js'
import {blink} from './blink.js'
import {hops} from './hops.js'
import {viscot} from './viscot.js'
import {vstar} from './vstar.js'

/** A JPEG that does not fit into a few bytes. */
const levels = random(0, 'noise')
const noise = await sharp(
  Uint8Array.from({length: 48 * 48 * 3}, () => levels.integer(256)),
  {
    raw: {width: 48, height: 48, channels: 3},
  },
)
  .jpeg()
  .toBuffer()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-faults-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

/** One item, as every layout can write it; null is a missing part. */
interface Item {
  readonly id: string | null
  readonly question?: string
  readonly picture: Buffer | 'path alone' | null
  readonly options: readonly string[]
  readonly gold: string | null
}

interface Layout {
  readonly benchmark: Benchmark
  /** Writes items into a new folder. */
  write(items: readonly Item[]): Promise<string>
  /** Id of the k-th item in the adapter, and the name of its record in errors. */
  id(k: number): string
  where(k: number): string
}

const files = (content: Record<string, string | Uint8Array>) => folderOf(folder, content)
const jsonl = (records: readonly object[]) => records.map(record => `${JSON.stringify(record)}\n`).join('')
const emptyFolder = () => mkdtemp(join(folder, 'data-'))
const asked = ({question = 'Which?'}: Item) => question
const lettered = ({options, ...item}: Item) =>
  [asked({options, ...item}), ...options.map((option, k) => `(${letterOf(k)}) ${option}`)].join('\n')
const cell = ({picture}: Item): Picture =>
  picture === null ? null : {bytes: picture === 'path alone' ? null : new Uint8Array(picture), path: 'a.png'}
/** The existing pictures, by name. */
const pictures = (items: readonly Item[], name: (k: number) => string) =>
  Object.fromEntries(items.flatMap(({picture}, k) => (picture instanceof Buffer ? [[name(k), picture]] : [])))

/** Short text in a cell names another row, so a small whole picture is made longer. */
const inCell = (picture: Buffer) =>
  (picture.equals(png) ? Buffer.concat([picture, Buffer.alloc(60)]) : picture).toString('base64')

async function table(name: string, items: readonly Item[], category: string): Promise<string> {
  const root = await emptyFolder()
  const rows = items.map(({id, picture, options, gold, ...item}) => [
    id ?? '',
    picture instanceof Buffer ? inCell(picture) : '',
    asked({id, picture, options, gold, ...item}),
    ...[0, 1, 2, 3].map(k => options[k] ?? ''),
    gold ?? '',
    category,
  ])
  const header = ['index', 'image', 'question', 'A', 'B', 'C', 'D', 'answer', 'category']
  await writeFile(join(root, name), stringify([header, ...rows], {delimiter: '\t'}))
  return root
}

const layouts: Record<string, Layout> = {
  "BLINK's parquet": {
    benchmark: blink,
    async write(items) {
      const root = await emptyFolder()
      await mkdir(join(root, 'Counting'))
      writeParquet(join(root, 'Counting/val-0.parquet'), [
        {name: 'idx', type: 'text', data: items.map(({id}) => id && `val_Counting_${id}`)},
        {name: 'question', type: 'text', data: items.map(asked)},
        {name: 'sub_task', type: 'text', data: items.map(() => 'Counting')},
        {name: 'choices', type: 'texts', data: items.map(({options}) => [...options])},
        {name: 'answer', type: 'text', data: items.map(({gold}) => gold)},
        {name: 'image_1', type: 'picture', data: items.map(cell)},
      ])
      return root
    },
    id: k => `val_Counting_${k}`,
    where: k => `\\.parquet#${k + 1}`,
  },
  "BLINK's VLMEvalKit table": {
    benchmark: blink,
    write: items => table('BLINK.tsv', items, 'Counting'),
    id: k => `${k}`,
    where: k => `BLINK\\.tsv:${k + 2}`,
  },
  "V*'s questions": {
    benchmark: vstar,
    write: items =>
      files({
        'test_questions.jsonl': jsonl(
          items.map(({id, gold, ...item}, k) => ({
            question_id: id,
            category: 'direct_attributes',
            label: gold,
            image: `direct_attributes/${k}.png`,
            text: lettered({id, gold, ...item}),
          })),
        ),
        ...pictures(items, k => `direct_attributes/${k}.png`),
      }),
    id: k => `${k}`,
    where: k => `\\.jsonl:${k + 1}`,
  },
  "V*'s parquet": {
    benchmark: vstar,
    async write(items) {
      const root = await emptyFolder()
      writeParquet(join(root, 'test-0.parquet'), [
        {name: 'question_id', type: 'text', data: items.map(({id}) => id)},
        {name: 'category', type: 'text', data: items.map(() => 'direct_attributes')},
        {name: 'label', type: 'text', data: items.map(({gold}) => gold)},
        {name: 'text', type: 'text', data: items.map(lettered)},
        {name: 'image', type: 'picture', data: items.map(cell)},
      ])
      return root
    },
    id: k => `${k}`,
    where: k => `\\.parquet#${k + 1}`,
  },
  "V*'s VLMEvalKit table": {
    benchmark: vstar,
    write: items => table('VStarBench.tsv', items, 'direct_attributes'),
    id: k => `${k}`,
    where: k => `VStarBench\\.tsv:${k + 2}`,
  },
  'a folder of hops': {
    benchmark: hops,
    write: items =>
      files({
        'items.jsonl': jsonl(
          items.map(({id, options, gold, question = 'Which?'}, k) => ({
            ...{id, subtask: 'hops-1', image: `${k}.png`, question, options, answer: gold},
            ...{boxes: [], chain: ['K']},
          })),
        ),
        ...pictures(items, k => `${k}.png`),
      }),
    id: k => `${k}`,
    where: k => `\\.jsonl:${k + 1}`,
  },
}

const items: Item[] = [0, 1, 2, 3].map(k => ({
  id: `${k}`,
  picture: png,
  options: ['red', 'blue', 'green', 'grey'],
  gold: letterOf(k),
}))

const faults: Record<string, Partial<Item>> = {
  'no picture': {picture: null},
  'a picture with a path and no bytes': {picture: 'path alone'},
  'a picture of no bytes': {picture: Buffer.alloc(0)},
  'a picture that is cut off': {picture: noise.subarray(0, 900)},
  'a picture that lacks its last bytes': {picture: noise.subarray(0, -2)},
  'a picture that is a web page': {picture: Buffer.from(`<!doctype html>${'<p>404'.repeat(40)}`)},
  'a picture that is a drawing': {picture: Buffer.from(`<svg xmlns="x">${'<g/>'.repeat(40)}`)},
  'a picture of zeros': {picture: Buffer.alloc(200)},
  'no gold answer': {gold: null},
  'a gold answer that is not an option': {gold: 'E'},
  'a gold answer that is a sentence': {gold: 'It is red.'},
  'an empty option': {options: ['red', '', 'green', 'grey']},
  'every option the same': {options: ['red', 'red', 'red', 'red']},
  'an empty question': {question: ''},
  'a question of blanks': {question: ' \t '},
  'a NUL byte in the question': {question: 'Wh\0ich?'},
  'a NUL byte in an option': {options: ['r\0ed', 'blue', 'green', 'grey']},
  'one option': {options: ['red']},
  'no options': {options: []},
  'no id': {id: null},
}

/** As both runners that look at pictures read it; they must agree. */
async function canBeAsked(image: ImageRef): Promise<boolean> {
  const worked = await Promise.all([
    readImage(image, {}).then(...tried),
    image
      .bytes()
      .then(async bytes => decodeImage(bytes, image.orientation, image.source))
      .then(...tried),
  ])
  expect(worked[0]).toBe(worked[1])
  return worked[0]!
}

const tried = [
  () => true,
  (error: unknown) => {
    expect(['bad-file', 'data-absent']).toContain((error as LanternError).code)
    return false
  },
] as const

/** The message if the data are refused, and the ids of samples with an unreadable picture. */
async function opened({benchmark}: Layout, root: string): Promise<{refusal: string | null; failing: string[]}> {
  const data = await benchmark.load(root, {split: benchmark.defaultSplit, seed: 0})
  try {
    await data.keys()
  } catch (error) {
    return {refusal: (error as LanternError).message, failing: []}
  }
  const failing: string[] = []
  for (const {id, images} of await collect(data.samples())) {
    expect(images.length).toBeGreaterThan(0)
    for (const image of images) if (!(await canBeAsked(image))) failing.push(id)
  }
  return {refusal: null, failing}
}

describe.each(Object.entries(layouts))('%s', (_name, layout) => {
  test('complete items are served', async () => {
    expect(await opened(layout, await layout.write(items))).toEqual({refusal: null, failing: []})
  })

  test.each(Object.entries(faults))(
    '%s: the sample fails alone if only its picture is missing, else is refused by name',
    async (fault, change) => {
      for (const k of items.keys()) {
        const root = await layout.write(items.map((item, i) => (i === k ? {...item, ...change} : item)))
        const {refusal, failing} = await opened(layout, root)
        if (fault.includes('picture')) expect({refusal, failing}).toEqual({refusal: null, failing: [layout.id(k)]})
        else expect(refusal).toMatch(new RegExp(`${layout.where(k)}\\b|sample ${layout.id(k)}\\b`))
        const data = await layout.benchmark.load(root, {split: layout.benchmark.defaultSplit, seed: 0})
        const told = (await problemsOf(data)).map(({message}) => message)
        expect(told.join('\n')).toMatch(new RegExp(`${layout.where(k)}\\b|\\b${layout.id(k)}: `))
      }
    },
  )

  test('a repeated id is refused', async () => {
    const root = await layout.write(items.map(item => ({...item, id: item.id === '3' ? '1' : item.id})))
    expect((await opened(layout, root)).refusal).toContain(`"${layout.id(1)}"`)
  })

  test('a gold letter in brackets or in lower case is the letter', async () => {
    for (const gold of ['(B)', 'b', '(b)', 'B.']) {
      const root = await layout.write(items.map(item => ({...item, gold})))
      const data = await layout.benchmark.load(root, {split: layout.benchmark.defaultSplit, seed: 0})
      expect((await collect(data.samples())).map(sample => sample.gold)).toEqual(['B', 'B', 'B', 'B'])
    }
  })
})

describe.each(Object.entries(layouts))('the text of %s', (_name, layout) => {
  /** The data with the bytes of their text files changed; false where there are none. */
  async function changed(root: string, change: (bytes: Buffer) => Buffer): Promise<boolean> {
    const names = (await readdir(root, {recursive: true})).filter(name => /\.(?:jsonl|tsv)$/.test(name))
    for (const name of names) await writeFile(join(root, name), change(await readFile(join(root, name))))
    return names.length > 0
  }
  const samplesOf = async (root: string) => {
    const data = await layout.benchmark.load(root, {split: layout.benchmark.defaultSplit, seed: 0})
    return (await collect(data.samples())).map(({images: _, ...sample}) => sample)
  }

  test.each([
    ['with a byte order mark', (bytes: Buffer) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes])],
    ['with line ends of Windows', (bytes: Buffer) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n'))],
    ['without a last line end', (bytes: Buffer) => Buffer.from(bytes.toString().trimEnd())],
    ['with empty lines at its end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('\n\r\n')])],
  ])('is read alike %s', async (_what, change) => {
    // A question with line feeds of its own would be changed with the ends of the lines.
    const flat = items.map(item => ({...item, options: item.options.map(option => `${option} one`)}))
    const root = await layout.write(flat)
    const before = await samplesOf(root)
    if (await changed(root, change)) expect(await samplesOf(root)).toEqual(before)
  })

  test.each([
    ['in UTF-16', (bytes: Buffer) => Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le')],
    ['of zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['of one byte less', (bytes: Buffer) => bytes.subarray(0, bytes.toString().trimEnd().length - 1)],
  ])('%s is no data, or is refused', async (_what, change) => {
    const root = await layout.write(items)
    if (!(await changed(root, change))) return
    const outcome = await opened(layout, root).catch((error: LanternError) => ({refusal: error.code, failing: []}))
    expect(outcome.refusal).not.toBeNull()
  })
})

describe('ids that are no text', () => {
  const jsonLayouts = Object.entries(layouts).filter(
    ([name]) => name === "V*'s questions" || name === 'a folder of hops',
  )
  const openedWith = async (layout: Layout, id: unknown) =>
    opened(layout, await layout.write([items[0]!, {...items[1]!, id: id as string}, ...items.slice(2)]))

  test.each(jsonLayouts)('are refused in %s, whole numbers aside', async (_name, layout) => {
    for (const id of [{a: 1}, ['1'], true, '', ' \t', null])
      expect((await openedWith(layout, id)).refusal).toMatch(/jsonl:2\b|record 2\b/)
    expect((await openedWith(layout, 'x\0')).refusal).toMatch(/sample x\0: the text holds a NUL byte/)
    expect(await openedWith(layout, 17)).toEqual({refusal: null, failing: []})
  })

  test.each(jsonLayouts)('in %s, a number and its text are one id', async (_name, layout) => {
    expect((await openedWith(layout, 2)).refusal).toContain('"2"')
  })
})

describe('data of another benchmark', () => {
  test.each([
    [blink, 'BLINK.tsv'],
    [vstar, 'VStarBench.tsv'],
  ])('a table of other subtasks is refused as $id', async (benchmark, name) => {
    const data = await benchmark.load(await table(name, items, 'cross'), {split: benchmark.defaultSplit, seed: 0})
    await expect(data.keys()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(`${benchmark.title} has no subtask "cross"`),
    })
    expect((await problemsOf(data)).map(({kind}) => kind)).toContain('unknown-subtask')
  })
})

describe("pictures of V*'s and VisCoT's own files", () => {
  test('an annotation without its picture fails alone', async () => {
    const annotation = JSON.stringify({bbox: [], question: 'Which?', options: ['It is red.', 'It is blue.']})
    const names = ['a', 'b', 'c']
    for (const missing of names) {
      const there = names.filter(name => name !== missing)
      const root = await files(
        Object.fromEntries([
          ...names.map(name => [`direct_attributes/${name}.json`, annotation]),
          ...there.map(name => [`direct_attributes/${name}.jpg`, png]),
        ]),
      )
      const layout = {...layouts["V*'s questions"]!, benchmark: vstar}
      expect(await opened(layout, root)).toEqual({refusal: null, failing: [`direct_attributes/${missing}`]})
    }
  })

  const turns = (answer: string | null) => [
    {from: 'human', value: '<image>\nWhich?'},
    {from: 'gpt', value: '[0, 0, 1, 1]'},
    {from: 'human', value: '<image>'},
    {from: 'gpt', value: answer},
  ]
  const record = (k: number, change: object = {}) => ({
    ...{dataset: 'gqa', split: 'val', question_id: k, conversations: turns('window')},
    ...{image: [`cot/gqa/${k}.png`, `cot/gqa/${k}.png###[0, 0, 1, 1]`]},
    ...change,
  })
  const official = (records: readonly object[], there: readonly number[]) =>
    files({
      'benchmark/gqa.json': JSON.stringify(records),
      ...Object.fromEntries(there.map(k => [`cot/gqa/${k}.png`, png])),
    })
  const layout = {...layouts["V*'s questions"]!, benchmark: viscot}

  test('an item of VisCoT without its picture fails alone', async () => {
    const root = await official([record(0), record(1), record(2)], [0, 2])
    expect(await opened(layout, root)).toEqual({refusal: null, failing: ['gqa/1']})
  })

  test.each([
    ['of no bytes', Buffer.alloc(0)],
    ['cut off', noise.subarray(0, 900)],
    ['a web page', Buffer.from('<!doctype html><p>404')],
  ])('a picture that is %s fails alone', async (_fault, picture) => {
    const root = await official([record(0), record(1), record(2)], [0, 1, 2])
    await writeFile(join(root, 'cot/gqa/1.png'), picture)
    expect(await opened(layout, root)).toEqual({refusal: null, failing: ['gqa/1']})
    const annotation = JSON.stringify({bbox: [], question: 'Which?', options: ['It is red.', 'It is blue.']})
    const folderOfTwo = await files({
      'direct_attributes/a.json': annotation,
      'direct_attributes/a.jpg': png,
      'direct_attributes/b.json': annotation,
      'direct_attributes/b.jpg': picture,
    })
    expect(await opened({...layout, benchmark: vstar}, folderOfTwo)).toEqual({
      refusal: null,
      failing: ['direct_attributes/b'],
    })
  })

  const asking = (question: string) => [{from: 'human', value: `<image>\n${question}`}, ...turns('window').slice(1)]
  test.each([
    ['an empty question', {conversations: asking('')}],
    ['a NUL byte in its question', {conversations: asking('Wh\0ich?')}],
    ['a NUL byte in its answer', {conversations: turns('win\0dow')}],
    ['an id that is an object', {question_id: {a: 1}}],
    ['an id that is a list', {question_id: ['1']}],
  ])('an item of VisCoT with %s is refused by its place or its id', async (_fault, change) => {
    const root = await official([record(0), record(1, change)], [0, 1])
    expect((await opened(layout, root)).refusal).toMatch(/gqa\.json#2\b|sample gqa\/1\b/)
  })

  test.each([
    ['an empty question', {question: ''}],
    ['no options', {options: []}],
    ['options that are numbers in a list of lists', {options: [[1], [2]]}],
    ['the right option twice', {options: ['It is red.', 'It is red.']}],
    ['a NUL byte', {options: ['It is red.', 'It is\0 blue.']}],
  ])('an annotation of V* with %s is refused by its name', async (_fault, change) => {
    const whole = {bbox: [], question: 'Which?', options: ['It is red.', 'It is blue.']}
    const root = await files({
      'direct_attributes/a.json': JSON.stringify(whole),
      'direct_attributes/a.jpg': png,
      'direct_attributes/b.json': JSON.stringify({...whole, ...change}),
      'direct_attributes/b.jpg': png,
    })
    expect((await opened({...layout, benchmark: vstar}, root)).refusal).toMatch(/direct_attributes\/b\b/)
  })

  test.each([
    ['no answer', {conversations: turns(null)}],
    ['no turns', {conversations: []}],
    ['no picture', {image: null}],
    ['no id', {question_id: null}],
  ])('an item of VisCoT with %s is refused, naming its place', async (_fault, change) => {
    const root = await official([record(0), record(1, change)], [0, 1])
    expect((await opened(layout, root)).refusal).toContain('benchmark/gqa.json#2')
  })
})

describe("LanteRn's four options", () => {
  const item = {
    question: 'What colour?',
    options: ['A. red', 'B) blue', 'C. green', 'D. grey'],
    answer: 'B',
    img_path: '/their/disk/data/flickr30k/images/1.jpg',
    bbox: [1, 2, 3, 4],
  }
  const open = async (answers: readonly string[], imageRoot?: string) => {
    const root = await files({'mc.jsonl': jsonl(answers.map(answer => ({...item, answer})))})
    return viscot.load(root, {split: 'val', seed: 0, ...(imageRoot === undefined ? {} : {imageRoot})})
  }

  test('run on with malformed gold answers, which verify reports and no answer can match', async () => {
    const data = await open(['B', 'A, B', 'C) Black', '\nB\n', 'b'])
    expect(await data.keys()).toHaveLength(5)
    const told = (await problemsOf(data)).filter(({kind}) => kind === 'gold-outside-letters')
    expect(told.map(({id}) => id)).toEqual(['1', '2', '3', '4'])
    for (const {gold, letters, options} of await collect(data.samples())) {
      const scores = [...letters!, String(gold)].map(
        text =>
          scoreAnswer(
            {
              ...{text: `<answer>${text}</answer>`, stop: 'eos', gold, letters, options},
              ...{arm: {mode: 'direct', latentSize: null, intervention: null}, usage: {latentSteps: 0, blocks: 0}},
            },
            data.benchmark.scoring,
            'lantern-eval',
          ).score,
      )
      expect(Math.max(...(scores as number[]))).toBe(gold === 'B' ? 1 : 0)
    }
    expect(await data.verified()).toBe(false)
  })

  test('take the name of their data set from the path, wherever it starts', async () => {
    const paths = ['/x/flickr30k/1.jpg', 'cot/v7w/1.jpg', '/y/cot/gqa/1.jpg', '/z/elsewhere/1.jpg']
    const root = await files({'mc.jsonl': jsonl(paths.map(path => ({...item, img_path: path})))})
    const data = await viscot.load(root, {split: 'val', seed: 0})
    expect((await data.keys()).map(({subtask}) => subtask)).toEqual(['flickr30k', 'visual7w', 'gqa', 'other'])
  })

  test('find pictures of another disk below the image root, by the longest existing end of the path', async () => {
    const imageRoot = await files({'flickr30k/images/1.jpg': png, '1.jpg': 'another'})
    const data = await open(['B'], imageRoot)
    expect(data.hasImages).toBe(true)
    const [sample] = await collect(data.samples())
    expect(Buffer.from(await sample!.images[0]!.bytes())).toEqual(png)
  })
})
