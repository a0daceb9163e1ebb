// How readers of others' files treat hostile files, and forms that no committed example has. Good files are tested with
// `import` and `replay:`.

import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {crc32, deflateRawSync} from 'node:zlib'
import {cpuWatch} from '../../test/support/cpu.js'
import {limits} from '../core/limits.js'
import {optionsIn, scoreOf} from './fields.js'
import {readPeers, registerPeerFormat} from './index.js'
import {parseJson} from './json.js'
import type {PeerAnswer} from './peer.js'
import {benchOf} from './task-names.js'
import {openZip} from './zip.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-peers-'))
})
afterEach(() => rm(folder, {recursive: true}))

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, content)
  return path
}

async function answersOf(path: string): Promise<PeerAnswer[]> {
  const answers: PeerAnswer[] = []
  for await (const answer of readPeers(path, {facts: async () => new Map(), split: undefined, warn: () => {}}))
    answers.push(answer)
  return answers
}

interface Member {
  readonly name: string
  readonly packed: Buffer
  readonly method: number
  readonly crc: number
  readonly size: number
}
const deflated = (name: string, content: string | Buffer): Member => {
  const data = Buffer.from(content)
  return {name, packed: deflateRawSync(data), method: 8, crc: crc32(data), size: data.length}
}
const stored = (name: string, content: string): Member => {
  const packed = Buffer.from(content)
  return {name, packed, method: 0, crc: crc32(packed), size: packed.length}
}
/** A ZIP file (APPNOTE 4.3) that declares whatever it is told to about its members. */
function zipOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const {name, packed, method, crc, size} of members) {
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(method, 4)
    facts.writeUInt32LE(crc, 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(size, 18)
    facts.writeUInt16LE(name.length, 22)
    const central = Buffer.alloc(46)
    central.write('PK\x01\x02', 'latin1')
    central.writeUInt16LE(20, 4)
    facts.copy(central, 6)
    central.writeUInt32LE(offset, 42)
    directory.push(central, Buffer.from(name))
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), facts, Buffer.from(name), packed)
    offset += 30 + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const header = stored('header.json', '{"eval": {"task": "blink", "model": "m"}}')
const sample = (id: string, text: string) =>
  JSON.stringify({id, target: 'A', output: {choices: [{message: {content: text}, stop_reason: 'constructor'}]}})

describe('a ZIP file', () => {
  it('whose member has another checksum is refused', async () => {
    const good = stored('samples/1_epoch_1.json', sample('1', 'A'))
    expect(await answersOf(await file('good.eval', zipOf([header, good])))).toMatchObject([{text: 'A', stop: 'eos'}])
    const changed = {...good, packed: Buffer.from(sample('1', 'B'))}
    await expect(answersOf(await file('bad.eval', zipOf([header, changed])))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/samples\/1_epoch_1\.json, cannot be unpacked: its checksum/),
    })
  })

  it('whose member declares a wrong size, or unpacks to more than a record, is refused', async () => {
    const zeros = Buffer.alloc(limits.zipRecordBytes + 1)
    for (const member of [
      {...deflated('samples/1.json', sample('1', 'A')), size: 3},
      deflated('samples/1.json', zeros),
      {...deflated('samples/1.json', zeros), size: 100},
    ])
      await expect(answersOf(await file('bomb.eval', zipOf([header, member])))).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringContaining('samples/1.json'),
      })
  })

  it('whose members unpack to too much together is refused before the last', async () => {
    const record = JSON.stringify({id: '1', target: 'A', output: {completion: ' '.repeat(limits.zipRecordBytes - 100)}})
    const member = deflated('', record)
    const members = Array.from({length: 8}, (_, index) => ({...member, name: `samples/${index}.json`}))
    await expect(answersOf(await file('bomb.eval', zipOf([header, ...members])))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('with the members before it'),
    })
  })

  it('whose zstd member asks for a window beyond the bound is refused before it is allocated', async () => {
    // Magic number, a window descriptor of 1.75 GiB, and one block of a byte.
    const packed = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (20 << 3) | 6, 9, 0, 0, 65])
    const zip = await openZip(
      await file('w.eval', zipOf([header, {name: 'samples/1.json', packed, method: 93, crc: 0, size: 1}])),
    )
    await expect(zip.text('samples/1.json')).rejects.toMatchObject({message: expect.stringContaining('window')})
    zip.close()
  })

  it('with null, a list or deep JSON in place of a sample is refused, naming the member', async () => {
    for (const text of ['null', '[]', `{"id": ${'['.repeat(200)}${']'.repeat(200)}}`, '{"id": null}', '\0\0'])
      await expect(
        answersOf(await file('h.eval', zipOf([header, stored('samples/1.json', text)]))),
      ).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('samples/1.json')})
  })

  it('with nulls and objects in place of words is read as far as possible', async () => {
    const odd = {
      ...{id: 7, epoch: 'x', target: null, choices: [{toString: null}, null], scores: {choice: null}},
      ...{output: {choices: [null], usage: null}, metadata: null, error: null},
    }
    const path = await file('odd.eval', zipOf([header, stored('samples/1.json', JSON.stringify(odd))]))
    expect(await answersOf(path)).toMatchObject([
      {id: '7', text: '', options: ['{"toString":null}', 'null'], peer: null},
    ])
  })
})

