import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import fc from 'fast-check'
import {collect, png, problemsOf} from '../../test/support/data.js'
import {type Column, writeParquet} from '../../test/support/parquet.js'
import type {LanternError} from '../core/errors.js'
import type {DataSet} from './benchmark.js'
import {blink, subtaskOfId} from './blink.js'
import {answersOnlyData} from './data-places.js'
import {builtinMark} from './data-set.js'
import {loadBenchmark} from './index.js'

let folder: string
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-blink-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))
const newFolder = () => join(folder, `${count++}`)

interface Item {
  idx: string | null
  choices?: string[] | null
  answer?: string | null
  images?: number
}

/** The columns of the hub's files, here with pictures before texts and out of order: only names count. */
function columns(items: readonly Item[], subtask: string): Column[] {
  const usual = ['yes', 'no', 'both', 'neither'].slice(0, blink.subtasks.find(({name}) => name === subtask)?.choices)
  const picture = (k: number) =>
    items.map(({images = 1}) => (k <= images ? {bytes: new Uint8Array([...png, k]), path: `${k}.png`} : null))
  return [
    {name: 'image_2', type: 'picture', data: picture(2)},
    {name: 'image_1', type: 'picture', data: picture(1)},
    {name: 'idx', type: 'text', data: items.map(({idx}) => idx)},
    {name: 'question', type: 'text', data: items.map(({idx}) => `question of ${idx}`)},
    {name: 'sub_task', type: 'text', data: items.map(() => subtask)},
    {name: 'choices', type: 'texts', data: items.map(({choices = usual}) => choices)},
    {name: 'answer', type: 'text', data: items.map(({answer = '(B)'}) => answer)},
    {name: 'prompt', type: 'text', data: items.map(({idx}) => `prompt of ${idx}\n(A) yes\n(B) no`)},
    {name: 'explanation', type: 'text', data: items.map(() => '')},
    {name: 'image_4', type: 'picture', data: picture(4)},
    {name: 'image_3', type: 'picture', data: picture(3)},
  ]
}

async function writeSubtask(path: string, items: readonly Item[], subtask = 'Counting'): Promise<void> {
  await mkdir(dirname(path), {recursive: true})
  writeParquet(path, columns(items, subtask))
}

const samplesOf = (data: DataSet, only?: ReadonlySet<string>) => collect(data.samples(only))

const open = (path: string, split = 'val') => blink.load(path, {split, seed: 0})

test('the official counts: 14 subtasks, 1,901 and 1,906 items', () => {
  const total = (split: string) => blink.subtasks.reduce((sum, {expected}) => sum + expected[split]!, 0)
  expect(blink.subtasks).toHaveLength(14)
  expect([total('val'), total('test')]).toEqual([1901, 1906])
})

test('the official pictures: 3,675 in val', () => {
  expect(blink.subtasks.reduce((sum, {expected, pictures}) => sum + expected['val']! * pictures!, 0)).toBe(3675)
})

test('the subtask of an official id is between the split and the last underscore', () => {
  expect(subtaskOfId('val_Multi-view_Reasoning_12')).toBe('Multi-view_Reasoning')
  expect(subtaskOfId('test_IQ_Test_1')).toBe('IQ_Test')
  expect(subtaskOfId('val_Nonsense_1')).toBeUndefined()
})

