import {mkdtemp, open, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import fc from 'fast-check'
import {LanternError} from '../../core/errors.js'
import {isLongCell, openTable, type Table, type TableRow, type Wanted} from './table.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-table-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function table(name: string, content: string | Uint8Array): Promise<Table> {
  await writeFile(join(folder, name), content)
  return openTable(join(folder, name))
}

async function all(rows: AsyncIterable<TableRow | LanternError>): Promise<(TableRow | LanternError)[]> {
  const list = []
  for await (const row of rows) list.push(row)
  return list
}

/** Each row as where and values, errors as their messages. */
async function read(opened: Table, wanted?: Wanted): Promise<unknown[]> {
  return (await all(opened.rows(wanted))).map(row =>
    row instanceof LanternError ? row.message : [row.where, row.values],
  )
}

/** A value with the content of its long cells in their place. */
async function content(value: unknown): Promise<unknown> {
  if (isLongCell(value)) return Buffer.from(await value.bytes()).toString('utf8')
  if (Array.isArray(value)) return Promise.all(value.map(content))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    await Promise.all(Object.entries(value).map(async ([key, part]) => [key, await content(part)])),
  )
}

const long = 'abcdefghij'.repeat(10_000)

describe('JSON lines', () => {
  test('are named by their line; empty lines count and give nothing', async () => {
    expect(await read(await table('a.jsonl', '\ufeff{"a": 1}\n\n{"a": 2}\r\n{"a": 3}'))).toEqual([
      ['a.jsonl:1', {a: 1}],
      ['a.jsonl:3', {a: 2}],
      ['a.jsonl:4', {a: 3}],
    ])
  })

  test('that are broken or cut off are errors in their place; the others are read', async () => {
    expect(await read(await table('b.jsonl', '{"a": 1}\n{"a": \n[1]\n{"a": 4}\n{"a": '))).toEqual([
      ['b.jsonl:1', {a: 1}],
      expect.stringMatching(/^b\.jsonl:2 is not JSON: /),
      'b.jsonl:3 is not an object.',
      ['b.jsonl:4', {a: 4}],
      'b.jsonl:5 is incomplete: the file ends in the middle of it.',
    ])
  })

  test('cut at any byte lose at most the record at the cut', async () => {
    const record = fc.record({id: fc.nat(), text: fc.string({unit: 'grapheme'})})
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, {minLength: 1, maxLength: 6}),
        fc.double({min: 0, max: 1, noNaN: true}),
        async (items, share) => {
          const bytes = Buffer.from(items.map(item => `${JSON.stringify(item)}\n`).join(''))
          const cut = bytes.subarray(0, Math.round(bytes.length * share))
          const rows = await read(await table('cut.jsonl', cut))
          const whole = cut.filter(byte => byte === 10).length
          expect(rows.slice(0, whole)).toEqual(items.slice(0, whole).map((item, i) => [`cut.jsonl:${i + 1}`, item]))
          expect(rows.length - whole).toBeLessThanOrEqual(1)
        },
      ),
      {numRuns: 60},
    )
  })

  test('nested too deep, or with millions of values, are refused before they are parsed', async () => {
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`
    const many = `[${'[],'.repeat(4_000_001)}[]]`
    const numbers = `[${'1,'.repeat(4_000_001)}1]`
    expect(
      await read(await table('deep.jsonl', `{"a": ${deep}}\n{"a": ${many}}\n{"a": 1}\n{"a": ${numbers}}\n`)),
    ).toEqual([
      'deep.jsonl:1 is nested more than 100 levels deep.',
      'deep.jsonl:2 holds more than 4000000 values.',
      ['deep.jsonl:3', {a: 1}],
      'deep.jsonl:4 holds more than 4000000 values.',
    ])
  })
})

describe('a JSON file', () => {
  test.each([
    ['a list', '[{"a": 1}, {"a": "]}"}]'],
    ['a list over lines', '\ufeff\n[\n  {"a": 1},\n  {"a": "]}"}\n]\n'],
    [
      'an object with one list of objects',
      '{"v": [1, 2], "info": {"data": [{}]}, "data": [{"a": 1}, {"a": "]}"}], "n": 2}',
    ],
  ])('that is %s', async (_, text) => {
    expect(await read(await table('a.json', text))).toEqual([
      ['a.json#1', {a: 1}],
      ['a.json#2', {a: ']}'}],
    ])
  })

  test.each([
    ['lists of other things', '{"question": ["a"], "answer": ["b"]}', 'a.json holds no list of records.'],
    ['two lists', '{"a": [{}], "b": [{}]}', 'a.json holds two lists of records, "a" and "b".'],
    ['JSON lines', '{"a": 1}\n{"a": 2}\n', 'a.json goes on after its object.'],
    ['nothing', ' \n', 'a.json is empty.'],
    ['a text', 'hello', 'a.json is not JSON.'],
    ['an object cut off', '{"data": [{"a": 1}], "b', 'a.json is not a whole JSON file.'],
    ['a list cut off', '[{"a": 1}, {"a"', 'a.json#2 is incomplete: the file ends in the middle of it, or is not JSON.'],
    [
      'a list without commas',
      '[{"a": 1} {"a": 2}]',
      'a.json#1 is incomplete: the file ends in the middle of it, or is not JSON.',
    ],
  ])('with %s ends with an error that names the file', async (_, text, message) => {
    expect((await read(await table('a.json', text))).at(-1)).toBe(message)
  })

  test('with an element that is no object: only that one is an error', async () => {
    expect(await read(await table('a.json', '[{"a": 1}, 7, {"a": }, {"a": 4}]'))).toEqual([
      ['a.json#1', {a: 1}],
      'a.json#2 is not an object.',
      expect.stringMatching(/^a\.json#3 is not JSON: /),
      ['a.json#4', {a: 4}],
    ])
  })

  test('any list of records comes back as JSON.stringify wrote it, from its place too', async () => {
    const records = fc.array(fc.dictionary(fc.string(), fc.jsonValue({maxDepth: 3})), {maxLength: 8})
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), fc.constantFrom(0, 2), async (list, wrapped, space) => {
        const items = JSON.parse(JSON.stringify(list))
        const opened = await table('any.json', JSON.stringify(wrapped ? {n: 1, rows: list} : list, null, space))
        const rows = (await all(opened.rows())) as TableRow[]
        // An object with an empty list holds no list of records.
        if (wrapped && list.length === 0) return
        expect(rows.map(row => row.values)).toEqual(items)
        const again = (await all(opened.read(items.map((_: unknown, i: number) => i)))) as TableRow[]
        expect(again.map(row => row.values)).toEqual(items)
      }),
      {numRuns: 80},
    )
  })
})

describe('separated values', () => {
  const separated = async (name: string, text: string | Buffer) =>
    (await all((await table(name, text)).rows())).map(row =>
      row instanceof LanternError ? row.message : Object.values(row.values),
    )

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
      'empty cells, and rows without any',
      'a\tb\n\t\n\n"" \t""\n1\t\n',
      [
        ['" ', null],
        ['1', null],
      ],
    ],
    ['quoted tabs, line feeds and quotes', 'a\tb\n"x\ty"\t"1\n""2"""\n', [['x\ty', '1\n"2"']]],
    ['a quote inside an unquoted cell', 'a\tb\n5" pipe\tc"\n', [['5" pipe', 'c"']]],
    ['other scripts', 'a\tb\n答案\t"é"\n', [['答案', 'é']]],
  ])('tabs: %s', async (_, text, expected) => {
    expect(await separated('a.tsv', text)).toEqual(expected)
  })

  test.each([
    ['commas', 'a,b\n1,"2,\n3"\n', ['1', '2,\n3']],
    ['semicolons, as spreadsheets write them in many countries', '\ufeffa;b;c\r\n1;2,5;"x;y"\r\n', ['1', '2,5', 'x;y']],
    ['semicolons with commas in the header', 'a, or b;c\n1;2\n', ['1', '2']],
    ['tabs', 'a\tb\n1\t2,3\n', ['1', '2,3']],
  ])('the separator of a csv file is recognised: %s', async (_, text, cells) => {
    expect(await separated('a.csv', text)).toEqual([cells])
  })

  test.each([
    ['no separator', 'question|answer\nx|y\n', 'a.csv has one column, "question|answer".'],
    ['two that fit', 'a,b;c\n1,2;3\n', 'a.csv may be separated by commas or by semicolons.'],
    ['nothing', '', 'a.csv is empty.'],
    ['a column twice', 'a,b,a\n1,2,3\n', 'a.csv has the column "a" twice.'],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'a.csv is not UTF-8 text.'],
    ['carriage returns alone', 'a,b\r1,2\r', 'a.csv ends its lines with carriage returns alone.'],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      'a.csv is a Git LFS pointer: the file itself was not fetched.',
    ],
  ])('a file with %s is refused by name', async (_, text, message) => {
    await expect(table('a.csv', text)).rejects.toMatchObject({code: 'bad-file', message})
  })

  test('rows are named by the line where they begin, and by their row where a spreadsheet shows another', async () => {
    const rows = await read(await table('w.csv', 'a,b\n1,"x\ny\nz"\n2,b\n\n3\n"c\n",4\n'))
    expect(rows).toEqual([
      ['w.csv:2', {a: '1', b: 'x\ny\nz'}],
      ['w.csv:5 (row 3)', {a: '2', b: 'b'}],
      'w.csv:7 (row 5) has 1 cells instead of 2.',
      ['w.csv:8 (row 6)', {a: 'c\n', b: '4'}],
    ])
  })

  test('a cell in another encoding is an error that names its column', async () => {
    const text = Buffer.concat([Buffer.from('a,b\nx,'), Buffer.from('caf\xe9', 'latin1'), Buffer.from('\ny,\ufffd\n')])
    expect(await read(await table('latin.csv', text))).toEqual([
      'latin.csv:2 is not UTF-8 text (column "b").',
      ['latin.csv:3', {a: 'y', b: '\ufffd'}],
    ])
  })

  test('a file cut off within quotes loses its last row only', async () => {
    expect(await separated('a.tsv', 'a\tb\n1\t2\n3\t"4')).toEqual([
      ['1', '2'],
      'a.tsv:3 is incomplete: a quoted cell does not end.',
    ])
  })

  test('a quote that is never closed is refused within the bound of a record', async () => {
    const path = join(folder, 'endless.tsv')
    const file = await open(path, 'w')
    await file.write('a\tb\n1\t"')
    // A sparse file: it takes no disk.
    await file.truncate(300 * 2 ** 20)
    await file.close()
    await expect(all((await openTable(path)).rows())).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/holds a record of more than 128 MB \(it begins at byte 4\)\.$/),
    })
    await rm(path)
  })

  test('any table that csv-stringify writes comes back, from its place too', async () => {
    const cell = fc.oneof(
      fc.string({unit: fc.constantFrom('a', '"', '\t', '\n', '\r\n', "'", ',', ';', 'é', ' ')}),
      fc.uint8Array({maxLength: 300}).map(bytes => Buffer.from(bytes).toString('base64')),
      fc.nat(3).map(k => `${long}${k}`),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(9), cell, cell), {maxLength: 8}),
        fc.constantFrom('.tsv', ',.csv', ';.csv'),
        async (rows, kind) => {
          const delimiter = kind === '.tsv' ? '\t' : kind[0]!
          const written = rows.map(([index, ...cells]) => [String(index), ...cells])
          // Cells are quoted that another separator would split, as the header alone names the separator.
          const quoted = {delimiter, quoted_match: /[\r,;\t]/}
          const opened = await table(
            `any${kind.slice(-4)}`,
            stringify([['index', 'image', 'question'], ...written], quoted),
          )
          const expected = written.map(([index, image, question]) => ({
            index,
            image: image || null,
            question: question || null,
          }))
          const values = async (found: (TableRow | LanternError)[]) =>
            content((found as TableRow[]).map(row => row.values))
          expect(await values(await all(opened.rows()))).toEqual(expected)
          const odd = expected.flatMap((_, index) => (index % 2 === 1 ? [index] : []))
          expect(await values(await all(opened.read(odd)))).toEqual(odd.map(index => expected[index]))
        },
      ),
      {numRuns: 60},
    )
  })
})

describe('long cells', () => {
  test('are handles with length and start; those of wanted texts are strings', async () => {
    const opened = await table('l.jsonl', `${JSON.stringify({id: 1, image: long, question: long})}\n`)
    const [row] = (await all(opened.rows({whole: ['question']}))) as [TableRow]
    expect(row.values).toMatchObject({id: 1, question: long})
    const {image} = row.values
    if (!isLongCell(image)) throw new Error('no long cell')
    expect([image.kind, image.length, image.start]).toEqual(['text', long.length, long.slice(0, 64)])
    expect(Buffer.from(await image.bytes()).toString()).toBe(long)
    const head = Buffer.from(await image.head(100)).toString()
    expect(head.length).toBeGreaterThanOrEqual(100)
    expect(head.length).toBeLessThan(1000)
    expect(long.startsWith(head)).toBe(true)
  })

  test.each([
    ['jsonl', JSON.stringify({a: {b: [`${long}"\n\\é`, 'x']}})],
    ['json', JSON.stringify([{a: {b: [`${long}"\n\\é`, 'x']}}], null, 2)],
  ])('keep their escapes and their place in nested values (%s)', async (format, text) => {
    const [row] = (await all((await table(`n.${format}`, text)).rows())) as [TableRow]
    expect(await content(row.values)).toEqual({a: {b: [`${long}"\n\\é`, 'x']}})
    expect(isLongCell((row.values as {a: {b: unknown[]}}).a.b[0])).toBe(true)
  })

  test.each([
    ['Python', `['${long}', '${long}x']`],
    ['JSON', JSON.stringify([long, `${long}x`])],
    ['no quotes', `[${long}, ${long}x]`],
  ])('of a table are lists where they are list literals of %s', async (_, cell) => {
    for (const name of ['p.tsv', 'p.csv']) {
      const text = stringify(
        [
          ['id', 'image'],
          ['1', cell],
        ],
        {delimiter: name.endsWith('.tsv') ? '\t' : ','},
      )
      const [row] = (await all((await table(name, text)).rows())) as [TableRow]
      expect(await content(row.values)).toEqual({id: '1', image: [long, `${long}x`]})
    }
  })

  test('of a table that hold a list of too many items are one text', async () => {
    const cell = `[${'a,'.repeat(40_000)}a]`
    const [row] = (await all((await table('m.tsv', `id\timage\n1\t${cell}\n`)).rows())) as [TableRow]
    expect(isLongCell(row.values['image'])).toBe(true)
  })

  test('a short cell of VLMEvalKit that names an earlier row stands for its cell, from its place too', async () => {
    const text = `index\timage\tq\n0\t${long}\ta\n1\t0\tb\n2\t1\tc\n3\t9\td\n`
    const opened = await table('r.tsv', text)
    const images = async (rows: AsyncIterable<TableRow | LanternError>) =>
      content(((await all(rows)) as TableRow[]).map(row => row.values['image']))
    // Row 2 names a row that has no picture of its own, as VLMEvalKit refuses it; row 3 names none.
    expect(await images(opened.rows())).toEqual([long, long, '1', '9'])
    expect(await images(opened.read([1]))).toEqual([long])
    expect((await all(opened.rows({columns: ['q']})))[0]).toMatchObject({values: {q: 'a'}})
  })
})