describe('a spreadsheet', () => {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const book = (sheet: string, strings = '<sst/>') => [
    deflated('xl/workbook.xml', `<workbook xmlns:r="r"><sheets><sheet name="a" r:id="rId7"/></sheets></workbook>`),
    deflated(
      'xl/_rels/workbook.xml.rels',
      '<Relationships><Relationship Id="rId7" Type="t/worksheet" Target="/xl/worksheets/s.xml"/>' +
        '<Relationship Id="rId8" Type="t/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    ),
    deflated('xl/worksheets/s.xml', sheet),
    deflated('xl/sharedStrings.xml', strings),
  ]
  const read = async (members: Member[]) => answersOf(await file('m.xlsx', zipOf(members)))

  it('may use prefixes, inline strings, runs, phonetic text, missing references and numbers as floats', async () => {
    const sheet =
      `<x:worksheet xmlns:x="${main}"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is>` +
      '<x:t>response</x:t></x:is></x:c></x:row><x:row/><x:row r="9"><x:c r="A9"><x:v>1.0</x:v></x:c>' +
      '<x:c r="B9" t="s"><x:v>1</x:v></x:c></x:row><x:row><x:c r="A10" t="str"><x:v>b</x:v></x:c></x:row>' +
      '</x:sheetData></x:worksheet>'
    const strings = '<sst><si><t>id</t></si><si><r><t>a &amp; </t></r><r><t>b</t></r><rPh><t>no</t></rPh></si></sst>'
    expect(await read(book(sheet, strings))).toMatchObject([
      {id: '1', text: 'a & b', where: expect.stringContaining('row 9')},
      {id: 'b', text: '', where: expect.stringContaining('row 10')},
    ])
  })

  it.each([
    ['is not a workbook', [stored('a.txt', 'a')], 'is not a workbook'],
    ['declares entities', book('<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'), 'document type'],
    ['is nested too deep', book('<a>'.repeat(1000)), 'levels deep'],
    [
      'has an element of too many attributes',
      book(`<a ${Array.from({length: 999}, (_, n) => `a${n}="1"`).join(' ')}/>`),
      'attributes',
    ],
    ['is cut off', book('<worksheet><row><c><v>1'), 'xl/worksheets/s.xml'],
    ['refers to a string that is not there', book('<a><row><c t="s"><v>5</v></c></row></a>'), 'string 5'],
    [
      'has a cell with an invalid reference',
      book('<a><row><c r="constructor"><v>5</v></c></row></a>'),
      'which is invalid',
    ],
    [
      'has a cell of millions of characters',
      book(`<a><row><c><v>${'1'.repeat(2_000_000)}</v></c></row></a>`),
      'a cell holds',
    ],
    ['has a broken member', book('\0\0\0'), 'xl/worksheets/s.xml'],
  ])('that %s is refused', async (_, members, message) => {
    await expect(read(members)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining(message)})
  })
})

