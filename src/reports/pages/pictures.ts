// The pictures and boxes of samples, out of the data where the run found them. Data that are no longer there, or that
// cannot be read, leave a sentence in place of the picture.
import type {DataSet} from '../../benchmarks/benchmark.js'
import {loadBenchmark, openData} from '../../benchmarks/index.js'
import {messageOf} from '../../core/errors.js'
import type {ImageRef, Sample} from '../../core/sample.js'
import type {RunFolder} from '../../run-folder/reader.js'
import {dataOf} from '../samples.js'

export interface PictureFile {
  readonly bytes: Uint8Array
  readonly type: string
}

/** Opens the data of one benchmark of a run when the first sample is asked for. */
export class RunData {
  #opened: Promise<DataSet> | undefined

  constructor(
    private readonly folder: RunFolder,
    private readonly bench: string,
  ) {}

  /** A sample as the data have it. Throws LanternError where they are not there. */
  async sample(id: string): Promise<Sample | null> {
    this.#opened ??= this.#open()
    const data = await this.#opened
    for await (const sample of data.samples(new Set([id]))) return sample
    return null
  }

  async #open(): Promise<DataSet> {
    const {lock} = this.folder
    const {split} = lock.benchmarks.find(({id}) => id === this.bench)!
    const place = dataOf(lock)[this.bench]
    if (place === undefined) throw new Error('the run does not say where its data lie')
    return openData(await loadBenchmark(this.bench), place, {split, seed: lock.seeds.run})
  }
}

/** What the data say of a sample, or why they say nothing. */
export async function sampleIn(data: RunData, id: string): Promise<{sample: Sample | null; problem: string | null}> {
  try {
    const sample = await data.sample(id)
    return {sample, problem: sample === null ? 'The data no longer hold this sample.' : null}
  } catch (error) {
    return {sample: null, problem: `The data of this run cannot be read: ${messageOf(error)}`}
  }
}

/** Raster formats that every browser shows, by their first bytes. Others are decoded and written anew. */
const shown: readonly (readonly [type: string, start: string])[] = [
  ['image/png', '89504e47'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
]

/** A picture as a browser can show it. Never a document such as SVG. Throws what reading or decoding throws. */
export async function pictureFile(image: ImageRef): Promise<PictureFile> {
  const bytes = await image.bytes()
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  const known = shown.find(([, magic]) => start.startsWith(magic))
  if (known !== undefined) return {bytes, type: known[0]}
  const {default: sharp} = await import('sharp')
  const file = sharp(bytes)
  return {bytes: await (image.orientation === 'apply' ? file.autoOrient() : file).png().toBuffer(), type: 'image/png'}
}

/** Longest side of a thumbnail in pixels. */
const thumbnailSide = 480

/** A picture of at most 480 pixels a side as JPEG. Throws what reading or decoding throws. */
export async function thumbnail(image: ImageRef): Promise<PictureFile> {
  const {default: sharp} = await import('sharp')
  const file = sharp(await image.bytes())
  const bytes = await (image.orientation === 'apply' ? file.autoOrient() : file)
    .resize({width: thumbnailSide, height: thumbnailSide, fit: 'inside', withoutEnlargement: true})
    .flatten({background: '#ffffff'})
    .jpeg({quality: 80})
    .toBuffer()
  return {bytes, type: 'image/jpeg'}
}
