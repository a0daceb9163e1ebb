// Opens a sample's picture for work on its pixels.
import {LanternError, messageOf} from '../core/errors.js'
import type {ImageRef} from '../core/sample.js'

/**
 * What `work` makes of a picture without transparency, given upright where its reference asks for that, with its size
 * in pixels. Throws LanternError `bad-file` naming the picture.
 */
export async function workedOn<T>(image: ImageRef, work: (opened: Opened) => Promise<T>): Promise<T> {
  const file = await image.bytes()
  try {
    return await work(await opened(file, image))
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The picture ${image.source} cannot be decoded: ${messageOf(error)}.`,
      'Run `lantern-eval bench verify`.',
    )
  }
}

type Opened = Awaited<ReturnType<typeof opened>>

async function opened(file: Uint8Array, {orientation}: ImageRef) {
  const {default: sharp} = await import('sharp')
  const picture = sharp(orientation === 'apply' ? await sharp(file).autoOrient().png().toBuffer() : file)
  const {width, height} = await picture.metadata()
  return {picture: picture.toColourspace('srgb').removeAlpha(), width, height}
}
