// The safetensors file format: an 8-byte little-endian header length, a JSON header, the data (huggingface/safetensors:
// README.md).
// Reads headers and single tensors, and writes files. Not specific to any model. Every header is checked before use.
import {open, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from './errors.js'
import {parseJsonObject} from './json.js'
import {isLfsPointer, lfsPointer} from './json-object.js'
import {checkpointLimits} from './limits.js'
import {partOf, removeDeadParts} from './part-file.js'

/** Bytes per element, for every type in the format. */
export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const

export type TensorType = keyof typeof elementBytes

/** Where a tensor is stored: bytes [offset, offset + length) of a file. */
export interface TensorPlace {
  readonly file: string
  readonly type: TensorType
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

/** A tensor to write. `bytes` is called only when its turn comes, and yields pieces. */
export interface TensorSource {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly number[]
  bytes(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** Number of bytes of a tensor. */
export function byteLengthOf({type, shape}: Pick<TensorSource, 'type' | 'shape'>): number {
  return shape.reduce((product, n) => product * n, elementBytes[type])
}

type FileErrorCode = 'bad-file' | 'bad-checkpoint'

export interface SafetensorsHeader {
  /** By name. */
  readonly tensors: ReadonlyMap<string, TensorPlace>
  /** `__metadata__`: texts beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The tensors of a file by name. Throws as `readWholeHeader` does. */
export async function readSafetensorsHeader(
  file: string,
  code: FileErrorCode = 'bad-file',
): Promise<ReadonlyMap<string, TensorPlace>> {
  return (await readWholeHeader(file, code)).tensors
}

/**
 * What the header of a file says. Only the header is read, and only after checking that its length fits the file.
 * Throws LanternError `code` (naming file and tensor) for a truncated file, a header that is not JSON or gives wrong
 * sizes, unknown types, and offsets that overlap or lie outside the file.
 */
export async function readWholeHeader(file: string, code: FileErrorCode = 'bad-file'): Promise<SafetensorsHeader> {
  const bad = (what: string) => new LanternError(code, `${file}: ${what}.`, 'Fetch or export this file again.')
  const unreadable = (error: unknown) => {
    const why = systemCodeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error)
    throw new LanternError(code, `Cannot read ${file}: ${why}.`, 'Fetch or export this file again.')
  }
  // Before it is opened: opening a pipe waits for a writer.
  if (!(await stat(file).catch(unreadable)).isFile()) throw bad('it is not a file')
  const handle = await open(file).catch(unreadable)
  try {
    const {size} = await handle.stat()
    const start = Buffer.alloc(Math.min(size, 64))
    await handle.read(start, 0, start.length, 0)
    if (isLfsPointer(start)) throw lfsPointer(file)
    if (size < 8) throw bad(`the file is cut short: it has ${size} bytes, a safetensors file has at least 8`)
    const headerLength = start.readBigUInt64LE()
    if (headerLength > BigInt(size - 8)) {
      throw bad(
        `the header claims ${headerLength} bytes, but the file has ${size}; it is cut short, or it is not a safetensors file`,
      )
    }
    if (headerLength > BigInt(checkpointLimits.headerBytes)) {
      throw bad(`the header has ${headerLength} bytes; at most ${checkpointLimits.headerBytes / 2 ** 20} MiB are read`)
    }
    const header = Buffer.alloc(Number(headerLength))
    await handle.read(header, 0, header.length, 8)
    const entries = parseJsonObject(header.toString('utf8'), what => bad(`the header ${what}`))
    const places = new Map<string, TensorPlace>()
    for (const [name, entry] of Object.entries(entries)) {
      if (name !== '__metadata__')
        places.set(name, placeOf(entry, {name, file, dataStart: 8 + header.length, size, bad}))
    }
    refuseOverlap(places, bad)
    const texts = Object.entries(Object(entries['__metadata__'])).filter(([, text]) => typeof text === 'string')
    return {tensors: places, metadata: Object.fromEntries(texts) as Record<string, string>}
  } finally {
    await handle.close()
  }
}

interface EntryContext {
  readonly name: string
  readonly file: string
  readonly dataStart: number
  readonly size: number
  readonly bad: (what: string) => LanternError
}

function placeOf(entry: unknown, {name, file, dataStart, size, bad}: EntryContext): TensorPlace {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (entry ?? {}) as {dtype?: unknown; shape?: unknown; data_offsets?: unknown}
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype))
    throw bad(`tensor ${name} has an unknown type ${String(dtype)}`)
  if (!isCounts(shape)) throw bad(`tensor ${name} has no valid shape`)
  if (!isCounts(offsets) || offsets.length !== 2) throw bad(`tensor ${name} has no valid data_offsets`)
  const [start, end] = offsets as [number, number]
  if (end < start) throw bad(`tensor ${name} ends (${end}) before it starts (${start})`)
  if (dataStart + end > size) {
    throw bad(
      `tensor ${name} lies outside the file: it ends at byte ${dataStart + end}, the file at ${size}; the file is cut short`,
    )
  }
  const type = dtype as TensorType
  const expected = shape.reduce((product, n) => product * n, elementBytes[type])
  if (expected !== end - start) {
    throw bad(
      `tensor ${name} of type ${type} and shape [${shape.join(', ')}] needs ${expected} bytes, its offsets give ${end - start}`,
    )
  }
  return {file, type, shape, offset: dataStart + start, length: end - start}
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0)
}

function refuseOverlap(places: ReadonlyMap<string, TensorPlace>, bad: (what: string) => LanternError): void {
  const filled = [...places].filter(([, place]) => place.length > 0).sort(([, a], [, b]) => a.offset - b.offset)
  for (let i = 1; i < filled.length; i++) {
    const [before, a] = filled[i - 1]!
    const [after, b] = filled[i]!
    if (a.offset + a.length > b.offset) throw bad(`tensors ${before} and ${after} overlap`)
  }
}

/** The bytes of one tensor in pieces of at most `pieceBytes`, so that memory use does not grow with the tensor. */
export async function* readTensor(place: TensorPlace, pieceBytes = 1 << 24): AsyncGenerator<Buffer> {
  const handle = await open(place.file)
  try {
    for (let done = 0; done < place.length; done += pieceBytes) {
      const piece = Buffer.alloc(Math.min(pieceBytes, place.length - done))
      const {bytesRead} = await handle.read(piece, 0, piece.length, place.offset + done)
      if (bytesRead < piece.length)
        throw new LanternError('bad-file', `${place.file} changed while it was read.`, 'Start again.')
      yield piece
    }
  } finally {
    await handle.close()
  }
}

/** All values of one F32, F16 or BF16 tensor. */
export async function readFloats(place: TensorPlace): Promise<Float32Array> {
  for await (const bytes of readTensor(place, Math.max(1, place.length))) return toFloat32(bytes, place.type)
  return new Float32Array(0)
}

/**
 * Converts little-endian F32, F16 or BF16 bytes to numbers; widening is exact. Throws TypeError for other types (a
 * caller's mistake).
 */
export function toFloat32(bytes: Uint8Array, type: TensorType): Float32Array {
  if (type === 'F32') return new Float32Array(bytes.slice().buffer)
  const halves = new Uint16Array(bytes.slice().buffer)
  const out = new Float32Array(halves.length)
  if (type === 'BF16') {
    const words = new Uint32Array(out.buffer)
    for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  } else if (type === 'F16') {
    halfValues ??= Float32Array.from({length: 2 ** 16}, (_, half) => halfToNumber(half))
    for (let i = 0; i < halves.length; i++) out[i] = halfValues[halves[i]!]!
  } else throw new TypeError(`no numbers in ${type}`)
  return out
}

/** The inverse of toFloat32; rounds to nearest even. */
export function fromFloat32(values: Float32Array, type: TensorType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (type === 'F16') return new Uint8Array(halvesOf(values).buffer)
  if (type !== 'BF16') throw new TypeError(`no numbers in ${type}`)
  // A loop: Uint16Array.from with a function is five times slower.
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < halves.length; i++) halves[i] = numberToBfloat16(values[i]!)
  return new Uint8Array(halves.buffer)
}

