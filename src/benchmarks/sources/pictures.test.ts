import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import fc from 'fast-check'
import {LanternError} from '../../core/errors.js'
import {encodePng} from '../generators/png.js'
import {pictureRefs} from './pictures.js'
import {openTable, type TableRow} from './table.js'

let folder: string
const png = Buffer.from(encodePng({width: 2, height: 1, data: new Uint8Array(6)}))
const jpeg = Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkI', 'base64')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-pictures-'))
  await mkdir(join(folder, 'in', 'sub'), {recursive: true})
  await mkdir(join(folder, 'elsewhere'))
  for (const name of ['in/a.png', 'in/sub/b, c.png', "in/it's.png", 'in/[1] d.png', 'elsewhere/e.png'])
    await writeFile(join(folder, name), png)
})
afterAll(() => rm(folder, {recursive: true, force: true}))

/** The pictures of a cell: of JSON lines, or of a csv file. */
async function picturesOf(cell: unknown, {imageRoot, csv = false}: {imageRoot?: string; csv?: boolean} = {}) {
  const path = join(folder, csv ? 'items.csv' : 'items.jsonl')
  const header = ['id', 'image']
  await writeFile(path, csv ? stringify([header, ['1', cell]]) : `${JSON.stringify({image: cell})}\n`)
  const [row] = await rowsOf(path)
  return pictureRefs(row!, 'image', {folder: join(folder, 'in'), imageRoot})
}

async function rowsOf(path: string): Promise<TableRow[]> {
  const rows = []
  for await (const row of (await openTable(path)).rows()) {
    if (row instanceof LanternError) throw row
    rows.push(row)
  }
  return rows
}

function contents(pictures: readonly {bytes(): Promise<Uint8Array>}[]): Promise<Uint8Array[]> {
  return Promise.all(pictures.map(async picture => Uint8Array.from(await picture.bytes())))
}

const base64 = png.toString('base64')
const urlSafe = base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
const inLines = base64.replace(/.{20}/g, '$&\r\n')

test.each([
  ['a path', 'a.png', 1],
  ['a path with a comma', 'sub/b, c.png', 1],
  ['a path in brackets', '[1] d.png', 1],
  ['base64', base64, 1],
  ['base64 for addresses', urlSafe, 1],
  ['base64 in lines', inLines, 1],
  ['a data URI', `data:image/png;base64,${base64}`, 1],
  ['a data URI with a parameter', `data:image/png;name=a.png;base64,${base64}`, 1],
  ['bytes in base64, and a path', {bytes: base64, path: 'gone.png'}, 1],
  ['no bytes, and a path', {bytes: null, path: 'a.png'}, 1],
  ['a path alone in an object', {path: 'a.png'}, 1],
  ['such an object as text', JSON.stringify({bytes: base64, path: null}), 1],
  ['a list', ['a.png', base64, {path: 'a.png'}], 3],
  ['a list of one', ['a.png'], 1],
  ['a list in JSON', '["a.png", "sub/b, c.png"]', 2],
  ['a list in Python', `['a.png', "it's.png", 'it\\'s.png', ]`, 3],
  ['a list of base64 in Python', `['${base64}','${urlSafe}']`, 2],
  ['an empty list', '[]', 0],
  ['nothing', '', 0],
  ['null', null, 0],
  ['an object without anything', {bytes: null, path: null}, 0],
])('a cell may be %s', async (_, cell, count) => {
  for (const csv of typeof cell === 'string' ? [false, true] : [false]) {
    const pictures = await picturesOf(cell, {csv})
    expect(await contents(pictures)).toEqual(Array.from({length: count}, () => Uint8Array.from(png)))
    for (const {head} of pictures) if (head) expect(Buffer.from(await head(10)).equals(png.subarray(0, 10))).toBe(true)
  }
})

test('base64 of a JPEG is no absolute path, and a path is no base64', async () => {
  const [picture] = await picturesOf(jpeg.toString('base64'))
  expect(Uint8Array.from(await picture!.bytes())).toEqual(Uint8Array.from(jpeg))
  const [path] = await picturesOf(['/9j/pictures/0001/0002/0003/0004/0005.jpg'])
  await expect(path!.bytes()).rejects.toThrow('lies outside the data folder')
})

