// The size of a picture, from the head of its file. Nothing is decoded, and the rest is not even read where the source
// allows it.
import {imageSize} from 'image-size'
import {LanternError, messageOf} from '../core/errors.js'
import type {ImageRef} from '../core/sample.js'

/** Pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Enough for the head of almost every file; a JPEG with a large preview before its size is read whole. */
const headBytes = 1 << 16

/**
 * The size of a picture as decoded: upright if its source asks for that. Throws LanternError `bad-file` or
 * `data-absent`.
 */
export async function pictureSize(image: ImageRef): Promise<Size> {
  if (image.orientation === 'apply') return uprightSize(await image.bytes(), image.source)
  const head = await image.head?.(headBytes)
  if (head !== undefined) {
    try {
      return sizeOf(head, image.source)
    } catch {
      // The head was too short. The whole file gives the size, or the error.
    }
  }
  return sizeOf(await image.bytes(), image.source)
}

/** Size and type by the file's head, without its orientation. Throws LanternError `bad-file` naming the picture. */
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

/** Orientation is in a different place in every format; sharp, which rotates the picture later, knows them. */
async function uprightSize(bytes: Uint8Array, source: string): Promise<Size> {
  const {type, ...size} = sizeOf(bytes, source)
  if (type === 'bmp') return size
  const {default: sharp} = await import('sharp')
  try {
    const {width, height} = (await sharp(bytes).metadata()).autoOrient
    return {width, height}
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The picture ${source} cannot be read: ${messageOf(error)}.`,
      'Run `lantern-eval bench verify`.',
    )
  }
}
