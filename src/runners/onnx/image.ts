// Decodes a picture file to 8-bit RGB as the reference's Pillow code does (QwenLM/Qwen2.5-VL: qwen-vl-utils, to_rgb).
// RGBA is pasted on white. Every other mode goes through Pillow's convert('RGB'), which drops the alpha of grey and
// palette pictures.
// Colour profiles are ignored. image-processor.ts then turns the pixels into the model's input.
import {LanternError, messageOf} from '../../core/errors.js'
import type {Box, Orientation} from '../../core/sample.js'
import {isWhole} from '../picture-file.js'
import {decodeBmp, isBmp} from './bmp.js'
import type {RgbImage} from './pillow-bicubic.js'

export interface DecodedImage extends RgbImage {
  /**
   * What is unusual about the picture, in a sentence; e.g. 16-bit grey, of which the reference keeps only the lowest
   * 256 levels.
   */
  readonly problem: string | null
}

/** Decodes a picture. Throws LanternError `bad-file` (naming `source`) when the bytes are not a picture. */
export async function decodeImage(bytes: Uint8Array, orientation: Orientation, source: string): Promise<DecodedImage> {
  try {
    return isBmp(bytes) ? {...decodeBmp(bytes), problem: null} : await decodeWithSharp(bytes, orientation)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The picture ${source} cannot be read: ${messageOf(error).split('\n')[0]}.`,
      'Fetch it again.',
    )
  }
}

async function decodeWithSharp(bytes: Uint8Array, orientation: Orientation): Promise<DecodedImage> {
  const {default: sharp} = await import('sharp')
  const open = () => {
    const image = sharp(bytes, {ignoreIcc: true, failOn: 'truncated', limitInputPixels: 1 << 29})
    return orientation === 'apply' ? image.autoOrient() : image
  }
  // Both run at once, because the second result is final for almost every picture.
  const [{format, space, channels, depth, hasAlpha}, {data, info}] = await Promise.all([
    sharp(bytes).metadata(),
    open().toColourspace('srgb').raw().toBuffer({resolveWithObject: true}),
  ])
  if (!isWhole(bytes, format === 'jpeg' ? 'jpg' : format)) throw new Error('it is cut off')
  if (space === 'cmyk') {
    const inks = await open()
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer({resolveWithObject: true})
    return {width: info.width, height: info.height, data: fromCmyk(inks.data), problem: null}
  }
  if (depth === 'ushort' && channels <= 2) {
    const deep = await open()
      .removeAlpha()
      .toColourspace('grey16')
      .raw({depth: 'ushort'})
      .toBuffer({resolveWithObject: true})
    const levels = new Uint16Array(deep.data.buffer, deep.data.byteOffset, deep.data.byteLength / 2)
    const problem = 'It is 16-bit grey; the reference clips every level above 255, and so does lantern-eval.'
    return {
      width: info.width,
      height: info.height,
      data: spread(Uint8Array.from(levels, level => Math.min(level, 255))),
      problem,
    }
  }
  const size = {width: info.width, height: info.height, problem: null}
  if (info.channels === 1) return {...size, data: spread(data)}
  if (info.channels === 3) return {...size, data}
  if (info.channels === 2) return {...size, data: spread(data.filter((_, i) => i % 2 === 0))}
  return {...size, data: hasAlpha && pastesAlpha(bytes, format) ? pasteOnWhite(data) : withoutAlpha(data)}
}

/**
 * True where Pillow's mode is RGBA. False for palettes and colour keys, whose transparency Pillow stores apart from the
 * pixels.
 */
function pastesAlpha(bytes: Uint8Array, format: string | undefined): boolean {
  if (format === 'gif') return false
  // The colour type in a PNG's IHDR; 6 is truecolour with alpha (PNG specification, 11.2.1).
  return format !== 'png' || bytes[25] === 6
}

/** x / 255 for products of two bytes, rounded like Pillow's DIV255. */
function divide255(product: number): number {
  const shifted = product + 128
  return ((shifted >> 8) + shifted) >> 8
}

function pasteOnWhite(rgba: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3]!
    for (let c = 0; c < 3; c++) out[to++] = divide255(255 * (255 - alpha) + rgba[from + c]! * alpha)
  }
  return out
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  return rgba.filter((_, i) => i % 4 !== 3)
}

/** Pillow's simple formula (src/libImaging/Convert.c: cmyk2rgb): white minus black, minus the share of the ink. */
function fromCmyk(cmyk: Uint8Array): Uint8Array {
  const out = new Uint8Array((cmyk.length / 4) * 3)
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const white = 255 - cmyk[from + 3]!
    for (let c = 0; c < 3; c++) out[to++] = Math.max(0, white - divide255(cmyk[from + c]! * white))
  }
  return out
}

function spread(grey: Uint8Array): Uint8Array {
  const out = new Uint8Array(grey.length * 3)
  for (let i = 0; i < grey.length; i++) out.fill(grey[i]!, 3 * i, 3 * i + 3)
  return out
}

/** The pixels of the half-open box [left, right) x [top, bottom). The box must lie inside the picture. */
export function crop(image: RgbImage, [left, top, right, bottom]: Box): RgbImage {
  const width = right - left
  const height = bottom - top
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return {width, height, data}
}