describe('the hub layout', () => {
  test.each(blink.subtasks)(
    '$name: every item with its options, letters, gold answer and pictures',
    async ({name, choices, pictures = 1}) => {
      const root = newFolder()
      const letters = ['A', 'B', 'C', 'D'].slice(0, choices)
      const items = letters.map((letter, i) => ({
        idx: `val_${name}_${i + 1}`,
        choices: letters.map(one => `option ${one}`),
        answer: `(${letter})`,
        images: Math.min(pictures + (i % 2), 4),
      }))
      await writeSubtask(join(root, name, 'val-00000-of-00001.parquet'), items, name)
      await writeSubtask(
        join(root, name, 'test-00000-of-00001.parquet'),
        [{idx: `test_${name}_1`, answer: 'hidden'}],
        name,
      )
      const data = await open(root)
      expect([data.layout, data.kind, data.hasImages]).toEqual(['parquet', 'official', true])
      expect(await data.keys()).toEqual(items.map(({idx}) => ({id: idx, subtask: name})))
      const samples = await samplesOf(data)
      expect(samples.map(({gold}) => gold)).toEqual(letters)
      for (const [i, sample] of samples.entries()) {
        expect(sample).toMatchObject({
          benchmark: 'blink',
          letters,
          options: items[i]!.choices,
          question: `question of ${items[i]!.idx}`,
        })
        expect(sample.officialPrompt).toContain(`prompt of ${items[i]!.idx}`)
        expect(sample.images.map(({source}) => source)).toEqual(
          Array.from(
            {length: items[i]!.images},
            (_, k) => `${name}/val-00000-of-00001.parquet#${i + 1}/image_${k + 1}`,
          ),
        )
        // The last byte of each picture is its number.
        for (const [k, image] of sample.images.entries()) expect((await image.bytes()).at(-1)).toBe(k + 1)
      }
      const hidden = await samplesOf(await open(root, 'test'))
      expect(hidden.map(({id, gold}) => [id, gold])).toEqual([[`test_${name}_1`, null]])
    },
  )

  test.each(['val_Art_Style.parquet', 'Art_Style-val-00000-of-00001.parquet', 'blink.parquet', 'IQ_Test_val.parquet'])(
    'a flat file %s',
    async name => {
      const root = newFolder()
      await writeSubtask(join(root, name), [{idx: 'val_Art_Style_1'}], 'Art_Style')
      expect(await (await open(root)).keys()).toEqual([{id: 'val_Art_Style_1', subtask: 'Art_Style'}])
      expect(await (await open(join(root, name))).keys()).toHaveLength(1)
    },
  )

  test('selected samples only, in the order of the data', async () => {
    const root = newFolder()
    await writeSubtask(
      join(root, 'Counting/val-0.parquet'),
      [1, 2, 3, 4, 5].map(i => ({idx: `val_Counting_${i}`})),
    )
    const samples = await samplesOf(await open(root), new Set(['val_Counting_4', 'val_Counting_2']))
    expect(samples.map(({id}) => id)).toEqual(['val_Counting_2', 'val_Counting_4'])
  })

  test('a record with an empty field is one error naming file, row and field; every other sample is served before it is thrown', async () => {
    const root = newFolder()
    const items: Item[] = [1, 2, 3, 4, 5].map(i => ({idx: `val_Counting_${i}`}))
    items[1] = {idx: null}
    items[3] = {idx: 'val_Counting_4', choices: null}
    await writeSubtask(join(root, 'Counting/val-0.parquet'), items)
    const data = await open(root)
    const served: string[] = []
    let error: LanternError | undefined
    try {
      for await (const {id} of data.samples()) served.push(id)
    } catch (thrown) {
      error = thrown as LanternError
    }
    expect(served).toEqual(['val_Counting_1', 'val_Counting_3', 'val_Counting_5'])
    expect(error).toMatchObject({code: 'bad-file', message: 'Counting/val-0.parquet#2: "idx" is empty.'})
    await expect(data.keys()).rejects.toThrow('Counting/val-0.parquet#2')
    expect((await problemsOf(data)).filter(({kind}) => kind === 'broken-record').map(({message}) => message)).toEqual([
      'Counting/val-0.parquet#2: "idx" is empty.',
      'Counting/val-0.parquet#4: "choices" is empty.',
    ])
  })

  test('verify finds wrong counts, duplicates, answers outside the letters, missing and undecodable pictures', async () => {
    const root = newFolder()
    await mkdir(join(root, 'Counting'), {recursive: true})
    const table = columns(
      [
        {idx: 'val_Counting_1'},
        {idx: 'val_Counting_1'},
        {idx: 'val_Counting_3', answer: '(E)'},
        {idx: 'val_Counting_4', images: 0},
        {idx: 'val_Counting_5'},
        {idx: 'val_Counting_6', answer: 'B is right'},
      ],
      'Counting',
    )
    const first = table.find(({name}) => name === 'image_1') as Extract<Column, {type: 'picture'}>
    first.data[4] = {bytes: Uint8Array.of(1, 2, 3), path: null}
    writeParquet(join(root, 'Counting/val-0.parquet'), table)
    // A run would keep one answer for both.
    await expect((await open(root)).keys()).rejects.toThrow(
      'the id "val_Counting_1" is that of Counting/val-0.parquet#1 too.',
    )
    const problems = await problemsOf(await open(root))
    expect(problems.filter(({kind}) => kind !== 'count').map(({id, kind}) => [id, kind])).toEqual([
      ['val_Counting_1', 'duplicate-id'],
      ['val_Counting_3', 'gold-outside-letters'],
      ['val_Counting_4', 'missing-image'],
      ['val_Counting_5', 'undecodable-image'],
      [null, 'broken-record'],
    ])
    expect(problems.find(({message}) => message.startsWith('Counting:'))?.message).toBe(
      'Counting: 5 samples instead of 120.',
    )
  })

  test('any cell may be empty: its record is an error naming file and row, and no other record is lost', async () => {
    const filled = fc.record({idx: fc.boolean(), choices: fc.boolean(), answer: fc.boolean()})
    await fc.assert(
      fc.asyncProperty(fc.array(filled, {minLength: 1, maxLength: 8}), async cells => {
        const root = newFolder()
        const items = cells.map(({idx, choices, answer}, k) => ({
          idx: idx ? `val_Counting_${k}` : null,
          choices: choices ? ['none', 'one', 'two', 'three'] : null,
          answer: answer ? '(A)' : null,
        }))
        await writeSubtask(join(root, 'Counting/val-0.parquet'), items)
        const data = await open(root)
        const whole = (k: number) => cells[k]!.idx && cells[k]!.choices && cells[k]!.answer
        const broken = (await problemsOf(data))
          .filter(({kind}) => kind === 'broken-record')
          .map(({message}) => message.split(':')[0])
        expect(broken).toEqual([...cells.keys()].filter(k => !whole(k)).map(k => `Counting/val-0.parquet#${k + 1}`))
        const served: string[] = []
        try {
          for await (const {id} of data.samples()) served.push(id)
        } catch {
          // The first broken record is thrown after the last good one.
        }
        expect(served).toEqual([...cells.keys()].filter(whole).map(k => `val_Counting_${k}`))
      }),
      {numRuns: 20},
    )
  })

  test('a truncated JPEG is undecodable', async () => {
    const {default: sharp} = await import('sharp')
    const noise = Buffer.from(Array.from({length: 64 * 64 * 3}, (_, k) => (k * 7919) % 251))
    const jpeg = await sharp(noise, {raw: {width: 64, height: 64, channels: 3}})
      .jpeg()
      .toBuffer()
    const root = newFolder()
    await mkdir(join(root, 'Counting'), {recursive: true})
    const table = columns([{idx: 'val_Counting_1'}, {idx: 'val_Counting_2'}], 'Counting')
    const first = table.find(({name}) => name === 'image_1') as Extract<Column, {type: 'picture'}>
    first.data = [jpeg, jpeg.subarray(0, jpeg.length / 2)].map(bytes => ({bytes: new Uint8Array(bytes), path: null}))
    writeParquet(join(root, 'Counting/val-0.parquet'), table)
    const problems = (await problemsOf(await open(root))).filter(({kind}) => kind !== 'count')
    expect(problems.map(({id, kind}) => [id, kind])).toEqual([['val_Counting_2', 'undecodable-image']])
  })

  test('verify finds a sample with fewer pictures than its subtask has', async () => {
    const root = newFolder()
    const items = [
      {idx: 'val_Jigsaw_1', images: 3},
      {idx: 'val_Jigsaw_2', images: 2},
    ]
    await writeSubtask(join(root, 'Jigsaw/val-0.parquet'), items, 'Jigsaw')
    const problems = (await problemsOf(await open(root))).filter(({kind}) => kind === 'missing-image')
    expect(problems.map(({message}) => message)).toEqual([
      'Jigsaw/val-0.parquet#2, sample val_Jigsaw_2: the sample has 2 of 3 pictures.',
    ])
  })

  test('generated samples have a marker: their kind is builtin, and official counts and labels do not apply', async () => {
    const root = newFolder()
    await writeSubtask(join(root, 'Counting/val-0.parquet'), [{idx: 'val_Counting_1'}])
    await writeFile(join(root, builtinMark), '{}')
    const data = await open(root)
    expect(data.kind).toBe('builtin')
    expect((await data.identity()).labels).toBeNull()
    expect(await problemsOf(data)).toEqual([])
  })

  test('the identity depends on names and contents, not on the place; a hub snapshot gives its revision', async () => {
    const revision = 'a'.repeat(40)
    const roots = [newFolder(), join(newFolder(), 'snapshots', revision)]
    for (const root of roots) await writeSubtask(join(root, 'Counting/val-0.parquet'), [{idx: 'val_Counting_1'}])
    const [plain, snapshot] = await Promise.all(roots.map(async root => (await open(root)).identity()))
    expect(plain).toMatchObject({revision: null, labels: 'unknown'})
    expect(snapshot!.revision).toBe(revision)
    expect(snapshot!.dataSha256).toBe(plain!.dataSha256)
    await writeSubtask(join(roots[0]!, 'Counting/val-0.parquet'), [{idx: 'val_Counting_2'}])
    expect((await (await open(roots[0]!)).identity()).dataSha256).not.toBe(plain!.dataSha256)
  })
})

