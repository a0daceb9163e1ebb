// Prepares the pictures of a request: the original bytes of the file, or a resized picture if a pixel limit requires
// it.
import {LanternError, messageOf} from '../../core/errors.js'
import type {SeenImage} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import type {ImageRef} from '../../core/sample.js'
import {isWhole} from '../picture-file.js'
import {sizeAsDecoded} from '../picture-size.js'

export interface PixelLimits {
  readonly minPixels?: number
  readonly maxPixels?: number
}

export interface SentImage {
  readonly seen: SeenImage
  readonly mime: string
  readonly bytes: Uint8Array
}

const mimes: Readonly<Record<string, string>> = {jpg: 'image/jpeg', svg: 'image/svg+xml', ico: 'image/x-icon'}

/**
 * Reads a picture. Sizes are those of the decoded picture, after any rotation that its file asks for. Within the limits
 * the bytes are sent unchanged and nothing is decoded. Otherwise the picture is scaled to the nearest size of the same
 * aspect ratio within the limits and sent as PNG. Throws LanternError `bad-file` naming the picture.
 */
export async function readImage(image: ImageRef, limits: PixelLimits): Promise<SentImage> {
  const bytes = await image.bytes()
  const {width, height, type} = await sizeAsDecoded(bytes, image)
  const [sentWidth, sentHeight] = sizeWithin(width, height, limits)
  const seen = {sha256: sha256(bytes), width, height, sentWidth, sentHeight}
  if (sentWidth === width && sentHeight === height) {
    if (!isWhole(bytes, type))
      throw new LanternError(
        'bad-file',
        `The picture ${image.source} is cut off (${bytes.length} bytes).`,
        'Run `lantern-eval bench verify`.',
      )
    return {seen, mime: mimes[type] ?? `image/${type}`, bytes}
  }
  return {seen, mime: 'image/png', bytes: await resize(bytes, sentWidth, sentHeight, image)}
}

/**
 * The nearest size with the same aspect ratio whose number of pixels is within the limits (at least 1 x 1).
 */
export function sizeWithin(
  width: number,
  height: number,
  {minPixels = 0, maxPixels = Infinity}: PixelLimits,
): [number, number] {
  const pixels = width * height
  if (pixels <= maxPixels && pixels >= minPixels) return [width, height]
  const scale = Math.sqrt((pixels > maxPixels ? maxPixels : minPixels) / pixels)
  const round = scale < 1 ? Math.floor : Math.ceil
  return [Math.max(1, round(width * scale)), Math.max(1, round(height * scale))]
}

async function resize(
  bytes: Uint8Array,
  width: number,
  height: number,
  {source, orientation}: ImageRef,
): Promise<Uint8Array> {
  const {default: sharp} = await import('sharp')
  try {
    const picture = sharp(bytes, {failOn: 'truncated'}).resize(width, height, {fit: 'fill', kernel: 'lanczos3'})
    return await (orientation === 'apply' ? picture.autoOrient() : picture).png().toBuffer()
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The picture ${source} cannot be decoded: ${messageOf(error)}.`,
      'Run `lantern-eval bench verify`.',
    )
  }
}
