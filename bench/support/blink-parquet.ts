// Writes a BLINK split of any size as one parquet file in row groups of 32 MB, as stored on the hub. Each sample has
// one picture: a PNG header with a size, followed by noise, since nothing decodes it. Rows are generated while they are
// written.
import {randomBytes} from 'node:crypto'
import {fileWriter, parquetWriteRows} from 'hyparquet-writer'
import {type Column, schemaOf} from '../../test/support/parquet.js'

const rowGroupBytes = 32 * 2 ** 20

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

const pngHeader = Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e00802000000', 'hex')

/** A picture with the header of a 640 x 480 PNG, followed by noise. */
export function noisePicture(bytes: number): Buffer {
  return Buffer.concat([pngHeader, randomBytes(bytes - pngHeader.length)])
}

export async function writeBlinkParquet(
  path: string,
  {samples, pictureBytes}: {readonly samples: number; readonly pictureBytes: number},
): Promise<void> {
  function* rows(): Generator<Record<string, unknown>> {
    for (let k = 1; k <= samples; k++) {
      const question = `How many things are in picture ${k}?`
      yield {
        idx: `val_Counting_${k}`,
        question,
        sub_task: 'Counting',
        image_1: {bytes: new Uint8Array(noisePicture(pictureBytes)), path: `${k}.png`},
        image_2: null,
        choices: ['0', '1', '2', '3'],
        answer: '(B)',
        prompt: `${question}\n(A) 0\n(B) 1\n(C) 2\n(D) 3`,
      }
    }
  }
  await parquetWriteRows({
    writer: fileWriter(path),
    rows: rows(),
    columns: columns.map(({name}) => ({name})),
    schema: schemaOf(columns),
    rowGroupSize: Math.floor(rowGroupBytes / pictureBytes),
  })
}