describe('a VLMEvalKit table', () => {
  const base64 = (k: number) => Buffer.from([...png, ...Buffer.alloc(60), k]).toString('base64')
  const write = async (rows: readonly (readonly string[])[]) => {
    const root = newFolder()
    await mkdir(root)
    const header = ['index', 'image', 'question', 'A', 'B', 'C', 'D', 'answer', 'category', 'hint']
    await writeFile(join(root, 'BLINK.tsv'), stringify([header, ...rows], {delimiter: '\t'}))
    return open(root)
  }

  test.each(blink.subtasks)('$name: options, letters, gold answer and pictures', async subtask => {
    const {name, choices, pictures = 1} = subtask
    const options = ['a "quoted"\nline', 'b', 'c', 'd'].map((option, i) => (i < choices! ? option : ''))
    const data = await write([
      ['7', base64(1), 'one picture?', ...options, 'B', name, ''],
      ['8', `['${base64(2)}', '${base64(3)}']`, 'two pictures?', ...options, 'A', name.replaceAll('_', ' '), ''],
      ['9', `["${base64(4)}","${base64(5)}","${base64(6)}"]`, 'three pictures?', ...options, 'A', name, ''],
      ['1000008', '8', 'two pictures?', ...options, 'B', name, ''],
    ])
    expect([data.layout, data.kind, data.hasImages]).toEqual(['vlmevalkit-tsv', 'official', true])
    const samples = await samplesOf(data)
    expect(samples.map(({id, subtask, gold, cluster}) => [id, subtask, gold, cluster])).toEqual([
      ['7', name, 'B', '7'],
      ['8', name, 'A', '8'],
      ['9', name, 'A', '9'],
      ['1000008', name, 'B', '8'],
    ])
    for (const sample of samples) {
      expect(sample.letters).toEqual(['A', 'B', 'C', 'D'].slice(0, choices))
      expect(sample.options).toEqual(options.slice(0, choices))
    }
    // A missing part that the subtask needs is an error on reading.
    const wanted = (there: number[]) => [...there, ...Array(Math.max(0, pictures - there.length)).fill('bad-file')]
    const lastBytes = samples.map(({images}) =>
      Promise.all(
        images.map(image =>
          image.bytes().then(
            bytes => bytes.at(-1),
            ({code}: LanternError) => code,
          ),
        ),
      ),
    )
    expect(await Promise.all(lastBytes)).toEqual([[1], [2, 3], [4, 5, 6], [2, 3]].map(wanted))
    expect((await problemsOf(data)).filter(({kind}) => kind !== 'count' && kind !== 'missing-image')).toEqual([])
    expect(await data.identity()).toMatchObject({labels: 'unknown', revision: expect.stringMatching(/^sha256:/)})
  })

  test('a row without its answer is an error naming file and row, one without its picture is reported by its id', async () => {
    const data = await write([
      ['1', base64(1), 'q', 'a', 'b', '', '', 'B', 'Spatial_Relation', ''],
      ['2', '77', 'q', 'a', 'b', '', '', 'B', 'Spatial_Relation', ''],
      ['3', base64(1), 'q', 'a', 'b', '', '', '', 'Spatial_Relation', ''],
      ['4', base64(1), 'q', 'a', 'b', '', '', 'A', 'Spatial_Relation', ''],
    ])
    const told = (await problemsOf(data)).filter(({kind}) => kind === 'broken-record' || kind === 'missing-image')
    expect(told.map(({message}) => message)).toEqual([
      'BLINK.tsv:3, sample 2: the sample has 0 of 1 pictures.',
      'BLINK.tsv:4: "answer" is empty.',
    ])
  })
})

