// Draws a contact sheet of generated items for visual inspection: pictures with question, options (the right one
// starred) and evidence boxes.
//
//   npx tsx scripts/contact-sheet.ts --out sheet.png [--subtask hops-3,attr] [--n 12] [--seed N] [--columns 4]
//
// The captions use whatever font the machine has, so do not commit a sheet.
import {parseArgs} from 'node:util'
import sharp from 'sharp'
import {builtinSeed, generated} from '../src/benchmarks/generators/index.js'
import {evidenceBoxes, type Item, rasters, shareOut, type Task} from '../src/benchmarks/generators/item.js'

const tasks = Object.values(generated).flatMap(({tasks}): readonly Task[] => tasks)
const {values} = parseArgs({
  options: {
    out: {type: 'string', default: 'sheet.png'},
    subtask: {type: 'string', default: tasks.map(task => task.name).join(',')},
    n: {type: 'string', default: '12'},
    seed: {type: 'string', default: `${builtinSeed}`},
    columns: {type: 'string', default: '4'},
  },
})
const names = values.subtask.split(',')
const shares = shareOut(
  tasks.filter(task => names.includes(task.name)),
  Number(values.n),
  Number(values.seed),
)
const items = shares.flatMap(({items}) => [...items])

const zoom = 2
const columns = Number(values.columns)
const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** One tile: the enlarged pictures of an item side by side, above the caption. */
async function tile(item: Item) {
  const pictures = rasters(item)
  const width = pictures.reduce((sum, picture) => sum + picture.width * zoom + 8, 0)
  const height = Math.max(...pictures.map(picture => picture.height * zoom))
  const boxes = evidenceBoxes(item).map(
    ([x1, y1, x2, y2], k) =>
      `<rect x="${x1 * zoom}" y="${y1 * zoom}" width="${(x2 - x1) * zoom}" height="${(y2 - y1) * zoom}" fill="none" stroke="#e0f" stroke-width="2"/>` +
      `<text x="${x2 * zoom - 12}" y="${y1 * zoom + 14}" font-size="14" fill="#e0f">${k}</text>`,
  )
  const options = item.options.map((option, k) => (k === item.gold ? `*${option}` : option)).join('  ')
  const lines = [
    item.id,
    ...(item.question.match(/.{1,44}(\s|$)/g) ?? []),
    options || item.answer,
    `chain ${item.chain.join(' ')}`,
  ]
  const captions = lines.map(
    (line, k) => `<text x="2" y="${height + 16 + k * 15}" font-size="12">${escapeXml(line)}</text>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 85}" font-family="sans-serif">${boxes.join('')}${captions.join('')}</svg>`
  let x = 0
  const layers = []
  for (const picture of pictures) {
    const input = await sharp(picture.data, {raw: {width: picture.width, height: picture.height, channels: 3}})
      .resize(picture.width * zoom, picture.height * zoom, {kernel: 'nearest'})
      .png()
      .toBuffer()
    layers.push({input, left: x, top: 0})
    x += picture.width * zoom + 8
  }
  return {width, height: height + 90, layers: [...layers, {input: Buffer.from(svg), left: 0, top: 0}]}
}

const tiles = await Promise.all(items.map(tile))
const width = Math.max(...tiles.map(each => each.width))
const height = Math.max(...tiles.map(each => each.height))
await sharp({
  create: {
    width: width * columns,
    height: height * Math.ceil(tiles.length / columns),
    channels: 3,
    background: 'white',
  },
})
  .composite(
    tiles.flatMap((each, i) =>
      each.layers.map(layer => ({
        ...layer,
        left: layer.left + (i % columns) * width,
        top: layer.top + Math.floor(i / columns) * height,
      })),
    ),
  )
  .png()
  .toFile(values.out)
