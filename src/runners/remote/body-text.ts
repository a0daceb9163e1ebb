// Reads the body of a response as text. The size is bounded, and the body is decompressed even if no compression was
// requested.
import {promisify} from 'node:util'
import * as zlib from 'node:zlib'
import {bytesWithin} from '../../core/bytes-within.js'
import {limits} from '../../core/limits.js'

type Unpack = (bytes: Uint8Array, options: {maxOutputLength: number}) => Promise<Buffer>

/** Node supports zstd from version 22.15 on. */
const zstd = (zlib as {zstdDecompress?: unknown}).zstdDecompress as typeof zlib.gunzip | undefined

const unpackers: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', promisify(zlib.gunzip) as Unpack],
  ['x-gzip', promisify(zlib.gunzip) as Unpack],
  ['br', promisify(zlib.brotliDecompress) as Unpack],
  ['deflate', inflate],
  ...(zstd === undefined ? [] : [['zstd', promisify(zstd) as unknown as Unpack] as const]),
])

/** Thrown if a body exceeds the bound or cannot be decompressed. Its message is the end of a sentence. */
export class UnreadableBody extends Error {
  /** Whether another attempt would fail the same way. A body that was cut may arrive complete next time. */
  readonly final: boolean

  constructor(message: string, final: boolean) {
    super(message)
    this.final = final
  }
}

/**
 * The body as text, with its content codings decoded from the outermost inwards (RFC 9110, 8.4). Some proxies send a
 * body uncompressed although its header names a coding; such a body is used unchanged. Throws UnreadableBody, or what
 * the connection throws.
 */
export async function bodyText(
  body: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  mostBytes: number = limits.replyBytes,
): Promise<string> {
  let bytes: Buffer = await bytesWithin(body, mostBytes, () => tooLarge(mostBytes))
  const codings = String(headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(coding => coding !== '' && coding !== 'identity')
  for (const coding of codings.reverse()) {
    if (looksPlain(bytes)) break
    bytes = await unpacked(bytes, coding, mostBytes)
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unpacked(bytes, 'gzip', mostBytes)
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}

async function unpacked(bytes: Buffer, coding: string, maxOutputLength: number): Promise<Buffer> {
  const unpack = unpackers.get(coding)
  if (unpack === undefined) {
    const newer = coding === 'zstd' ? '; Node 22.15 and newer can read it' : ''
    throw new UnreadableBody(`the reply is packed as ${coding.slice(0, 20)}, which cannot be undone here${newer}`, true)
  }
  try {
    return await unpack(bytes, {maxOutputLength})
  } catch (error) {
    if ((error as {code?: unknown}).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxOutputLength)
    throw new UnreadableBody(`the reply says that it is packed as ${coding}, and cannot be unpacked or was cut`, false)
  }
}

/** Deflate with a zlib header, as the standard requires, or without it, as some servers send it. */
async function inflate(bytes: Uint8Array, options: {maxOutputLength: number}): Promise<Buffer> {
  const zlibHeader = bytes.length > 1 && (bytes[0]! & 15) === 8 && ((bytes[0]! << 8) | bytes[1]!) % 31 === 0
  return await (promisify(zlibHeader ? zlib.inflate : zlib.inflateRaw) as Unpack)(bytes, options)
}

/** JSON, events and web pages begin with ASCII characters that no compressed body begins with. */
function looksPlain(bytes: Buffer): boolean {
  return /^\s*(?:[[{<"]|data:|event:|: )/.test(bytes.toString('latin1', 0, 64))
}

function tooLarge(mostBytes: number): UnreadableBody {
  return new UnreadableBody(`the reply is larger than ${mostBytes >> 20} MB`, true)
}