describe('the official answers alone', () => {
  test('1,901 samples without pictures and option texts, letters by the official choice counts, old labels', async () => {
    const data = await (await loadBenchmark('blink')).load(answersOnlyData(blink)!, {split: 'val', seed: 0})
    expect([data.layout, data.kind, data.hasImages]).toEqual(['val-answers', 'official', false])
    expect(await data.keys()).toHaveLength(1901)
    expect(await problemsOf(data)).toEqual([])
    const identity = await data.identity()
    expect(identity.labels).toBe('old')
    const counts: Record<string, number> = {}
    for (const sample of await samplesOf(data)) {
      counts[String(sample.gold)] = (counts[String(sample.gold)] ?? 0) + 1
      expect(sample.options).toBeUndefined()
    }
    // design/benchmarks.md 2.3: totals of the gold letters.
    expect(counts).toEqual({A: 709, B: 708, C: 269, D: 215})
  })

  test('a broken answer is one error naming file and id', async () => {
    const path = join(newFolder(), 'val_answers.json')
    await mkdir(dirname(path))
    await writeFile(path, JSON.stringify({val_Counting_1: '(A)', val_Counting_2: null, val_Jigsaw_1: '(B)'}))
    const data = await open(dirname(path))
    const messages = (await problemsOf(data)).filter(({kind}) => kind === 'broken-record').map(({message}) => message)
    expect(messages).toEqual([`${path}: "val_Counting_2" is empty.`])
  })

  test('a truncated file is refused by name', async () => {
    const path = join(newFolder(), 'val_answers.json')
    await mkdir(dirname(path))
    await writeFile(path, '{"val_Counting_1": "(A)", "val')
    await expect((await open(path)).keys()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(path),
    })
  })
})

test('a folder without BLINK, or no folder, is absent data; the error names the command that fetches them', async () => {
  const root = newFolder()
  await expect(open(root)).rejects.toMatchObject({code: 'data-absent'})
  await mkdir(root)
  await expect(open(root)).rejects.toMatchObject({
    code: 'data-absent',
    suggestion: expect.stringContaining('bench pull blink'),
  })
})
