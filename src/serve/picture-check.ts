// Pictures from outside: their type and size are looked at before anything is decoded.
import {messageOf} from '../core/errors.js'
import {serveLimits as limits} from '../core/limits.js'
import type {ImageRef} from '../core/sample.js'
import {sizeOf} from '../runners/picture-size.js'
import {wrong} from './request-fields.js'

/** Types of pixels. Others are programs to be run (SVG), or rare enough that nobody sends them. */
const types: ReadonlySet<string> = new Set(['png', 'jpg', 'webp', 'gif', 'bmp', 'tiff', 'heif'])

/** Throws `Refusal` for what is no picture, and for a few bytes that would become more pixels than anybody needs. */
export async function checkPictures(pictures: readonly ImageRef[]): Promise<void> {
  let pixels = 0
  for (const image of pictures) {
    const {width, height, type} = sizeIn(await image.bytes(), image.source)
    if (!types.has(type)) throw wrong(image.source, `is of the type ${type}; send png, jpeg, webp, gif, bmp or tiff`)
    pixels += width * height
    if (pixels > limits.pixels) throw wrong(image.source, `makes more than ${limits.pixels} pixels in one request`)
  }
}

function sizeIn(bytes: Uint8Array, source: string): ReturnType<typeof sizeOf> {
  try {
    return sizeOf(bytes, source)
  } catch (error) {
    throw wrong(source, `cannot be read: ${messageOf(error).replace(/\.$/, '')}`)
  }
}
