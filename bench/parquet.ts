// 10,000 samples with a 100 kB picture each, from one parquet file, within 500 MB of memory.
// The file has 1 GB in row groups of 32 MB. It is created in a temporary folder and removed. Fails when memory exceeds
// the bound.
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {writeBlinkParquet} from './support/blink-parquet.js'
import {measureData} from './support/measure-data.js'

const samplesInAll = 10_000
const pictureBytes = 100_000
const rssBoundMb = 500

const folder = await mkdtemp(join(tmpdir(), 'bench-parquet-'))
try {
  const path = join(folder, 'val-00000-of-00001.parquet')
  await writeBlinkParquet(path, {samples: samplesInAll, pictureBytes})
  const {size} = await stat(path)
  console.log(`a parquet file of ${(size / 1e6).toFixed(0)} MB`)
  let failed = false
  for (const [side, wanted] of [
    ['keys', samplesInAll],
    ['samples', samplesInAll],
    ['subset', samplesInAll / 20],
    ['run', samplesInAll],
  ] as const) {
    const {samples, rssMb} = await measureData(side, path, size)
    failed ||= samples !== wanted || rssMb > rssBoundMb
  }
  console.log(failed ? `FAILED: RSS above ${rssBoundMb} MB or samples lost` : `ok: RSS below ${rssBoundMb} MB`)
  if (failed) process.exitCode = 1
} finally {
  await rm(folder, {recursive: true})
}
