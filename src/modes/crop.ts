// The part of a picture inside a box, as VisCoT's evaluation cuts it out for its second turn.
import type {Box, ImageRef} from '../core/sample.js'
import {workedOn} from './decoded-picture.js'

/** A crop has at least twice this many pixels on a side, where the picture has them. */
const smallestHalf = 112

/**
 * Where a box cuts a width x height picture: a square about its centre, moved into the picture and cut off at its
 * edges, in whole pixels. The box lies on the picture padded to a square; it is taken for shares of that square's side
 * if its numbers sum to less than 5, and for pixels otherwise.
 * Rule: deepcs233/Visual-CoT 83212ae, llava/eval/model_cot_loader.py, cropwithbbox.
 */
export function cropRegion(box: Box, width: number, height: number): Box {
  const scale = box.reduce((sum, value) => sum + value, 0) < 5 ? Math.max(width, height) : 1
  const before = Math.floor(Math.abs(width - height) / 2)
  const onPicture = (value: number, padded: boolean) => (padded ? Math.max(0, value * scale - before) : value * scale)
  const [x1, x2] = [box[0], box[2]].map(value => onPicture(value, width <= height)) as [number, number]
  const [y1, y2] = [box[1], box[3]].map(value => onPicture(value, width > height)) as [number, number]
  const half = Math.max(Math.floor((x2 - x1) / 2), Math.floor((y2 - y1) / 2), smallestHalf)
  const span = (low: number, high: number, length: number): [number, number] => {
    let centre = Math.floor((low + high) / 2)
    if (centre - half < 0) centre += half - centre
    if (centre + half > length) centre -= centre + half - length
    return [Math.max(0, centre - half), Math.min(length, centre + half)]
  }
  const [left, right] = span(x1, x2, width)
  const [top, bottom] = span(y1, y2, height)
  return [left, top, right, bottom]
}

/** The picture inside the box, as a lossless PNG, when its bytes are read. */
export function croppedPicture(image: ImageRef, box: Box): ImageRef {
  return {source: `${image.source} [${box.join(', ')}]`, orientation: 'ignore', bytes: () => crop(image, box)}
}

function crop(image: ImageRef, box: Box): Promise<Uint8Array> {
  return workedOn(image, ({picture, width, height}) => {
    const [left, top, right, bottom] = cropRegion(box, width, height)
    return picture
      .extract({left, top, width: right - left, height: bottom - top})
      .png()
      .toBuffer()
  })
}
