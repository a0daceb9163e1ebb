// A small rasteriser: RGB pictures, filled shapes, glyphs. It uses no anti-aliasing, so that a picture's bytes are the
// same on every machine. Not for photographs.
import {glyph} from './font.js'

export type Colour = readonly [red: number, green: number, blue: number]
export type Point = readonly [x: number, y: number]

/** Row-major RGB, 8 bits a channel. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

export function createRaster(width: number, height: number, colour: Colour): Raster {
  const raster = {width, height, data: new Uint8Array(width * height * 3)}
  fillRectangle(raster, 0, 0, width, height, colour)
  return raster
}

function setPixel(raster: Raster, x: number, y: number, colour: Colour): void {
  if (x < 0 || y < 0 || x >= raster.width || y >= raster.height) return
  raster.data.set(colour, (y * raster.width + x) * 3)
}

/** Fills [x1, x2) x [y1, y2). */
export function fillRectangle(raster: Raster, x1: number, y1: number, x2: number, y2: number, colour: Colour): void {
  for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) setPixel(raster, x, y, colour)
}

/** Draws a frame of `thickness` pixels just inside [x1, x2) x [y1, y2). */
export function strokeRectangle(
  raster: Raster,
  [x1, y1, x2, y2]: readonly number[],
  thickness: number,
  colour: Colour,
): void {
  fillRectangle(raster, x1!, y1!, x2!, y1! + thickness, colour)
  fillRectangle(raster, x1!, y2! - thickness, x2!, y2!, colour)
  fillRectangle(raster, x1!, y1!, x1! + thickness, y2!, colour)
  fillRectangle(raster, x2! - thickness, y1!, x2!, y2!, colour)
}

/** Fills the pixels whose centre lies within `radius` of (x, y). */
export function fillCircle(raster: Raster, x: number, y: number, radius: number, colour: Colour): void {
  for (let row = Math.floor(y - radius); row <= y + radius; row++)
    for (let column = Math.floor(x - radius); column <= x + radius; column++)
      if ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= radius ** 2) setPixel(raster, column, row, colour)
}

/** Fills the pixels whose centre lies inside the polygon (even-odd rule). */
export function fillPolygon(raster: Raster, points: readonly Point[], colour: Colour): void {
  const ys = points.map(point => point[1])
  for (let row = Math.floor(Math.min(...ys)); row <= Math.max(...ys); row++) {
    const y = row + 0.5
    const crossings: number[] = []
    points.forEach(([x1, y1], i) => {
      const [x2, y2] = points[(i + 1) % points.length]!
      if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1))
    })
    crossings.sort((a, b) => a - b)
    for (let k = 0; k + 1 < crossings.length; k += 2)
      for (let x = Math.ceil(crossings[k]! - 0.5); x + 0.5 < crossings[k + 1]!; x++) setPixel(raster, x, row, colour)
  }
}

/** Draws a straight line of the given thickness between two points. */
export function strokeLine(raster: Raster, [x1, y1]: Point, [x2, y2]: Point, thickness: number, colour: Colour): void {
  const length = Math.hypot(x2 - x1, y2 - y1)
  const [dx, dy] = [((y2 - y1) / length) * (thickness / 2), ((x1 - x2) / length) * (thickness / 2)]
  fillPolygon(
    raster,
    [
      [x1 + dx, y1 + dy],
      [x2 + dx, y2 + dy],
      [x2 - dx, y2 - dy],
      [x1 - dx, y1 - dy],
    ],
    colour,
  )
}

/** Draws one glyph with its top left corner at (x, y). Every font pixel becomes one pixel. */
export function drawGlyph(raster: Raster, character: string, x: number, y: number, colour: Colour): void {
  glyph(character).forEach((row, dy) => {
    for (let dx = 0; dx < row.length; dx++) {
      if (row[dx] !== '#') continue
      setPixel(raster, x + dx, y + dy, colour)
    }
  })
}

/** Copies `source` onto `target` with its top left corner at (x, y). It must fit. */
export function paste(target: Raster, source: Raster, x: number, y: number): void {
  for (let row = 0; row < source.height; row++) {
    const from = row * source.width * 3
    target.data.set(source.data.subarray(from, from + source.width * 3), ((y + row) * target.width + x) * 3)
  }
}

/** A copy of [x1, x2) x [y1, y2). */
export function crop(source: Raster, x1: number, y1: number, x2: number, y2: number): Raster {
  const [width, height] = [x2 - x1, y2 - y1]
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((y1 + row) * source.width + x1) * 3
    data.set(source.data.subarray(from, from + width * 3), row * width * 3)
  }
  return {width, height, data}
}
