import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {LanternError} from '../../core/errors.js'
import {jsonlRows} from './jsonl.js'

let path: string
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-jsonl-'))
  path = join(folder, 'file.jsonl')
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function records(content: string | Uint8Array): Promise<unknown[]> {
  await writeFile(path, content)
  const list = []
  for await (const row of jsonlRows(path, 'file.jsonl'))
    list.push(row instanceof LanternError ? row.message : [row.index, row.values])
  return list
}

test('one record per line, numbered by line from 0; empty lines count and give nothing', async () => {
  expect(await records('\ufeff{"a": 1}\n\n{"a": 2}\r\n{"a": 3}')).toEqual([
    [0, {a: 1}],
    [2, {a: 2}],
    [3, {a: 3}],
  ])
})

test('an incomplete last line and a broken one are errors naming file and line; the others are read', async () => {
  expect(await records('{"a": 1}\n{"a": \n[1]\n{"a": 4}\n{"a": ')).toEqual([
    [0, {a: 1}],
    expect.stringMatching(/^file\.jsonl, line 2, is not JSON: /),
    'file.jsonl, line 3, is not an object.',
    [3, {a: 4}],
    'file.jsonl, line 5, is incomplete: the file ends in the middle of it.',
  ])
})

test('a file cut at any byte loses at most the record at the cut', async () => {
  const record = fc.record({id: fc.nat(), text: fc.string({unit: 'grapheme'})})
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, {minLength: 1, maxLength: 6}),
      fc.double({min: 0, max: 1, noNaN: true}),
      async (items, share) => {
        const bytes = Buffer.from(items.map(item => `${JSON.stringify(item)}\n`).join(''))
        const cut = bytes.subarray(0, Math.round(bytes.length * share))
        const read = await records(cut)
        const whole = cut.filter(byte => byte === 10).length
        expect(read.slice(0, whole)).toEqual(items.slice(0, whole).map((item, i) => [i, item]))
        expect(read.length - whole).toBeLessThanOrEqual(1)
      },
    ),
    {numRuns: 60},
  )
})
