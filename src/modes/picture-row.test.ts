import sharp from 'sharp'
import type {ImageRef} from '../core/sample.js'
import {joinedPicture} from './picture-row.js'

const ref = (bytes: Uint8Array, orientation: ImageRef['orientation'] = 'ignore'): ImageRef => ({
  source: 'a.png',
  orientation,
  bytes: async () => bytes,
})
const solid = (width: number, height: number, background: string | object, channels: 3 | 4 = 3) =>
  sharp({create: {width, height, channels, background}})

async function pixelsOf(image: ImageRef) {
  const {data, info} = await sharp(await image.bytes())
    .raw()
    .toBuffer({resolveWithObject: true})
  return {...info, at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]}
}

it('drops transparency and gives grey pictures colours, as Pillow does when it pastes', async () => {
  const clear = await solid(4, 4, {r: 10, g: 20, b: 30, alpha: 0}, 4).png().toBuffer()
  const grey = await solid(4, 4, '#808080').greyscale().png().toBuffer()
  const {width, height, channels, at} = await pixelsOf(
    joinedPicture([ref(clear), ref(grey)], {margin: 2, align: 'top'}),
  )
  expect([width, height, channels]).toEqual([10, 4, 3])
  expect([at(0, 0), at(4, 0), at(6, 0)]).toEqual([
    [10, 20, 30],
    [0, 0, 0],
    [128, 128, 128],
  ])
})

it('gives a lone picture the height of a row', async () => {
  const {width, height} = await pixelsOf(
    joinedPicture([ref(await solid(33, 100, '#fff').png().toBuffer())], {height: 512, margin: 0, align: 'top'}),
  )
  // int(512 / 100 * 33)
  expect([width, height]).toEqual([168, 512])
})

it('turns a picture that is stored lying only where its layout says so', async () => {
  const lying = await solid(6, 3, '#fff').jpeg().withMetadata({orientation: 6}).toBuffer()
  const row = {margin: 0, align: 'top'} as const
  const size = async (orientation: ImageRef['orientation']) => {
    const {width, height} = await pixelsOf(joinedPicture([ref(lying, orientation)], row))
    return [width, height]
  }
  expect(await size('apply')).toEqual([3, 6])
  expect(await size('ignore')).toEqual([6, 3])
})

it('names the picture that cannot be decoded', async () => {
  const broken = joinedPicture([ref(await solid(2, 2, '#fff').png().toBuffer()), ref(Uint8Array.of(1))], {
    margin: 0,
    align: 'top',
  })
  await expect(broken.bytes()).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('a.png')})
})
