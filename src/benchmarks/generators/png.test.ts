import sharp from 'sharp'
import {random} from '../../core/random.js'
import {encodePng} from './png.js'
import {createRaster, fillCircle, fillRectangle, type Raster} from './raster.js'

/** A picture with plain areas, and noise at the right edge. */
function picture(width: number, height: number): Raster {
  const raster = createRaster(width, height, [200, 10, 90])
  fillCircle(raster, width / 2, height / 2, height / 3, [0, 255, 1])
  const noise = random('png.test', width, height)
  for (let y = 0; y < height; y++)
    fillRectangle(raster, width - 1, y, width, y + 1, [noise.integer(256), noise.integer(256), noise.integer(256)])
  return raster
}

test.each([
  [1, 1],
  [3, 7],
  [112, 112],
  [57, 300],
])('sharp decodes a %d x %d raster to the same bytes', async (width, height) => {
  const raster = picture(width, height)
  const {data, info} = await sharp(encodePng(raster)).raw().toBuffer({resolveWithObject: true})
  expect([info.width, info.height, info.channels]).toEqual([width, height, 3])
  expect(Buffer.compare(data, Buffer.from(raster.data))).toBe(0)
})
