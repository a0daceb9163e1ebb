// Pictures that a control shows in place of a sample's own: grey, another sample's, its own in pieces, its own without
// the evidence. Sizes stay, except with another sample's. Pixels are made when the bytes are read.
import {LanternError, messageOf} from '../core/errors.js'
import {type Random, random} from '../core/random.js'
import type {Box, ImageRef, Sample} from '../core/sample.js'

/**
 * `blank`: grey. `other`: another sample's. `shuffled`: in tiles of 28 pixels, permuted. `box-blacked`: the boxes of
 * the evidence are black (corrupt_image of GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py).
 */
export const pictureControls = ['blank', 'other', 'shuffled', 'box-blacked'] as const
export type PictureControl = (typeof pictureControls)[number]

/** The side of a shuffled tile: what one image token of Qwen2.5-VL covers at full size. */
const tile = 28
/** Middle grey, as image libraries count it. */
const grey = 128

export interface ControlSupply {
  /** The sample whose pictures `other` shows; null where no sample has another picture. */
  readonly other: Pick<Sample, 'images'> | null
  /** Run seed, benchmark and sample. */
  readonly seed: readonly (string | number)[]
}

/** The pictures to show for those of a sample, in their order. Reading one throws LanternError where there is none. */
export function controlledPictures(
  {images, boxes = []}: Pick<Sample, 'images' | 'boxes'>,
  control: PictureControl,
  {other, seed}: ControlSupply,
): readonly ImageRef[] {
  const shown = (image: ImageRef, index: number): ImageRef => {
    const source = `${image.source} (${control})`
    switch (control) {
      case 'other':
        return other?.images.length ? other.images[index % other.images.length]! : absent(source)
      case 'blank':
        return drawn(source, image, pixels => pixels.fill(grey))
      case 'shuffled':
        return drawn(source, image, (pixels, size) => shuffle(pixels, size, random(...seed, 'shuffled', index)))
      case 'box-blacked':
        // Boxes are in pixels of the first picture.
        if (index > 0) return image
        return boxes.length === 0
          ? boxless(source)
          : drawn(source, image, (pixels, size) => blacken(pixels, size, boxes))
    }
  }
  return images.map(shown)
}

function absent(source: string): ImageRef {
  return failing(source, 'No other sample of the selection has another picture.', 'Select more samples.')
}

function boxless(source: string): ImageRef {
  return failing(source, 'This sample has no box to make black.', 'Run it on samples that have boxes.')
}

function failing(source: string, sentence: string, suggestion: string): ImageRef {
  return {
    source,
    orientation: 'ignore',
    bytes: () => Promise.reject(new LanternError('unsupported', sentence, suggestion)),
  }
}

interface Size {
  readonly width: number
  readonly height: number
}

/** A lossless copy of a picture with other pixels, RGB. */
function drawn(source: string, image: ImageRef, draw: (pixels: Uint8Array, size: Size) => void): ImageRef {
  return {
    source,
    orientation: 'ignore',
    async bytes() {
      const {default: sharp} = await import('sharp')
      const file = await image.bytes()
      try {
        const picture = image.orientation === 'apply' ? sharp(file).autoOrient() : sharp(file)
        const {data, info} = await picture.toColourspace('srgb').removeAlpha().raw().toBuffer({resolveWithObject: true})
        const {width, height} = info
        draw(data, {width, height})
        return await sharp(data, {raw: {width, height, channels: 3}})
          .png({compressionLevel: 1})
          .toBuffer()
      } catch (error) {
        throw new LanternError('bad-file', `The picture ${image.source} cannot be decoded: ${messageOf(error)}.`)
      }
    },
  }
}

/** Permutes the whole tiles; the rest at the right and the lower edge stays. */
function shuffle(pixels: Uint8Array, {width, height}: Size, draws: Random): void {
  const columns = Math.floor(width / tile)
  const before = Uint8Array.from(pixels)
  const places = Array.from({length: columns * Math.floor(height / tile)}, (_, place) => place)
  for (const [to, from] of draws.shuffle(places).entries()) {
    const at = (place: number, row: number) =>
      3 * ((Math.floor(place / columns) * tile + row) * width + (place % columns) * tile)
    for (let row = 0; row < tile; row++)
      pixels.set(before.subarray(at(from, row), at(from, row) + 3 * tile), at(to, row))
  }
}

/** Fills boxes black, their right and lower edges included, as Pillow draws rectangles. */
function blacken(pixels: Uint8Array, {width, height}: Size, boxes: readonly Box[]): void {
  for (const [x1, y1, x2, y2] of boxes) {
    const [left, right] = [Math.max(0, Math.trunc(x1)), Math.min(width - 1, Math.trunc(x2))]
    for (let y = Math.max(0, Math.trunc(y1)); y <= Math.min(height - 1, Math.trunc(y2)); y++)
      pixels.fill(0, 3 * (y * width + left), 3 * (y * width + right + 1))
  }
}
