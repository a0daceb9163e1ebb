// Reads Windows bitmaps, which sharp cannot: uncompressed, with an 8-bit palette, 24 or 32 bits (Microsoft:
// BITMAPINFOHEADER).
// Like Pillow, treats the fourth byte of a 32-bit pixel as padding.
import type {RgbImage} from './pillow-bicubic.js'

/** Recognises a bitmap by the two letters that start every bitmap file. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d
}

/** Decodes a bitmap. Throws an Error that says what is wrong or not supported. */
export function decodeBmp(bytes: Uint8Array): RgbImage {
  if (bytes.length < 54) throw new Error('the bitmap is cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerSize = view.getUint32(14, true)
  if (headerSize < 40) throw new Error('OS/2 bitmaps are not supported')
  const width = view.getInt32(18, true)
  const signedHeight = view.getInt32(22, true) // negative: rows from top to bottom
  const height = Math.abs(signedHeight)
  const bits = view.getUint16(28, true)
  const compression = view.getUint32(30, true)
  if (compression !== 0 || ![8, 24, 32].includes(bits))
    throw new Error(`bitmaps with ${bits} bits per pixel and compression ${compression} are not supported`)
  const start = view.getUint32(10, true)
  const stride = Math.ceil((width * bits) / 32) * 4
  if (width <= 0 || height === 0 || start + stride * height > bytes.length) throw new Error('the bitmap is cut short')

  const step = bits / 8
  const palette = 14 + headerSize
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const row = start + (signedHeight > 0 ? height - 1 - y : y) * stride
    for (let x = 0; x < width; x++) {
      const from = bits === 8 ? palette + 4 * bytes[row + x]! : row + x * step
      const to = (y * width + x) * 3
      data[to] = bytes[from + 2]!
      data[to + 1] = bytes[from + 1]!
      data[to + 2] = bytes[from]!
    }
  }
  return {width, height, data}
}
