// A TSV as large as VLMEvalKit's BLINK.tsv in bounded memory, compared with csv-parse over the same file.
// The table has 538 MB, 1,901 rows and their pictures in base64. It is created in a temporary folder and removed. Fails
// when memory exceeds the bound. `npm run bench -- tsv 1000 4600` measures tables of 1 and 4.6 GB (HR-Bench 8K's size),
// whose pictures are larger.
import {execFile} from 'node:child_process'
import {createWriteStream} from 'node:fs'
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {promisify} from 'node:util'
import {blink} from '../src/benchmarks/blink.js'
import {noisePicture} from './support/blink-parquet.js'
import {withEndpoint} from './support/endpoint.js'
import {measureData} from './support/measure-data.js'
import {bin, telling, usageIn} from './support/measured.js'

/** Published size of the table (benchmarks.md 2.1), which is divided among its pictures. */
const blinkBytes = 538_366_044
const sizes = process.argv.slice(2).map(megabytes => Number(megabytes) * 1e6)
const picturesInAll = blink.subtasks.reduce((sum, {expected, pictures}) => sum + expected['val']! * pictures!, 0)
const rssBoundMb = 300

/** Rows of every subtask, with as many pictures as it has; they are PNGs of noise. */
function* rows(fileBytes: number): Generator<string> {
  const pictureBytes = Math.floor(((fileBytes / picturesInAll) * 3) / 4)
  yield `${['index', 'image', 'question', 'A', 'B', 'C', 'D', 'answer', 'category', 'hint'].join('\t')}\n`
  let index = 0
  for (const {name, expected, choices, pictures} of blink.subtasks) {
    for (let k = 0; k < expected['val']!; k++) {
      index++
      const list = Array.from({length: pictures!}, () => noisePicture(pictureBytes).toString('base64'))
      const image = list.length === 1 ? list[0]! : `['${list.join("', '")}']`
      const options = ['a "quoted" one', 'b', 'c', 'd'].map((option, i) =>
        i < choices! ? `"${option.replaceAll('"', '""')}"` : '',
      )
      yield `${[index, image, `"${name}\nquestion ${k}?"`, ...options, 'B', name, ''].join('\t')}\n`
    }
  }
}

/** Peak memory of `lantern-eval run` (as built) over the table, in two modes against a local endpoint. */
async function measureRun(folder: string, table: string, limit: number): Promise<number> {
  const usage = join(folder, 'usage.json')
  await withEndpoint(0, url =>
    promisify(execFile)(
      process.execPath,
      [
        ...[...telling, bin, 'run', '--bench', 'blink'],
        ...['--data', table, '--model', 'openai:m', '--base-url', url, '--mode', 'direct', '--mode', 'text-cot'],
        ...['--limit', String(limit), '--no-cache', '--out', join(folder, `run-${limit}`), '--json'],
      ],
      {env: {...process.env, BENCH_USAGE: usage, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')}, maxBuffer: 1 << 28},
    ),
  )
  const {rssMb} = usageIn(usage)
  console.log(`the command, ${limit} samples in two modes: RSS ${rssMb.toFixed(0)} MB`)
  return rssMb
}

let failed = false
for (const fileBytes of sizes.length > 0 ? sizes : [blinkBytes]) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-tsv-'))
  try {
    const path = join(folder, 'BLINK.tsv')
    await pipeline(() => rows(fileBytes), createWriteStream(path))
    const {size} = await stat(path)
    console.log(`a TSV of ${(size / 1e6).toFixed(0)} MB`)
    if (fileBytes === blinkBytes) await measureData('csv-parse', path, size)
    for (const [side, wanted] of [
      ['keys', 1901],
      ['samples', 1901],
      ['subset', 96],
      ['run', 1901],
    ] as const) {
      const {samples, rssMb} = await measureData(side, path, size)
      failed ||= samples !== wanted || rssMb > rssBoundMb
    }
    for (const limit of [100, 1901]) failed = (await measureRun(folder, path, limit)) > rssBoundMb || failed
  } finally {
    await rm(folder, {recursive: true})
  }
}
console.log(failed ? `FAILED: RSS above ${rssBoundMb} MB or samples lost` : `ok: RSS below ${rssBoundMb} MB`)
if (failed) process.exitCode = 1
