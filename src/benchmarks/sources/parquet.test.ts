import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import fc from 'fast-check'
import {type Picture, writeParquet} from '../../../test/support/parquet.js'
import {LanternError} from '../../core/errors.js'
import {openParquet, type ParquetRow} from './parquet.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-parquet-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function all(rows: AsyncIterable<ParquetRow | LanternError>): Promise<(ParquetRow | LanternError)[]> {
  const list = []
  for await (const row of rows) list.push(row)
  return list
}

const picture = (...bytes: number[]): Picture => ({bytes: Uint8Array.from(bytes), path: null})

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
    const file = await openParquet(path, 'f')
    expect(file.rows).toBe(4)
    expect(file.columns).toEqual(['id', 'n', 'choices', 'image_1'])
    const rows = (await all(file.read(['id', 'n', 'choices']))) as ParquetRow[]
    expect(rows.map(row => row.values.id)).toEqual(['a', 'ä', 'c', 'd'])
    expect(rows.map(row => row.values.n)).toEqual([1n, null, 3n, 4n])
    expect(rows.map(row => row.values.choices)).toEqual([['x', 'y'], [], undefined, ['z']])
    expect(rows.map(row => row.where)).toEqual(['f, row 0', 'f, row 1', 'f, row 2', 'f, row 3'])
    expect(await Promise.all([0, 1, 2, 3].map(row => file.hasPicture('image_1', row)))).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(await Promise.all([0, 1, 2, 3].map(row => file.bytes('image_1', row)))).toEqual([
      Uint8Array.of(1, 2),
      null,
      Uint8Array.of(3),
      new Uint8Array(),
    ])
  })
})

test('a cell with a path and no bytes names a picture that cannot be read', async () => {
  const path = join(folder, 'paths.parquet')
  const without = {bytes: null, path: 'a.png'}
  for (const [statistics, data] of [
    [true, [without, without]],
    [true, [without, picture(1)]],
    [false, [without, null]],
  ] as const) {
    writeParquet(path, [{name: 'image_1', type: 'picture', data: [...data]}], {statistics})
    const file = await openParquet(path, 'f')
    expect([await file.hasPicture('image_1', 0), await file.bytes('image_1', 0)]).toEqual([true, null])
    expect(await file.hasPicture('image_1', 1)).toBe(data[1] !== null)
  }
})

test('whether a picture exists is known without statistics too', async () => {
  const path = join(folder, 'plain.parquet')
  writeParquet(path, [{name: 'image_1', type: 'picture', data: [picture(1), null]}], {statistics: false})
  const file = await openParquet(path, 'f')
  expect([await file.hasPicture('image_1', 0), await file.hasPicture('image_1', 1)]).toEqual([true, false])
})

test('a row group that cannot be decoded is one error with its rows; the others are read', async () => {
  const path = join(folder, 'broken.parquet')
  const data = Array.from({length: 9}, (_, i) => `${i}`.repeat(50))
  writeParquet(path, [{name: 'id', type: 'text', data}], {codec: 'UNCOMPRESSED', rowGroupSize: 3})
  const bytes = await readFile(path)
  const at = bytes.indexOf('3'.repeat(20))
  bytes.fill(0xff, at - 30, at)
  await writeFile(path, bytes)
  const rows = await all((await openParquet(path, 'val.parquet')).read(['id']))
  expect(rows.map(row => (row instanceof LanternError ? row.code : row.index))).toEqual([0, 1, 2, 'bad-file', 6, 7, 8])
  expect((rows[3] as LanternError).message).toMatch(/^val\.parquet, rows 3 to 5, cannot be decoded/)
})

test('a file cut anywhere is refused by name', async () => {
  const path = join(folder, 'whole.parquet')
  writeParquet(path, [{name: 'id', type: 'text', data: ['a', 'b']}])
  const bytes = await readFile(path)
  const cut = join(folder, 'cut.parquet')
  await fc.assert(
    fc.asyncProperty(fc.integer({min: 0, max: bytes.length - 1}), async length => {
      await writeFile(cut, bytes.subarray(0, length))
      await expect(openParquet(cut, 'cut.parquet')).rejects.toThrow(/cut\.parquet is not a complete parquet file/)
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
        const file = await openParquet(path, 'any')
        const rows = (await all(file.read(['text', 'list']))) as ParquetRow[]
        expect(rows.map(row => row.values)).toEqual(records.map(({text, list}) => ({text, list: list ?? undefined})))
        for (const [row, {bytes}] of records.entries()) {
          expect(await file.hasPicture('image', row)).toBe(bytes !== null)
          expect(await file.bytes('image', row)).toEqual(bytes)
        }
      },
    ),
    {numRuns: 25},
  )
})

describe.each(['snappy', 'gzip', 'zstd-pages-v2', 'brotli-no-statistics'])('a file that Arrow wrote (%s)', name => {
  const goldens = new URL('../../../test/goldens/arrow/', import.meta.url)

  test('matches golden.json', async () => {
    const expected: Record<string, unknown>[] = JSON.parse(await readFile(new URL('golden.json', goldens), 'utf8'))
    const file = await openParquet(fileURLToPath(new URL(`${name}.parquet`, goldens)), name)
    const pictures = ['image_1', 'image_2', 'image_3']
    const texts = file.columns.filter(column => !pictures.includes(column))
    const rows = (await all(file.read(texts))) as ParquetRow[]
    expect(rows).toHaveLength(expected.length)
    for (const [index, {values}] of rows.entries()) {
      for (const column of texts) expect(values[column] ?? null).toEqual(expected[index]![column])
      for (const column of pictures) {
        const bytes = await file.bytes(column, index)
        expect(bytes && Buffer.from(bytes).toString('base64')).toBe(expected[index]![column])
        expect(await file.hasPicture(column, index)).toBe(bytes !== null)
      }
    }
  })
})
