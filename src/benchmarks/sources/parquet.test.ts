import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import fc from 'fast-check'
import {parquetWriteFile} from 'hyparquet-writer'
import {type Picture, writeParquet} from '../../../test/support/parquet.js'
import {LanternError} from '../../core/errors.js'
import {text} from './row.js'
import {isLongCell, type LongCell, openTable, type Table, type TableRow} from './table.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-parquet-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function all(rows: AsyncIterable<TableRow | LanternError>): Promise<(TableRow | LanternError)[]> {
  const list = []
  for await (const row of rows) list.push(row)
  return list
}

/** A value with bytes in place of the handles of bytes. */
async function content(value: unknown): Promise<unknown> {
  if (isLongCell(value)) return Uint8Array.from(await value.bytes())
  if (Array.isArray(value)) return Promise.all(value.map(content))
  if (typeof value !== 'object' || value === null) return value
  const parts = Object.entries(value).map(async ([key, part]) => [key, await content(part)] as const)
  return Object.fromEntries(await Promise.all(parts))
}

/** A column of every row. */
async function column(table: Table, name: string): Promise<unknown[]> {
  const rows = (await all(table.rows({columns: [name]}))) as TableRow[]
  return Promise.all(rows.map(row => content(row.values[name])))
}

const picture = (...bytes: number[]): Picture & object => ({bytes: Uint8Array.from(bytes), path: null})

describe.each(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD'] as const)('a parquet file with %s pages', codec => {
  test('gives texts, lists, numbers and pictures over several row groups', async () => {
    const path = join(folder, `${codec}.parquet`)
    writeParquet(
      path,
      [
        {name: 'id', type: 'text', data: ['a', 'ä', 'c', 'd']},
        {name: 'n', type: 'number', data: [1, null, 3, 4]},
        {name: 'choices', type: 'texts', data: [['x', 'y'], [], null, ['z']]},
        {name: 'image_1', type: 'picture', data: [picture(1, 2), null, picture(3), picture()]},
      ],
      {codec, rowGroupSize: 2},
    )
    const table = await openTable(path)
    expect(table.named).toEqual(['id', 'n', 'choices', 'image_1'])
    const rows = (await all(table.rows({columns: ['id', 'n', 'choices']}))) as TableRow[]
    expect(rows.map(row => row.values)).toEqual([
      {id: 'a', n: 1, choices: ['x', 'y']},
      {id: 'ä', n: null, choices: []},
      {id: 'c', n: 3, choices: null},
      {id: 'd', n: 4, choices: ['z']},
    ])
    expect(rows.map(row => [row.where, row.index, row.number])).toEqual(
      [1, 2, 3, 4].map(number => [`${codec}.parquet#${number}`, number - 1, number]),
    )
    expect(await column(table, 'image_1')).toEqual([
      picture(1, 2),
      null,
      // Where every row of a group has its bytes, the path is not read.
      picture(3),
      picture(),
    ])
    const [second, fourth] = (await all(table.read([3, 1, 17]))) as TableRow[]
    expect([second!.values['id'], await content(fourth!.values)]).toEqual([
      'ä',
      {id: 'd', n: 4, choices: ['z'], image_1: picture()},
    ])
    expect(await table.columns()).toEqual([
      {name: 'id', kinds: ['text']},
      {name: 'n', kinds: ['number']},
      {name: 'choices', kinds: ['list']},
      {name: 'image_1', kinds: ['object']},
    ])
  })
})

test.each([true, false])('bytes, a path alone and neither are told apart (statistics: %s)', async statistics => {
  const path = join(folder, 'paths.parquet')
  const without = {bytes: null, path: 'a.png'}
  for (const data of [
    [without, without],
    [without, picture(1)],
    [without, null],
    [null, null],
    [picture(1), {bytes: null, path: null}],
  ]) {
    writeParquet(path, [{name: 'image_1', type: 'picture', data}], {statistics})
    const table = await openTable(path)
    const empty = (cell: Picture) => (data.every(one => one === null) ? null : cell)
    expect(await column(table, 'image_1')).toEqual(data.map(empty))
    const [row] = (await all(table.read([1]))) as TableRow[]
    expect(await content(row!.values['image_1'])).toEqual(empty(data[1]!))
  }
})

