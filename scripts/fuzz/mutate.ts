// Changes inputs at random: bytes, lines of text, and values of JSON. Everything is drawn from one generator, so a case
// can be made again from its seed.
import {crc32, deflateRawSync, inflateRawSync} from 'node:zlib'
import type {Random} from '../../src/core/random.js'

/** Values that readers do not expect. */
function oddValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => 0,
    () => -1,
    () => 0.5,
    () => 2 ** 31,
    () => 2 ** 53,
    () => 1e308,
    () => '',
    () => ' ',
    () => 'A',
    () => '\u0000',
    () => '\ud800',
    () => '__proto__',
    () => 'constructor',
    () => '../../../etc/passwd',
    () => '/dev/zero',
    () => '%zz',
    () => '[redacted]',
    () => 'ä\u202e\u001b[31m',
    () => '{{ x }}',
    () => 'a'.repeat(10 ** random.integer(6)),
    () => '('.repeat(10 ** random.integer(5)),
    () => [],
    () => ({}),
    () => [null],
    () => [[[]]],
    () => ({a: {b: {c: null}}}),
    () => Array.from({length: 1000}, (_, k) => k),
    () => Object.fromEntries(Array.from({length: 300}, (_, k) => [`k${k}`, k])),
    () => deep(random.pick([50, 99, 101, 200, 6000])),
  ])()
}

/** As text, since building it by hand would be as deep. */
function deep(levels: number): unknown {
  let value: unknown = 0
  for (let level = 0; level < Math.min(levels, 900); level++) value = level % 2 ? {a: value} : [value]
  return value
}

type Node = {readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number}

/** Every place of a value in which another could stand. */
function nodesOf(value: unknown, most = 2000): Node[] {
  const nodes: Node[] = []
  const open: unknown[] = [value]
  while (open.length > 0 && nodes.length < most) {
    const holder = open.pop()
    if (typeof holder !== 'object' || holder === null) continue
    for (const [key, inner] of Object.entries(holder)) {
      nodes.push({holder: holder as Record<string, unknown>, key: Array.isArray(holder) ? Number(key) : key})
      open.push(inner)
    }
  }
  return nodes
}

/** The value with one to three places changed: replaced, removed, doubled, renamed or moved. */
export function oddJson(value: unknown, random: Random): unknown {
  const root = {root: structuredClone(value)}
  for (let count = 1 + random.integer(3); count > 0; count--) {
    const nodes = nodesOf(root)
    if (nodes.length === 0) break
    const {holder, key} = random.pick(nodes)
    const at = holder as Record<string | number, unknown>
    const inner = at[key]
    random.pick<() => void>([
      () => {
        at[key] = oddValue(random)
      },
      () => {
        at[key] = oddValue(random)
      },
      () => {
        if (Array.isArray(holder)) holder.splice(Number(key), 1)
        else delete at[key]
      },
      () => {
        if (Array.isArray(holder)) holder.push(inner)
        else at[`${key}2`] = inner
      },
      () => {
        at[key] = [inner]
      },
      () => {
        at[key] = {[key]: inner}
      },
      () => {
        const other = random.pick(nodes)
        at[key] = structuredClone((other.holder as Record<string | number, unknown>)[other.key])
      },
      () => {
        if (typeof inner === 'string') at[key] = oddText(inner, random)
        else if (typeof inner === 'number') at[key] = inner * random.pick([-1, 0, 1000, 1e9, Number.NaN])
        else at[key] = String(inner)
      },
    ])()
  }
  return root.root
}

/** A text with parts removed, doubled, swapped, or with odd signs in it. */
export function oddText(text: string, random: Random): string {
  const at = random.integer(text.length + 1)
  const end = Math.min(text.length, at + random.integer(40))
  return random.pick<() => string>([
    () => text.slice(0, at),
    () => text.slice(at),
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at) + String(oddValue(random)).slice(0, 10_000) + text.slice(at),
    () => text.slice(0, at) + random.pick([...'[]{}()"\'\\,:;#&*!|>%@`\t\r\n\u0000\uFEFF\ud800<']) + text.slice(end),
    () => text.slice(0, at) + random.pick([...'[]{}("-:,']).repeat(10 ** random.integer(5)) + text.slice(at),
    () =>
      text.replace(/\d+/g, digits => (random.integer(4) === 0 ? random.pick(['-1', '0', '9'.repeat(30), '']) : digits)),
    () => text.replaceAll('\n', random.pick(['\r\n', '\r', '', '\n\n'])),
    () => lines(text, random),
    () => `\uFEFF${text}`,
    () => text.toUpperCase(),
  ])()
}

function lines(text: string, random: Random): string {
  const all = text.split('\n')
  const at = random.integer(all.length)
  const line = all[at]!
  random.pick<() => void>([
    () => void all.splice(at, 1),
    () => void all.splice(at, 0, line),
    () => void all.splice(at, 0, ...Array.from({length: 1000}, () => line.slice(0, 500))),
    () => void all.splice(at, 1, oddText(line.slice(0, 200), random)),
    () => all.reverse(),
  ])()
  return all.join('\n')
}

