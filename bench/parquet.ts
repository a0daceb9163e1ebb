// 10,000 samples with a 100 kB picture each from one parquet file of 1 GB in row groups of 32 MB, below 500 MB of memory. The file is made in a
// temporary folder and removed. Fails when memory passes the bound.
import {randomBytes} from 'node:crypto'
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileWriter, parquetWriteRows} from 'hyparquet-writer'
import {type Column, schemaOf} from '../test/support/parquet.js'
import {measureData} from './support/measure-data.js'

const samplesInAll = 10_000
const pictureBytes = 100_000
const rowGroupSize = Math.floor((32 * 2 ** 20) / pictureBytes)
const rssBoundMb = 500

const columns: Pick<Column, 'name' | 'type'>[] = [
  {name: 'idx', type: 'text'},
  {name: 'question', type: 'text'},
  {name: 'sub_task', type: 'text'},
  {name: 'image_1', type: 'picture'},
  {name: 'image_2', type: 'picture'},
  {name: 'choices', type: 'texts'},
  {name: 'answer', type: 'text'},
  {name: 'prompt', type: 'text'},
]

function* rows(): Generator<Record<string, unknown>> {
  for (let k = 1; k <= samplesInAll; k++) {
    const question = `How many things are in picture ${k}?`
    yield {
      idx: `val_Counting_${k}`,
      question,
      sub_task: 'Counting',
      image_1: {bytes: new Uint8Array(randomBytes(pictureBytes)), path: `${k}.jpg`},
      image_2: null,
      choices: ['0', '1', '2', '3'],
      answer: '(B)',
      prompt: `${question}\n(A) 0\n(B) 1\n(C) 2\n(D) 3`,
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-parquet-'))
try {
  const path = join(folder, 'val-00000-of-00001.parquet')
  await parquetWriteRows({
    writer: fileWriter(path),
    rows: rows(),
    columns: columns.map(({name}) => ({name})),
    schema: schemaOf(columns),
    rowGroupSize,
  })
  const {size} = await stat(path)
  console.log(`a parquet file of ${(size / 1e6).toFixed(0)} MB, ${rowGroupSize} rows a group`)
  let failed = false
  for (const side of ['keys', 'samples', 'pictures']) {
    const {samples, rssMb} = await measureData(side, path, size)
    failed ||= samples !== samplesInAll || rssMb > rssBoundMb
  }
  console.log(failed ? `FAILED: RSS above ${rssBoundMb} MB or samples lost` : `ok: RSS below ${rssBoundMb} MB`)
  if (failed) process.exitCode = 1
} finally {
  await rm(folder, {recursive: true})
}
