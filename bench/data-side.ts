// Reads BLINK data in a separate process and reports the time and memory it took.
// Sides: `keys` (ids only), `samples` (texts), `pictures` (texts and every picture, 64 at a time like a remote run),
// `csv-parse` (the general-purpose parser over the same TSV).
import {createReadStream} from 'node:fs'
import {parse} from 'csv-parse'
import {loadBenchmark} from '../src/benchmarks/index.js'

const [side, path] = process.argv.slice(2) as [string, string]
const inFlight = 64
let samples = 0
let pictures = 0
let bytes = 0

async function readAll(withPictures: boolean): Promise<void> {
  const blink = await loadBenchmark('blink')
  const data = await blink.load(path, {split: 'val', seed: 0})
  const open = new Set<Promise<void>>()
  for await (const sample of data.samples()) {
    samples++
    if (!withPictures) continue
    const reading = Promise.all(sample.images.map(image => image.bytes())).then(read => {
      pictures += read.length
      for (const picture of read) bytes += picture.length
      open.delete(reading)
    })
    open.add(reading)
    if (open.size >= inFlight) await Promise.race(open)
  }
  await Promise.all(open)
}

const sides: Record<string, () => Promise<void>> = {
  async keys() {
    const data = await (await loadBenchmark('blink')).load(path, {split: 'val', seed: 0})
    samples = (await data.keys()).length
  },
  samples: () => readAll(false),
  pictures: () => readAll(true),
  async 'csv-parse'() {
    for await (const row of createReadStream(path).pipe(parse({delimiter: '\t', columns: true, relax_quotes: true}))) {
      samples++
      bytes += (row as {image: string}).image.length
    }
  },
}

const start = performance.now()
await sides[side]!()
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({samples, pictures, bytes, seconds, rssMb: process.resourceUsage().maxRSS / 1024}))