/** Bytes with a few changed, removed, added, doubled or cut. */
export function oddBytes(bytes: Uint8Array, random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let count = 1 + random.integer(4); count > 0; count--) {
    // Half of the changes near an end: that is where formats have their tables.
    const edge = random.pick([result.length, 200, 2000])
    const offset = random.integer(Math.min(result.length, edge) + 1)
    const at = random.integer(2) === 0 ? offset : result.length - offset
    const length = 1 + random.integer(16)
    const rest = result.subarray(Math.min(result.length, at + length))
    result = random.pick<() => Buffer>([
      () => {
        if (at < result.length) result[at]! ^= 1 << random.integer(8)
        return result
      },
      () => {
        result.subarray(at, at + length).fill(random.pick([0, 0xff, 0x7f, 0x80, random.integer(256)]))
        return result
      },
      () => Buffer.concat([result.subarray(0, at), rest]),
      () => Buffer.concat([result.subarray(0, at), result.subarray(at, at + length), result.subarray(at)]),
      () => Buffer.concat([result.subarray(0, at), Buffer.alloc(length, random.integer(256)), result.subarray(at)]),
      () => result.subarray(0, at),
      () => result.subarray(at),
      () => Buffer.concat([result, Buffer.alloc(10 ** random.integer(6), random.pick([0, 10, 32, 0x5b]))]),
      () => Buffer.concat([result, result]),
    ])()
  }
  return random.integer(200) === 0 ? Buffer.alloc(random.integer(5000)) : result
}

/** The file in another form: as JSON, JSON lines or text where it is that, or as bytes. */
export function oddFile(name: string, bytes: Uint8Array, random: Random): Buffer {
  const binary = /\.(png|parquet|safetensors|xlsx|eval|zip)$/.test(name)
  if (/\.(xlsx|eval|zip)$/.test(name) && random.integer(3) > 0) return oddZip(bytes, random)
  if (name.endsWith('.safetensors') && random.integer(3) > 0) return oddSafetensors(bytes, random)
  if (binary || random.integer(4) === 0) return oddBytes(bytes, random)
  const text = Buffer.from(bytes).toString('utf8')
  if (/\.jsonl$/.test(name) && random.integer(3) > 0) {
    const all = text.split('\n')
    const at = random.integer(Math.max(1, all.length - 1))
    return Buffer.from(all.with(at, oddJsonText(all[at]!, random)).join('\n'))
  }
  if (/\.json$/.test(name) && random.integer(3) > 0) return Buffer.from(oddJsonText(text, random))
  return Buffer.from(oddText(text, random))
}

/** JSON text of a changed value; text that is no JSON is changed as text. */
export function oddJsonText(text: string, random: Random): string {
  try {
    const changed = JSON.stringify(oddJson(JSON.parse(text), random)) ?? ''
    return random.integer(20) === 0 ? changed.replace(/\d+/, 'NaN') : changed
  } catch {
    return oddText(text, random)
  }
}

function oddSafetensors(bytes: Uint8Array, random: Random): Buffer {
  const all = Buffer.from(bytes)
  const length = Number(all.readBigUInt64LE())
  const header = Buffer.from(oddJsonText(all.toString('utf8', 8, 8 + length), random))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header, all.subarray(8 + length)])
}

interface Member {
  readonly name: string
  readonly bytes: Buffer
}

/** A ZIP file in which one member was changed; its sizes and checksums are right, so that the change is seen. */
function oddZip(bytes: Uint8Array, random: Random): Buffer {
  const members = membersOf(Buffer.from(bytes))
  if (members.length === 0) return oddBytes(bytes, random)
  const at = random.integer(members.length)
  const {name, bytes: inner} = members[at]!
  const changed = /\.(xml|rels)$/.test(name)
    ? Buffer.from(oddText(inner.toString('utf8'), random))
    : oddFile(name, inner, random)
  const list = random.pick<() => Member[]>([
    () => members.with(at, {name, bytes: changed}),
    () => members.with(at, {name, bytes: changed}),
    () => members.with(at, {name, bytes: changed}),
    () => members.toSpliced(at, 1),
    () => [...members, {name, bytes: changed}],
    () => members.with(at, {name: oddText(name, random), bytes: inner}),
  ])()
  return zipOf(list, random.integer(2) === 0)
}

/** The members of a ZIP file with stored or deflated ones (APPNOTE 4.3); those in other forms are left out. */
function membersOf(zip: Buffer): Member[] {
  const members: Member[] = []
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1')
  for (let at = zip.readUInt32LE(end + 16); at < end && zip.readUInt32LE(at) === 0x02014b50; ) {
    const [method, packed, nameLength] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
    ]
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const content = zip.subarray(start, start + packed)
    if (method === 0) members.push({name, bytes: content})
    else if (method === 8) members.push({name, bytes: inflateRawSync(content)})
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return members
}

function zipOf(members: readonly Member[], deflated: boolean): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const {name, bytes} of members) {
    const packed = deflated ? deflateRawSync(bytes) : bytes
    const label = Buffer.from(name)
    // From "version needed" to "extra length", which both headers share.
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(deflated ? 8 : 0, 4)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(bytes.length, 18)
    shared.writeUInt16LE(label.length, 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), shared, label, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), shared, tail, label)
    parts.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 0, 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listed, end])
}
