// Encodes rasters as PNG: 8-bit RGB, one IDAT chunk. Not a general encoder; sharp handles all other pictures.
import {constants, crc32, deflateSync} from 'node:zlib'
import type {Raster} from './raster.js'

export const pngSignature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])

/** A chunk with its length and checksum (PNG specification, 5.3). */
export function pngChunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12)
  out.writeUInt32BE(body.length, 0)
  out.write(type, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8)
  return out
}

/**
 * Each row after its filter type: Sub (difference from the left) or Up (difference from the row above), whichever gives
 * more zeros.
 */
function filtered({width, height, data}: Raster): Uint8Array {
  const stride = width * 3
  const out = new Uint8Array(height * (stride + 1))
  const sub = new Uint8Array(stride)
  const up = new Uint8Array(stride)
  for (let row = 0; row < height; row++) {
    const from = row * stride
    let gain = 0
    for (let i = 0; i < stride; i++) {
      const value = data[from + i]!
      sub[i] = value - (i < 3 ? 0 : data[from + i - 3]!)
      up[i] = value - (row === 0 ? 0 : data[from + i - stride]!)
      gain += (up[i] === 0 ? 1 : 0) - (sub[i] === 0 ? 1 : 0)
    }
    const to = row * (stride + 1)
    out[to] = gain > 0 ? 2 : 1
    out.set(gain > 0 ? up : sub, to + 1)
  }
  return out
}

/**
 * Encodes a raster as a PNG file (W3C PNG, third edition). The same raster gives the same bytes everywhere: zlib's
 * run-length strategy avoids hash chains, whose matches differ between processors and versions of zlib.
 */
export function encodePng(raster: Raster): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(raster.width, 0)
  header.writeUInt32BE(raster.height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(filtered(raster), {level: 9, memLevel: 9, strategy: constants.Z_RLE})
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', new Uint8Array()),
  ])
}
