import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import fc from 'fast-check'
import {LanternError} from '../../core/errors.js'
import {readRange, splitRow, tsvColumns, tsvRows} from './tsv.js'

let path: string
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-tsv-'))
  path = join(folder, 'file.tsv')
})
afterAll(() => rm(folder, {recursive: true, force: true}))

/** The records as lists of cells, errors as their messages. */
async function records(content: string | Buffer, chunkSize?: number): Promise<(string[] | string)[]> {
  await writeFile(path, content)
  const columns = await tsvColumns(path)
  const list = []
  for await (const row of tsvRows(path, 'file.tsv', chunkSize)) {
    list.push(row instanceof LanternError ? row.message : columns.map(column => row.text(column)!))
  }
  return list
}

describe('a TSV file', () => {
  test.each([
    ['plain cells', 'a\tb\n1\t2\n', [['1', '2']]],
    ['no line feed at the end', 'a\tb\n1\t2', [['1', '2']]],
    [
      'carriage returns',
      'a\tb\r\n1\t2\r\n"x"\t"y"\r\n',
      [
        ['1', '2'],
        ['x', 'y'],
      ],
    ],
    ['a byte order mark', '\ufeffa\tb\n1\t2\n', [['1', '2']]],
    [
      'empty cells and lines',
      'a\tb\n\t\n\n"" \t""\n',
      [
        ['', ''],
        ['" ', ''],
      ],
    ],
    ['quoted tabs, line feeds and quotes', 'a\tb\n"x\ty"\t"1\n""2"""\n', [['x\ty', '1\n"2"']]],
    ['a quote inside an unquoted cell', 'a\tb\n5" pipe\tc"\n', [['5" pipe', 'c"']]],
    ['other scripts', 'a\tb\n答案\t"é"\n', [['答案', 'é']]],
  ])('with %s', async (_, content, expected) => {
    expect(await records(content)).toEqual(expected)
  })

  test('a row with a wrong number of cells is one error naming file and row; the others are read', async () => {
    expect(await records('a\tb\n1\t2\n3\n5\t6\n')).toEqual([
      ['1', '2'],
      'file.tsv, row 1, has 1 cells instead of 2.',
      ['5', '6'],
    ])
  })

  test('a file truncated inside quotes loses its last row only', async () => {
    expect(await records('a\tb\n1\t2\n3\t"4')).toEqual([
      ['1', '2'],
      'file.tsv, row 1, is incomplete: a quoted cell does not end.',
    ])
  })

  test('a raw cell knows its place in the file', async () => {
    await writeFile(path, "\ufeffa\timage\n1\t\"['AAAA', 'BBBB']\"\n2\tCCCC\n")
    const found = []
    for await (const row of tsvRows(path, 'file.tsv')) {
      if (row instanceof LanternError) throw row
      const {bytes, offset} = row.raw('image')!
      found.push([bytes.toString(), (await readRange(path, offset, bytes.length)).toString()])
    }
    expect(found).toEqual([
      ["['AAAA', 'BBBB']", "['AAAA', 'BBBB']"],
      ['CCCC', 'CCCC'],
    ])
  })

  test('any table that csv-stringify writes comes back, in chunks of any size', async () => {
    const cell = fc.oneof(
      fc.string({unit: fc.constantFrom('a', '"', '\t', '\n', '\r\n', "'", ',', 'é', ' ')}),
      fc.uint8Array({maxLength: 300}).map(bytes => Buffer.from(bytes).toString('base64')),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(9), cell, cell), {maxLength: 8}),
        fc.integer({min: 1, max: 64}),
        async (rows, chunkSize) => {
          const table = rows.map(([index, ...cells]) => [String(index), ...cells])
          const content = stringify([['index', 'image', 'question'], ...table], {delimiter: '\t', quoted_match: /\r/})
          expect(await records(content, chunkSize)).toEqual(table)
        },
      ),
      {numRuns: 60},
    )
  })

  test('a file cut at any byte gives the rows before the cut unchanged and at most one more', async () => {
    const table = [
      ['0', 'one "two"', 'x'],
      ['1', 'tab\tand\nline', 'y'],
      ['2', 'AAAA'.repeat(5), 'z'],
    ]
    const content = Buffer.from(stringify([['index', 'question', 'image'], ...table], {delimiter: '\t'}))
    await fc.assert(
      fc.asyncProperty(fc.integer({min: 22, max: content.length}), async length => {
        const read = await records(content.subarray(0, length))
        const whole = read.filter((row, i) => JSON.stringify(row) === JSON.stringify(table[i]))
        expect(read.length - whole.length).toBeLessThanOrEqual(1)
        expect(read.slice(0, whole.length)).toEqual(table.slice(0, whole.length))
      }),
    )
  })

  test('splitting never throws and always advances', () => {
    fc.assert(
      fc.property(fc.uint8Array({minLength: 1, maxLength: 40}), fc.boolean(), (bytes, final) => {
        const row = splitRow(Buffer.from(bytes), 0, final)
        if (final) expect(row).toBeDefined()
        if (row) expect(row.next).toBeGreaterThan(0)
      }),
    )
  })
})
