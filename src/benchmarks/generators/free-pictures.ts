// Pictures that do not consist of cards: posts on a road, and a pattern with a missing corner.
import type {Random} from '../../core/random.js'
import {colourNames, ink, palette, paper, pictureSize} from './cards.js'
import {
  type Colour,
  createRaster,
  crop,
  drawGlyph,
  fillCircle,
  fillPolygon,
  fillRectangle,
  type Raster,
} from './raster.js'
import {sample} from './worlds.js'

const horizon = 34
/** Distance below the horizon, in pixels, at which a post of distance 1 stands. */
const nearest = 74

/**
 * Draws a post at the given distance (1 is nearest). With distance its foot rises towards the horizon and its size
 * shrinks in proportion.
 */
function drawPost(raster: Raster, distance: number, x: number, colour: Colour, tag?: string): void {
  const foot = Math.round(horizon + nearest / distance)
  const height = Math.round(84 / distance)
  const half = Math.max(2, Math.round(11 / distance))
  fillRectangle(raster, x - half, foot - height, x + half, foot, ink)
  fillRectangle(raster, x - half + 1, foot - height + 1, x + half - 1, foot - 1, colour)
  if (tag === undefined) return
  fillRectangle(raster, x - 5, foot - height - 13, x + 6, foot - height, ink)
  drawGlyph(raster, tag, x - 3, foot - height - 11, paper)
}

/** A road to the horizon with the posts A and B; `closer` says which is closer (0 for A, 1 for B). */
export function roadPicture(random: Random, closer: number): Raster {
  const raster = createRaster(pictureSize, pictureSize, [190, 215, 240])
  fillRectangle(raster, 0, horizon, pictureSize, pictureSize, [150, 175, 120])
  const vanishing = 40 + random.integer(33)
  fillPolygon(
    raster,
    [
      [vanishing - 2, horizon],
      [vanishing + 2, horizon],
      [vanishing + 62, pictureSize],
      [vanishing - 62, pictureSize],
    ],
    [120, 120, 125],
  )
  const near = 1.2 + 0.3 * random.next()
  const far = near * (1.7 + 0.5 * random.next())
  const [left, right] = [16 + random.integer(20), 76 + random.integer(20)]
  const [nearX, farX] = random.integer(2) === 0 ? [left, right] : [right, left]
  const [one, two] = sample(random, colourNames, 2)
  drawPost(raster, far, farX, palette[one!], closer === 0 ? 'B' : 'A')
  drawPost(raster, near, nearX, palette[two!], closer === 0 ? 'A' : 'B')
  return raster
}

/** A pattern consists of a ground, a diagonal band and a disc, all of which reach into the lower right corner. */
interface Pattern {
  readonly colours: readonly [ground: Colour, band: Colour, disc: Colour]
  /** How far the band runs above the lower right diagonal. */
  readonly shift: number
  readonly radius: number
}

function drawPattern({colours, shift, radius}: Pattern): Raster {
  const raster = createRaster(pictureSize, pictureSize, colours[0])
  fillPolygon(
    raster,
    [
      [0, shift],
      [pictureSize, pictureSize - 40 + shift],
      [pictureSize, pictureSize - 15 + shift],
      [0, shift + 25],
    ],
    colours[1],
  )
  fillCircle(raster, pictureSize / 2, pictureSize / 2, radius, colours[2])
  return raster
}

/**
 * `whole` is a pattern with its lower right quarter blacked out, `right` is that quarter, and `wrong` is the same
 * quarter of a pattern with other colours and dimensions.
 */
export function jigsawPictures(random: Random): {whole: Raster; right: Raster; wrong: Raster} {
  const [ground, band, disc, other] = sample(random, colourNames, 4).map(name => palette[name]) as [
    Colour,
    Colour,
    Colour,
    Colour,
  ]
  const pattern: Pattern = {
    colours: [ground, band, disc],
    shift: 10 + random.integer(25),
    radius: 22 + random.integer(8),
  }
  const whole = drawPattern(pattern)
  const half = pictureSize / 2
  const right = crop(whole, half, half, pictureSize, pictureSize)
  const wrong = crop(
    drawPattern({colours: [ground, other, band], shift: pattern.shift > 22 ? 4 : 40, radius: pattern.radius + 16}),
    half,
    half,
    pictureSize,
    pictureSize,
  )
  fillRectangle(whole, half, half, pictureSize, pictureSize, [0, 0, 0])
  return {whole, right, wrong}
}
