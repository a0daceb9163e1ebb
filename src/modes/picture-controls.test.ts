import sharp from 'sharp'
import type {Box, ImageRef} from '../core/sample.js'
import {controlledPictures, type PictureControl} from './picture-controls.js'

const [width, height] = [60, 31]
/** Every pixel is another one: its column, its row, and a constant. */
const pixels = Uint8Array.from({length: 3 * width * height}, (_, i) => {
  const pixel = Math.floor(i / 3)
  return [pixel % width, Math.floor(pixel / width), 7][i % 3]!
})
const png = sharp(pixels, {raw: {width, height, channels: 3}})
  .png()
  .toBuffer()
const picture = (source: string, bytes = () => png): ImageRef => ({source, orientation: 'ignore', bytes})
const [own, second] = [picture('own.png'), picture('second.png')]

async function shown(control: PictureControl, boxes: Box[] = [], seed: (string | number)[] = [0]) {
  const other = {images: [picture('other.png')]}
  const [first] = controlledPictures({images: [own, second], boxes}, control, {other, seed})
  const {data, info} = await sharp(await first!.bytes())
    .raw()
    .toBuffer({resolveWithObject: true})
  expect([info.width, info.height, info.channels]).toEqual([width, height, 3])
  return {
    source: first!.source,
    at: (x: number, y: number) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)],
    data,
  }
}

it('blank is grey all over, in the size of the picture', async () => {
  const {data, source} = await shown('blank')
  expect(new Set(data)).toEqual(new Set([128]))
  expect(source).toBe('own.png (blank)')
})

it('other is the other sample’s picture, again where it has fewer', () => {
  const other = {images: [picture('other.png')]}
  const pictures = controlledPictures({images: [own, second]}, 'other', {other, seed: []})
  expect(pictures.map(({source}) => source)).toEqual(['other.png', 'other.png'])
})

it('shuffled has the same tiles in other places, by the seed; the rest at the edges stays', async () => {
  const {data, at} = await shown('shuffled')
  expect([...data].sort()).toEqual([...pixels].sort())
  // Two whole tiles of 28 pixels in a row: they change places, or not.
  const swapped = at(0, 0)[0] === 28
  expect(at(1, 2)).toEqual([swapped ? 29 : 1, 2, 7])
  expect([at(57, 3), at(3, 29)]).toEqual([
    [57, 3, 7],
    [3, 29, 7],
  ])
  const seen = await Promise.all(
    Array.from({length: 16}, (_, seed) => seed).map(async seed => (await shown('shuffled', [], [seed])).at(0, 0)[0]),
  )
  expect(new Set(seen)).toEqual(new Set([0, 28]))
})

it('box-blacked is black within the boxes, their right and lower edges included', async () => {
  const {at} = await shown('box-blacked', [
    [2, 3, 5, 6],
    [58, 30, 99, 99],
  ])
  expect([at(2, 3), at(5, 6), at(59, 30)]).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ])
  expect([at(1, 3), at(6, 6), at(5, 7), at(57, 30)]).toEqual([
    [1, 3, 7],
    [6, 6, 7],
    [5, 7, 7],
    [57, 30, 7],
  ])
  // Boxes are of the first picture.
  expect(
    controlledPictures({images: [own, second], boxes: [[1, 1, 2, 2]]}, 'box-blacked', {other: null, seed: []})[1],
  ).toBe(second)
})

it('says what is missing when the picture is asked for', async () => {
  const read = (control: PictureControl) =>
    controlledPictures({images: [own]}, control, {other: null, seed: []})[0]!.bytes()
  await expect(read('other')).rejects.toThrow('No other sample')
  await expect(read('box-blacked')).rejects.toThrow('has no box')
  const broken = picture('x.png', async () => Buffer.from('no picture'))
  const [blank] = controlledPictures({images: [broken]}, 'blank', {other: null, seed: []})
  await expect(blank!.bytes()).rejects.toThrow('x.png cannot be decoded')
})
