// The size of a picture, from the header of its file. Nothing is decoded, and if the source allows it the rest is not
// read.
import {imageSize} from 'image-size'
import {LanternError, messageOf} from '../core/errors.js'
import type {ImageRef} from '../core/sample.js'
import {mayBeTurned} from './picture-file.js'

/** Pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Enough for the header of almost every file. A JPEG with a large preview before its size is read whole. */
const headBytes = 1 << 16

/**
 * The size of a picture as decoded: upright if its source asks for that. Throws LanternError `bad-file` or
 * `data-absent`.
 */
export async function pictureSize(image: ImageRef): Promise<Size> {
  if (image.orientation === 'apply') return sizeAsDecoded(await image.bytes(), image)
  const head = await image.head?.(headBytes)
  if (head !== undefined) {
    try {
      return sizeOf(head, image.source)
    } catch {
      // The header was cut. The whole file gives the size, or the error.
    }
  }
  return sizeOf(await image.bytes(), image.source)
}

/**
 * Size and type from the file's header, without regard to orientation. Throws LanternError `bad-file` naming the
 * picture.
 */
export function sizeOf(bytes: Uint8Array, source: string): Size & {readonly type: string} {
  try {
    const {width, height, type} = imageSize(bytes)
    if (type !== undefined && width > 0 && height > 0) return {width, height, type}
  } catch {
    // Reported below: the library's own messages do not name the picture.
  }
  throw new LanternError(
    'bad-file',
    `The picture ${source} is in an unknown image format.`,
    'Run `lantern-eval bench verify`.',
  )
}

/**
 * The size of a picture as it is decoded, from the bytes of its file, and the type of the file.
 * Each format stores the orientation in a different place. sharp knows all of them and will rotate the picture, so it
 * is asked whenever there may be an orientation.
 * Throws LanternError `bad-file` naming the picture.
 */
export async function sizeAsDecoded(
  bytes: Uint8Array,
  {source, orientation}: Pick<ImageRef, 'source' | 'orientation'>,
): Promise<Size & {readonly type: string}> {
  const stored = sizeOf(bytes, source)
  const {type} = stored
  if (orientation === 'ignore' || type === 'bmp' || !mayBeTurned(bytes, type)) return stored
  const {default: sharp} = await import('sharp')
  try {
    const {width, height} = (await sharp(bytes).metadata()).autoOrient
    return {width, height, type}
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The picture ${source} cannot be read: ${messageOf(error)}.`,
      'Run `lantern-eval bench verify`.',
    )
  }
}