describe('a text file', () => {
  it('with a line beyond the bound is refused, naming the line', async () => {
    const path = await file(
      'a.jsonl',
      Buffer.concat([Buffer.from('{"id":1,"text":"A"}\n'), Buffer.alloc(limits.peerLineBytes + 2 ** 21)]),
    )
    await expect(answersOf(path)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('line 2')})
  })

  it('of JSON as Python writes it may hold NaN and Infinity, which are null', () => {
    const text = String.raw`{"a": NaN, "b": [-Infinity, Infinity], "NaN": "NaN \" NaN", "c": "\\", "d": NaN}`
    expect(parseJson(text, 'x')).toEqual({a: null, b: [null, null], NaN: 'NaN " NaN', c: '\\', d: null})
    expect(() => parseJson('{"a": NaN', 'x')).toThrow(/is not JSON/)
  })

  it('of JSON with too many lists is refused before it is parsed', () => {
    const text = `[${'[],'.repeat(limits.jsonValues)}0]`
    expect(() => parseJson(text, 'x')).toThrow(/holds more than/)
  })

  it('of NUL bytes has no known format, or the error names the place', async () => {
    for (const name of ['a.json', 'a.jsonl', 'a.tsv', 'a.csv', 'a.xlsx', 'a.eval', 'samples_a.jsonl', 'a'])
      await expect(answersOf(await file(name, Buffer.alloc(1000)))).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringContaining(join(folder, name)),
      })
  })

  it.each([
    ['a.json', 'null'],
    ['a.json', '{"val": null}'],
    ['a.json', '{"val": [null]}'],
    ['a.json', '{"val_Jigsaw_1": null}'],
    ['a.json', '[null, {"index": 1, "prediction": null}]'],
    ['a.json', '{"index": null, "prediction": null}'],
    ['a.json', '{"index": {"0": null}, "prediction": {"0": "A"}}'],
    ['samples_blink.jsonl', '{"doc_id": null, "resps": null, "doc": null}'],
    ['samples_blink.jsonl', 'null'],
    ['a.tsv', 'index\tprediction\n\t\n'],
    ['a.csv', 'id,text\n1\n'],
  ])('%s with nulls in place of words (%s) is refused or read, and never crashes', async (name, content) => {
    const path = await file(name, content)
    const outcome = await answersOf(path).then(
      answers => answers.map(({id, text}) => [id, text]),
      error => error.code,
    )
    expect(['bad-file', [['1', '']]]).toContainEqual(outcome)
  })
})

test.each([
  ['blink_jigsaw', 'blink'],
  ['BLINK', 'blink'],
  ['VStarBench', 'vstar'],
  ['v_star_0shot', 'vstar'],
  ['visual_cot', 'viscot'],
  ['OCRBench test', 'OCRBench_test'],
])('the task %s is %s', async (task, bench) => {
  expect(await benchOf(task)).toBe(bench)
})

test('the longer of two aliases in a name counts, and another table can be given', async () => {
  const aliases = {star: ['star'], mmstar: ['mm-star'], blank: ['']}
  expect(await benchOf('MMStar_dev', aliases)).toBe('mmstar')
  expect(await benchOf('other', aliases)).toBe('other')
})

test('options are read from lines in linear time', () => {
  expect(optionsIn('Which?\n(A) a b  \n(B) c')).toEqual(['a b', 'c'])
  const ms = cpuWatch()
  expect(optionsIn(`A. a${' '.repeat(200_000)}b\nC. c`)).toBeUndefined()
  expect(ms()).toBeLessThan(1000)
})

test.each([
  [1, 1],
  [true, 1],
  ['False', 0],
  ['0.5', 0.5],
  ['', null],
  [2, null],
  ['C', null],
  [null, null],
])('the score %p is %p', (value, score) => {
  expect(scoreOf(value)).toBe(score)
})

describe('a format of a plug-in', () => {
  const whole = {where: 'x, line 1', id: '1', text: 'B', stop: 'eos', peer: null, peerAnswer: null}
  let number = 0
  const read = async (answers: unknown) => {
    const ending = `.mine${number++}`
    registerPeerFormat({
      name: `mine${number}`,
      files: 'mine',
      accepts: async path => path.endsWith(ending),
      read: () => answers as AsyncIterable<PeerAnswer>,
    })
    const folder = await mkdtemp(join(tmpdir(), 'peers-'))
    try {
      await writeFile(join(folder, `answers${ending}`), 'x')
      const found: PeerAnswer[] = []
      const context = {facts: async () => new Map(), split: undefined, warn: () => undefined}
      for await (const answer of readPeers(folder, context)) found.push(answer)
      return found
    } finally {
      await rm(folder, {recursive: true})
    }
  }
  async function* stream(...answers: unknown[]) {
    yield* answers
  }

  it('gives its answers', async () => {
    expect(await read(stream(whole))).toEqual([whole])
  })

  it.each([
    ['no stream', null, 'reads no stream of answers'],
    ['nothing in place of an answer', stream(null), 'gave an answer that is no object'],
    [
      'no id',
      stream({...whole, id: undefined}),
      'gave an answer that has a wrong id: it must be a text that is not empty',
    ],
    ['a number for a text', stream({...whole, text: 5}), 'gave an answer that has a wrong text: it must be a text'],
    [
      'an unknown stop',
      stream({...whole, stop: 'end'}),
      'gave an answer that has a wrong stop: it must be one of eos, ',
    ],
  ])('is refused where it gives %s', async (_what, answers, message) => {
    await expect(read(answers)).rejects.toMatchObject({code: 'bad-config', message: expect.stringContaining(message)})
  })
})