test('bytes of a column that is wanted as text are text', async () => {
  const path = join(folder, 'bytes.parquet')
  parquetWriteFile({
    filename: path,
    columnData: [{name: 'q', data: ['a', 'b']}],
    schema: [
      {name: 'root', num_children: 1},
      {name: 'q', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED'},
    ],
  })
  const table = await openTable(path)
  const [row] = (await all(table.rows({whole: ['q']}))) as [TableRow]
  expect(text(row, 'q')).toBe('a')
  expect(await column(table, 'q')).toEqual([Uint8Array.of(97), Uint8Array.of(98)])
})

test('lists of pictures are lists of handles', async () => {
  const path = join(folder, 'lists.parquet')
  const data = [[picture(1), {bytes: null, path: 'b.png'}], [], null, [picture(2, 3)]]
  parquetWriteFile({
    filename: path,
    rowGroupSize: 2,
    columnData: [{name: 'images', data}],
    schema: [
      {name: 'root', num_children: 1},
      {name: 'images', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST'},
      {name: 'list', repetition_type: 'REPEATED', num_children: 1},
      {name: 'element', repetition_type: 'OPTIONAL', num_children: 2},
      {name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL'},
      {name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8'},
    ],
  })
  expect(await column(await openTable(path), 'images')).toEqual(data)
})

test('pictures of large row groups are read by page where the file says where its pages are', async () => {
  const path = join(folder, 'pages.parquet')
  const size = 3 * 2 ** 20
  const data = Array.from({length: 23}, (_, k) => ({bytes: new Uint8Array(size).fill(k), path: `${k}.png`}))
  parquetWriteFile({
    filename: path,
    codec: 'UNCOMPRESSED',
    pageSize: 2 ** 20,
    columnData: [{name: 'image', data, offsetIndex: true, encoding: 'PLAIN'}],
    schema: [
      {name: 'root', num_children: 1},
      {name: 'image', repetition_type: 'OPTIONAL', num_children: 2},
      {name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL'},
      {name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8'},
    ],
  })
  const table = await openTable(path)
  const rows = (await all(table.read([7, 22]))) as TableRow[]
  for (const [row, k] of rows.map((one, i) => [one, [7, 22][i]!] as const)) {
    const {bytes} = row.values['image'] as {bytes: LongCell}
    const read = await bytes.bytes()
    expect([read.length, read[0], read.at(-1)]).toEqual([size, k, k])
  }
})

test('a row group that cannot be decoded is one error with its rows; the others are read', async () => {
  const path = join(folder, 'broken.parquet')
  const data = Array.from({length: 9}, (_, i) => `${i}`.repeat(50))
  writeParquet(path, [{name: 'id', type: 'text', data}], {codec: 'UNCOMPRESSED', rowGroupSize: 3})
  const bytes = await readFile(path)
  const at = bytes.indexOf('3'.repeat(20))
  bytes.fill(0xff, at - 30, at)
  await writeFile(path, bytes)
  const rows = await all((await openTable(path)).rows({columns: ['id']}))
  expect(rows.map(row => (row instanceof LanternError ? row.code : row.index))).toEqual([0, 1, 2, 'bad-file', 6, 7, 8])
  expect((rows[3] as LanternError).message).toMatch(/^broken\.parquet#4 to #6 cannot be decoded/)
})

test('a page that claims two thousand million values is refused, and the next file is read', async () => {
  const path = join(folder, 'claims.parquet')
  const data = Array.from({length: 400}, (_, i) => (i % 2 ? null : i))
  writeParquet(path, [{name: 'n', type: 'number', data}], {codec: 'UNCOMPRESSED', rowGroupSize: 400})
  const bytes = await readFile(path)
  // Levels of 400 rows, one bit each: a header for 50 groups of eight, then 0b01010101.
  const levels = bytes.indexOf(Buffer.from([0x65, 0x55, 0x55, 0x55]))
  expect(levels).toBeGreaterThan(0)
  // In their place one run: 2^31 - 1 times the same level.
  bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f, 1], levels)
  await writeFile(path, bytes)
  const whole = join(folder, 'whole.parquet')
  writeParquet(whole, [{name: 'n', type: 'number', data: [7]}], {codec: 'UNCOMPRESSED', rowGroupSize: 1})
  const [error] = await all((await openTable(path)).rows())
  expect(error).toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(/#1 to #400 cannot .* (needs more than|does not end)/),
  })
  expect(await all((await openTable(whole)).rows())).toMatchObject([{values: {n: 7}}])
})

test('a file cut anywhere is refused by name', async () => {
  const path = join(folder, 'whole.parquet')
  writeParquet(path, [{name: 'id', type: 'text', data: ['a', 'b']}])
  const bytes = await readFile(path)
  const cut = join(folder, 'cut.parquet')
  await fc.assert(
    fc.asyncProperty(fc.integer({min: 0, max: bytes.length - 1}), async length => {
      await writeFile(cut, bytes.subarray(0, length))
      await expect(openTable(cut)).rejects.toThrow(/cut\.parquet is not a complete parquet file/)
    }),
    {numRuns: 30},
  )
})

test('any table is read back as it was written', async () => {
  const path = join(folder, 'any.parquet')
  const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, {nil: null})
  const record = fc.record({
    text: nullable(fc.string({unit: 'grapheme'})),
    list: nullable(fc.array(fc.string({unit: 'grapheme'}), {maxLength: 3})),
    bytes: nullable(fc.uint8Array({maxLength: 20})),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, {minLength: 1, maxLength: 12}),
      fc.integer({min: 1, max: 5}),
      async (records, rowGroupSize) => {
        writeParquet(
          path,
          [
            {name: 'text', type: 'text', data: records.map(({text}) => text)},
            {name: 'list', type: 'texts', data: records.map(({list}) => list)},
            {name: 'image', type: 'picture', data: records.map(({bytes}) => bytes && {bytes, path: 'p'})},
          ],
          {rowGroupSize},
        )
        const table = await openTable(path)
        const rows = (await all(table.rows({columns: ['text', 'list']}))) as TableRow[]
        expect(rows.map(row => row.values)).toEqual(records.map(({text: one, list}) => ({text: one, list})))
        const pictures = (await column(table, 'image')) as Picture[]
        expect(pictures.map(cell => cell?.bytes ?? null)).toEqual(records.map(({bytes}) => bytes))
      },
    ),
    {numRuns: 25},
  )
})

describe.each(['snappy', 'gzip', 'zstd-pages-v2', 'brotli-no-statistics'])('a file that Arrow wrote (%s)', name => {
  const goldens = new URL('../../../test/goldens/arrow/', import.meta.url)

  test('matches golden.json', async () => {
    const expected: Record<string, unknown>[] = JSON.parse(await readFile(new URL('golden.json', goldens), 'utf8'))
    const table = await openTable(fileURLToPath(new URL(`${name}.parquet`, goldens)))
    const rows = (await all(table.rows())) as TableRow[]
    expect(rows).toHaveLength(expected.length)
    for (const [index, {values}] of rows.entries())
      for (const [name, cell] of Object.entries(values)) {
        if (!name.startsWith('image_')) expect(cell).toEqual(expected[index]![name])
        else {
          const {bytes = null} = ((await content(cell)) ?? {}) as {bytes?: Uint8Array | null}
          expect(bytes && Buffer.from(bytes).toString('base64')).toBe(expected[index]![name])
        }
      }
  })
})
