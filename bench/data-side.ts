// Reads BLINK data in a separate process and reports the time and memory it took.
// Sides: `keys` (ids only), `samples` (texts), `subset` (ids, then one of 20 samples with their pictures), `run` (ids,
// then every sample with its pictures, each asked for by three arms), `csv-parse` (the general-purpose parser over the
// same TSV). Pictures are read for eight samples at a time.
import {createReadStream} from 'node:fs'
import {parse} from 'csv-parse'
import {loadBenchmark} from '../src/benchmarks/index.js'
import {readOnce} from '../src/evaluation/read-once.js'

const [side, path] = process.argv.slice(2) as [string, string]
const inFlight = 8
const arms = 3
let samples = 0
let pictures = 0
let bytes = 0

async function open() {
  return (await loadBenchmark('blink')).load(path, {split: 'val', seed: 0})
}

/** Selects every `step`-th sample by its key, and reads it as a run does. */
async function run(step: number): Promise<void> {
  const data = await open()
  const keys = (await data.keys()).filter((_, index) => index % step === 0)
  const once = readOnce()
  const inProgress = new Set<Promise<void>>()
  for await (const stored of data.samples(new Set(keys.map(({id}) => id)))) {
    samples++
    const {images} = once(stored)
    const reading = Promise.all(Array.from({length: arms}, () => images.map(image => image.bytes())).flat()).then(
      read => {
        pictures += read.length / arms
        for (const picture of new Set(read)) bytes += picture.length
        inProgress.delete(reading)
      },
    )
    inProgress.add(reading)
    if (inProgress.size >= inFlight) await Promise.race(inProgress)
  }
  await Promise.all(inProgress)
}

const sides: Record<string, () => Promise<void>> = {
  async keys() {
    samples = (await (await open()).keys()).length
  },
  async samples() {
    for await (const _ of (await open()).samples()) samples++
  },
  subset: () => run(20),
  run: () => run(1),
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