test.each([
  [7, 'items.jsonl:1: "image" is the number 7, and no picture.'],
  [true, 'items.jsonl:1: "image" is the boolean true, and no picture.'],
  [{url: 'x'}, 'items.jsonl:1: "image" is an object with url, and neither bytes nor path, and no picture.'],
  [['a.png', ''], 'items.jsonl:1: "image/2" is empty, and no picture.'],
  [[['a.png']], 'items.jsonl:1: "image" is a list within a list, and no picture.'],
  ['data:image/svg+xml,<svg/>', 'items.jsonl:1: "image" is a data URI without base64, and no picture.'],
  [
    'https://example.org/a.png',
    'items.jsonl:1: "image" is the address https://example.org/a.png: pictures are not fetched, only read, and no picture.',
  ],
  ['two\nlines.', 'items.jsonl:1: "image" is neither a path nor base64 ("two\\nlines."...), and no picture.'],
  ['x!'.repeat(50_000), expect.stringMatching(/^items\.jsonl:1: "image" is neither base64 nor a list of it \("x!x!/)],
])('%j is refused, naming file, row and column', async (cell, message) => {
  await expect(picturesOf(cell)).rejects.toMatchObject({code: 'bad-file', message})
})

test('a path that is missing or leaves the folder is an error of its own sample, which names file and row', async () => {
  for (const [path, message] of [
    ['gone.png', /^items\.jsonl:1: .*gone\.png does not exist\.$/],
    ['../elsewhere/e.png', /^items\.jsonl:1: The picture \.\.\/elsewhere\/e\.png lies outside the data folder\.$/],
    ['/etc/hostname', /^items\.jsonl:1: The picture \/etc\/hostname lies outside the data folder\.$/],
  ] as const) {
    const [picture] = await picturesOf([path])
    await expect(picture!.bytes()).rejects.toThrow(message)
    await expect(picture!.head!(10)).rejects.toThrow(message)
  }
})

test('with an image root, pictures that are missing or elsewhere are read from there', async () => {
  for (const path of ['e.png', '../elsewhere/e.png', '/somebody/elsewhere/e.png', 'a.png'])
    expect(await contents(await picturesOf([path], {imageRoot: join(folder, 'elsewhere')}))).toEqual([
      Uint8Array.from(png),
    ])
})

test('any picture comes back from base64 of any length and form, in a list too, and its head without the rest', async () => {
  const bytes = fc
    .tuple(fc.uint8Array({minLength: 30, maxLength: 200}), fc.constantFrom(0, 1, 60_000, 200_001))
    .map(([start, more]) => Buffer.concat([png.subarray(0, 8), start, Buffer.alloc(more, 171)]))
  const forms: ((picture: Buffer) => string)[] = [
    picture => picture.toString('base64'),
    picture => picture.toString('base64url'),
    picture => picture.toString('base64').replace(/.{76}/g, '$&\n'),
    picture => `data:image/png;base64,${picture.toString('base64')}`,
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(bytes, fc.constantFrom(...forms)), {minLength: 1, maxLength: 3}), async list => {
      const cells = list.map(([picture, form]) => form(picture))
      const python = `['${cells.join("', '")}']`.replaceAll('\n', '\\n')
      for (const [cell, csv] of [
        [cells, false],
        [JSON.stringify(cells), true],
        [python, true],
        [cells[0]!, false],
        [cells[0]!, true],
      ] as const) {
        const pictures = await picturesOf(cell, {csv})
        const expected = (cell === cells[0] ? list.slice(0, 1) : list).map(([picture]) => picture)
        expect((await contents(pictures)).map(found => Buffer.from(found).equals(expected.shift()!))).not.toContain(
          false,
        )
        for (const [index, picture] of pictures.entries()) {
          const head = await picture.head?.(40)
          if (head) expect(Buffer.from(head).equals(list[index]![0].subarray(0, 40))).toBe(true)
        }
      }
    }),
    {numRuns: 40},
  )
})
