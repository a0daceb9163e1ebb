// Joins several pictures side by side on black, as other harnesses do for models that take a single picture.
import type {PictureRow} from '../core/prompt-form.js'
import type {ImageRef} from '../core/sample.js'
import {workedOn} from './decoded-picture.js'

/**
 * Joins pictures from left to right into one lossless PNG, when its bytes are read. Resizing is bicubic, like Pillow's
 * default.
 */
export function joinedPicture(images: readonly ImageRef[], row: PictureRow): ImageRef {
  return {
    source: images.map(({source}) => source).join(' + '),
    orientation: 'ignore',
    bytes: () => join(images, row),
  }
}

interface Decoded {
  readonly data: Buffer
  readonly width: number
  readonly height: number
}

async function join(images: readonly ImageRef[], {height, margin, align}: PictureRow): Promise<Uint8Array> {
  const {default: sharp} = await import('sharp')
  const pictures: Decoded[] = []
  for (const image of images) pictures.push(await decode(image, height))
  const tallest = Math.max(...pictures.map(picture => picture.height))
  const width = pictures.reduce((sum, picture) => sum + picture.width, margin * (pictures.length - 1))
  let left = 0
  const parts = pictures.map(({data, ...size}) => {
    const place = {left, top: align === 'top' ? 0 : Math.floor((tallest - size.height) / 2)}
    left += size.width + margin
    return {input: data, raw: {...size, channels: 3 as const}, ...place}
  })
  const canvas = sharp({create: {width, height: tallest, channels: 3, background: '#000'}})
  return canvas.composite(parts).removeAlpha().png().toBuffer()
}

/** The picture's RGB values, without transparency, resized to the given height. */
function decode(image: ImageRef, height: number | undefined): Promise<Decoded> {
  return workedOn(image, async ({picture, width: w, height: h}) => {
    if (height !== undefined)
      picture.resize(Math.max(1, Math.trunc((height / h) * w)), height, {fit: 'fill', kernel: 'cubic'})
    const {data, info} = await picture.raw().toBuffer({resolveWithObject: true})
    return {data, width: info.width, height: info.height}
  })
}
