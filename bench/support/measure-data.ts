// Runs ../data-side.ts over one file in a separate process, so that creating the file does not count.
import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

export interface DataMeasure {
  readonly samples: number
  readonly pictures: number
  readonly bytes: number
  readonly seconds: number
  readonly rssMb: number
}

/** Measures one side over one path, and prints a line with the throughput. */
export async function measureData(side: string, path: string, fileBytes: number): Promise<DataMeasure> {
  const script = fileURLToPath(new URL('../data-side.ts', import.meta.url))
  const {stdout} = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, side, path])
  const measured = JSON.parse(stdout) as DataMeasure
  const rate = (fileBytes / 1e6 / measured.seconds).toFixed(0)
  console.log(
    `${side.padEnd(10)} ${measured.samples} samples, ${measured.pictures} pictures, ${measured.seconds.toFixed(2)} s, ${rate} MB/s, RSS ${measured.rssMb.toFixed(0)} MB`,
  )
  return measured
}
