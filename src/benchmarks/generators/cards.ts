// The vocabulary of pictures: every kind of card that a generated picture may contain, and how to draw it. worlds.ts
// combines cards into pictures. In the nano models, one card is one merged vision token (2 x 2 patches of 14 px).
import type {Box} from '../../core/sample.js'
import {
  type Colour,
  createRaster,
  drawGlyph,
  fillCircle,
  fillPolygon,
  fillRectangle,
  type Point,
  paste,
  type Raster,
  strokeRectangle,
} from './raster.js'

export const cardSize = 28
export const gridSize = 4
export const cardCount = gridSize * gridSize
export const pictureSize = cardSize * gridSize

/** Names of cards. A to D are left out because they label the options. */
export const letters = [...'EFGHJKLMNPRSTVXZ'] as const
export const palette = {
  red: [228, 80, 70],
  blue: [95, 140, 240],
  green: [90, 190, 100],
  yellow: [240, 215, 80],
  purple: [180, 110, 210],
  orange: [245, 155, 60],
} as const satisfies Record<string, Colour>
export type ColourName = keyof typeof palette
export const colourNames = Object.keys(palette) as ColourName[]
export const shapes = ['circle', 'square', 'triangle', 'star', 'diamond', 'cross'] as const
export type Shape = (typeof shapes)[number]
const tags = ['1', '2', 'A', 'B'] as const
type Tag = (typeof tags)[number]
export const axes = ['column', 'row'] as const
export type Axis = (typeof axes)[number]

export type Card =
  | {readonly kind: 'empty'}
  /** A letter and the letter it points to; a null target is the end mark. */
  | {readonly kind: 'pointer'; readonly letter: string; readonly target: string | null; readonly colour: ColourName}
  | {readonly kind: 'shape'; readonly shape: Shape; readonly colour: ColourName; readonly size: 'large' | 'small'}
  /** A framed box with a tag in its corner and a shape inside. */
  | {readonly kind: 'box'; readonly tag: Tag; readonly shape: Shape; readonly colour: ColourName}
  /** Two small shapes: `first` is to the left of (axis column) or above (axis row) `second`. */
  | {
      readonly kind: 'pair'
      readonly axis: Axis
      readonly first: Shape
      readonly second: Shape
      readonly colour: ColourName
    }

/** Sixteen cards, row by row. */
export type Scene = readonly Card[]

/**
 * Every card that can be drawn, in a fixed order. A model that recognises all of these can recognise any card in a
 * picture.
 */
export function cardKinds(): Card[] {
  const painted = shapes.flatMap(shape => colourNames.map(colour => ({shape, colour})))
  return [
    {kind: 'empty'},
    ...letters.flatMap(letter =>
      [...letters.filter(target => target !== letter), null].flatMap(target =>
        colourNames.map(colour => ({kind: 'pointer', letter, target, colour}) as const),
      ),
    ),
    ...(['large', 'small'] as const).flatMap(size => painted.map(paint => ({kind: 'shape', ...paint, size}) as const)),
    ...tags.flatMap(tag => painted.map(paint => ({kind: 'box', tag, ...paint}) as const)),
    ...axes.flatMap(axis =>
      painted.flatMap(({shape: first, colour}) =>
        shapes.filter(second => second !== first).map(second => ({kind: 'pair', axis, first, second, colour}) as const),
      ),
    ),
  ]
}

/** The same text for equal cards, whatever the order of their properties. */
export function cardKey(card: Card): string {
  return Object.entries(card).sort().join()
}

/** Cache of drawn cards: there are few kinds and many pictures. */
const drawn = new Map<string, Raster>()

export const ink: Colour = [20, 20, 20]
export const paper: Colour = [250, 250, 250]
const rim: Colour = [215, 215, 215]

