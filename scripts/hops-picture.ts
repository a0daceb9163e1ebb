// Draws fixtures/pictures/hops-chain.png for the README: one built-in hops item, enlarged, with its chain as arrows.
//
//   npx tsx scripts/hops-picture.ts
import {mkdir, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {pictureSize} from '../src/benchmarks/generators/cards.js'
import {hopsTasks} from '../src/benchmarks/generators/hops-tasks.js'
import {builtinSeed} from '../src/benchmarks/generators/index.js'
import {drawItem, evidenceBoxes, rasters} from '../src/benchmarks/generators/item.js'
import {encodePng} from '../src/benchmarks/generators/png.js'
import {
  type Colour,
  createRaster,
  fillPolygon,
  fillRectangle,
  type Point,
  type Raster,
  strokeLine,
  strokeRectangle,
} from '../src/benchmarks/generators/raster.js'

const zoom = 4
const [subtask, index] = ['hops-3', 2] as const
const [halo, stroke]: [Colour, Colour] = [
  [255, 255, 255],
  [200, 0, 120],
]

function enlarge(source: Raster): Raster {
  const target = createRaster(source.width * zoom, source.height * zoom, halo)
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < source.width; x++) {
      const from = (y * source.width + x) * 3
      const [red, green, blue] = source.data.subarray(from, from + 3)
      fillRectangle(target, x * zoom, y * zoom, (x + 1) * zoom, (y + 1) * zoom, [red!, green!, blue!])
    }
  }
  return target
}

/** Draws an arrow with a light contour from one point to another, leaving `gap` pixels at both ends. */
function drawArrow(raster: Raster, [x1, y1]: Point, [x2, y2]: Point, gap: number): void {
  const length = Math.hypot(x2 - x1, y2 - y1)
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length]
  const along = (t: number, aside: number): Point => [x1 + dx * t - dy * aside, y1 + dy * t + dx * aside]
  for (const [colour, grown] of [
    [halo, 2],
    [stroke, 0],
  ] as const) {
    strokeLine(raster, along(gap - grown, 0), along(length - gap - 10, 0), 4 + 2 * grown, colour)
    const [tip, back, wing] = [length - gap + 2 * grown, length - gap - 16 - grown, 9 + 1.5 * grown]
    fillPolygon(raster, [along(tip, 0), along(back, wing), along(back, -wing)], colour)
  }
}

const item = drawItem(hopsTasks.find(task => task.name === subtask)!, builtinSeed, index)
const picture = enlarge(rasters(item)[0]!)
const boxes = evidenceBoxes(item).map(box => box.map(value => value * zoom))
/** Slightly above the middle of each card, between its two letters. */
const middles = boxes.map(([x1, y1, x2]): Point => [(x1! + x2!) / 2, y1! + 0.48 * (x2! - x1!)])
for (const box of boxes) strokeRectangle(picture, box, 5, stroke)
for (let k = 1; k < middles.length; k++) drawArrow(picture, middles[k - 1]!, middles[k]!, 4)

const folder = fileURLToPath(new URL('../fixtures/pictures/', import.meta.url))
await mkdir(folder, {recursive: true})
await writeFile(`${folder}hops-chain.png`, encodePng(picture))
console.log(
  `${item.question} Options: ${item.options.join(', ')}. Chain: ${item.chain.join(' -> ')}. Answer: ${item.answer}. ${pictureSize * zoom} px.`,
)
