// zstd within bounds. fzstd allocates whatever window a frame asks for and moves it once per block, so frames are
// checked before they reach it (RFC 8878, 3.1.1).

import type {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {limits} from '../core/limits.js'

/** Unpacks all frames of a stream of at most `mostBytes`, frame by frame. Throws an Error for anything else. */
export async function* unzstd(packed: Readable, mostBytes: number): AsyncGenerator<Buffer> {
  const {Decompress} = await import('fzstd')
  let rest: Buffer = await buffer(packed)
  while (rest.length > 0) {
    const frame = frameOf(rest)
    if (frame.window > 0) {
      const pieces: Buffer[] = []
      let size = 0
      const stream = new Decompress(piece => {
        size += piece.length
        if (size > mostBytes) throw new Error(`it grows beyond ${mostBytes} bytes`)
        pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length))
      })
      stream.push(rest.subarray(0, frame.length), true)
      yield* pieces
    }
    rest = rest.subarray(frame.length)
  }
}

/** Length and window of the first frame, in bytes; a skippable frame has no window. */
function frameOf(data: Buffer): {length: number; window: number} {
  const torn = new Error('a zstd frame is cut off')
  if (data.length < 8) throw torn
  const magic = data.readUInt32LE(0)
  if (magic >>> 4 === 0x184d2a5) return whole(8 + data.readUInt32LE(4), 0)
  if (magic !== 0xfd2fb528) throw new Error('a zstd frame begins with something else')
  const flags = data[4]!
  const single = (flags >> 5) & 1
  const dictionary = [0, 1, 2, 4][flags & 3]!
  const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : single
  let at = 5 + (1 - single) + dictionary
  if (data.length < at + sizeBytes) throw torn
  const content = sizeBytes === 8 ? Number(data.readBigUInt64LE(at)) : sizeBytes ? data.readUIntLE(at, sizeBytes) : 0
  const base = 2 ** (10 + (data[5]! >> 3))
  const window = single ? content + (sizeBytes === 2 ? 256 : 0) : base + (base / 8) * (data[5]! & 7)
  if (window > limits.zstdWindowBytes)
    throw new Error(`a zstd frame asks for a window of ${window} bytes, more than ${limits.zstdWindowBytes}`)
  at += sizeBytes
  let blocks = 0
  for (let last = false; !last; blocks++) {
    if (data.length < at + 3) throw torn
    const header = data.readUIntLE(at, 3)
    last = (header & 1) === 1
    const repeated = ((header >> 1) & 3) === 1
    at += 3 + (repeated ? 1 : header >> 3)
  }
  if (blocks * window > limits.zstdMovedBytes) throw new Error(`a zstd frame has ${blocks} blocks, too many`)
  return whole(at + ((flags >> 2) & 1) * 4, Math.max(window, 1))

  function whole(length: number, window: number) {
    if (length > data.length) throw torn
    return {length, window}
  }
}