describe('reading rows again', () => {
  test('a table that was not read that far is scanned no further than needed; absent rows are left out', async () => {
    const opened = await table('s.jsonl', '{"a": 0}\n{"a": 1}\nbroken\n{"a": 3}\n')
    expect((await all(opened.read([3, 1, 3, 99]))).map(row => (row as TableRow).values)).toEqual([{a: 1}, {a: 3}])
    expect((await all(opened.read([2])))[0]).toMatchObject({code: 'bad-file'})
  })

  test('several files are one table, and rows know their file', async () => {
    await writeFile(join(folder, 'one.csv'), 'a,b\n1,2\n')
    await writeFile(join(folder, 'two.csv'), 'b;a\n3;4\n5;6\n')
    const opened = await openTable([join(folder, 'one.csv'), join(folder, 'two.csv')])
    expect((await all(opened.rows())).map(row => (row as TableRow).where)).toEqual([
      'one.csv:2',
      'two.csv:2',
      'two.csv:3',
    ])
    expect(await all(opened.read([2]))).toMatchObject([
      {index: 2, number: 3, path: join(folder, 'two.csv'), values: {a: '6', b: '5'}},
    ])
  })
})

test('columns are named in their order, with the kinds of their cells', async () => {
  const opened = await table(
    'k.jsonl',
    `{"a": 1, "b": null}\n{"a": "x", "c": [1], "d": {}, "e": true, "f": ${JSON.stringify(long)}}\n`,
  )
  expect(await opened.columns()).toEqual([
    {name: 'a', kinds: ['number', 'text']},
    {name: 'b', kinds: []},
    {name: 'c', kinds: ['list']},
    {name: 'd', kinds: ['object']},
    {name: 'e', kinds: ['boolean']},
    {name: 'f', kinds: ['text']},
  ])
  expect(await (await table('k.csv', 'x,y\n1,\n')).columns()).toEqual([
    {name: 'x', kinds: ['text']},
    {name: 'y', kinds: []},
  ])
})

test('a column may be called like a part of every object', async () => {
  const expected = [
    [
      'x.csv:2',
      Object.fromEntries([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    ],
  ]
  expect(await read(await table('x.csv', '__proto__,constructor\n1,2\n'))).toEqual(expected)
})

test('a file whose name tells no format, a mixture, and an absent one are refused', async () => {
  await expect(table('a.csv.gz', 'x')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('tells no format'),
  })
  await expect(openTable(['a.csv', 'b.tsv'])).rejects.toThrow('files of several formats')
  await expect(openTable(join(folder, 'no.jsonl'))).rejects.toMatchObject({code: 'data-absent'})
})