/** Outlines in hundredths of the radius, relative to the centre. The circle has none. */
const outlines: Readonly<Record<Exclude<Shape, 'circle'>, readonly Point[]>> = {
  square: [
    [-85, -85],
    [85, -85],
    [85, 85],
    [-85, 85],
  ],
  triangle: [
    [0, -100],
    [100, 80],
    [-100, 80],
  ],
  diamond: [
    [0, -100],
    [70, 0],
    [0, 100],
    [-70, 0],
  ],
  star: [
    [0, -105],
    [26, -35],
    [100, -32],
    [42, 13],
    [62, 85],
    [0, 44],
    [-62, 85],
    [-42, 13],
    [-100, -32],
    [-26, -35],
  ],
  cross: [
    [-33, -100],
    [33, -100],
    [33, -33],
    [100, -33],
    [100, 33],
    [33, 33],
    [33, 100],
    [-33, 100],
    [-33, 33],
    [-100, 33],
    [-100, -33],
    [-33, -33],
  ],
}

function fillShape(raster: Raster, shape: Shape, x: number, y: number, radius: number, colour: Colour): void {
  if (shape === 'circle') fillCircle(raster, x, y, radius, colour)
  else
    fillPolygon(
      raster,
      outlines[shape].map(([dx, dy]): Point => [x + (dx * radius) / 100, y + (dy * radius) / 100]),
      colour,
    )
}

/** Draws a filled shape with a dark contour, so that every colour stands out from the paper. */
function drawShape(raster: Raster, shape: Shape, x: number, y: number, radius: number, colour: ColourName): void {
  fillShape(raster, shape, x, y, radius + 1.5, ink)
  fillShape(raster, shape, x, y, radius, palette[colour])
}

/**
 * Draws one card, 28 x 28 px. A pointer card shows its own letter in the upper left patch, and its target or the end
 * mark in the lower right one.
 */
export function drawCard(card: Card): Raster {
  const key = cardKey(card)
  const known = drawn.get(key)
  if (known !== undefined) return known
  const raster = createRaster(cardSize, cardSize, card.kind === 'pointer' ? palette[card.colour] : paper)
  strokeRectangle(raster, [0, 0, cardSize, cardSize], 1, card.kind === 'pointer' ? ink : rim)
  switch (card.kind) {
    case 'empty':
      break
    case 'pointer':
      drawGlyph(raster, card.letter, 4, 4, ink)
      fillRectangle(raster, 14, 14, 26, 26, ink)
      if (card.target === null) fillRectangle(raster, 17, 17, 23, 23, paper)
      else {
        drawGlyph(raster, card.target, 17, 16, paper)
        fillRectangle(raster, 3, 19, 9, 21, ink)
        fillPolygon(
          raster,
          [
            [8, 16],
            [13, 20],
            [8, 24],
          ],
          ink,
        )
      }
      break
    case 'shape':
      drawShape(raster, card.shape, 14, 14, card.size === 'large' ? 9.5 : 4.5, card.colour)
      break
    case 'box':
      strokeRectangle(raster, [0, 0, cardSize, cardSize], 2, ink)
      drawGlyph(raster, card.tag, 4, 4, ink)
      drawShape(raster, card.shape, 17, 17, 6, card.colour)
      break
    case 'pair': {
      const [x, y] = card.axis === 'column' ? [7, 0] : [0, 7]
      drawShape(raster, card.first, 14 - x, 14 - y, 4.5, card.colour)
      drawShape(raster, card.second, 14 + x, 14 + y, 4.5, card.colour)
    }
  }
  drawn.set(key, raster)
  return raster
}

/** Draws a scene, 112 x 112 px. */
export function drawScene(scene: Scene): Raster {
  const raster = createRaster(pictureSize, pictureSize, paper)
  scene.forEach((card, i) => {
    const [x, y] = cellBox(i)
    paste(raster, drawCard(card), x, y)
  })
  return raster
}

/** The pixel box of the i-th card of a picture. */
export function cellBox(i: number): Box {
  const [x, y] = [(i % gridSize) * cardSize, Math.floor(i / gridSize) * cardSize]
  return [x, y, x + cardSize, y + cardSize]
}