/** The values rounded to the nearest of a type, ties to even. */
export function rounded(values: Float32Array, type: 'F16' | 'BF16'): Float32Array {
  return toFloat32(fromFloat32(values, type), type)
}

/** The number of each half: a table is five times as fast as computing it, and pictures have millions. */
let halfValues: Float32Array | undefined

/** Converts IEEE 754 binary16 to a number, exactly. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const scratch = new Float32Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/** Converts a number to IEEE 754 binary16, rounding to nearest even. Values that are too large become infinity. */
export function numberToHalf(value: number): number {
  scratch[0] = value
  return halfOfBits(scratchBits[0]!)
}

/** The same for many, from the bits that they have already: `from` with a function takes forty times as long. */
function halvesOf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) halves[i] = halfOfBits(bits[i]!)
  return halves
}

/** From the bits of a float32. */
function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Subnormal: counts multiples of 2^-24. Adding 0.5 in float32 shifts them into the low bits, rounded to nearest
    // even.
    scratchBits[0] = magnitude
    scratch[0] = scratch[0]! + 0.5
    return sign | (scratchBits[0]! - 0x3f000000)
  }
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13)
}

/** Converts a number to bfloat16, the upper half of its float32, rounding to nearest even. */
function numberToBfloat16(value: number): number {
  scratch[0] = value
  const bits = scratchBits[0]!
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/**
 * Writes a file atomically: first under a temporary name, then renamed. Tensors are laid out in the given order; only
 * one piece is in memory at a time. `metadata` are texts beside them. `synced`: the file survives a crash of the
 * machine, once it has its name. Throws LanternError `disk`.
 */
export async function writeSafetensors(
  file: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
  {synced = false}: {readonly synced?: boolean} = {},
): Promise<void> {
  const header: Record<string, unknown> = {__metadata__: {format: 'pt', ...metadata}}
  let end = 0
  for (const {name, type, shape} of tensors) {
    const start = end
    end += byteLengthOf({type, shape})
    header[name] = {dtype: type, shape, data_offsets: [start, end]}
  }
  const json = JSON.stringify(header)
  // Padded so that the data starts at a multiple of 8 bytes, as in files written by the reference.
  const headerBytes = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(headerBytes.length))
  await removeDeadParts(dirname(file))
  const temporary = partOf(file)
  const handle = await open(temporary, 'wx')
  try {
    try {
      await handle.writeFile(Buffer.concat([length, headerBytes]))
      for (const tensor of tensors) for await (const piece of tensor.bytes()) await handle.writeFile(piece)
      if (synced) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, {force: true})
    throw new LanternError(
      'disk',
      `Cannot write ${basename(file)}: ${messageOf(error)}.`,
      'Free some space, or give another cache folder.',
    )
  }
}
