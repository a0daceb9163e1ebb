// Writes a BLINK split of any size as one parquet file in row groups of 32 MB, as stored on the hub. Each sample has
// one picture: a PNG of noise, since nothing decodes it. Rows are generated while they are
// written.
import {randomBytes} from 'node:crypto'
import {fileWriter, parquetWriteRows} from 'hyparquet-writer'
import {pngChunk, pngSignature} from '../../src/benchmarks/generators/png.js'
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

/** A header of 640 x 480 pixels in true colour. */
const header = Buffer.from('00000280000001e00802000000', 'hex')

/** A 640 x 480 PNG of this size whose one chunk of pixels is noise: a whole file, though nothing could decode it. */
export function noisePicture(bytes: number): Buffer {
  const ends = [pngSignature, pngChunk('IHDR', header), pngChunk('IEND', Buffer.alloc(0))] as const
  const around = ends.reduce((sum, part) => sum + part.length, 0)
  const pixels = pngChunk('IDAT', randomBytes(bytes - around - 12))
  return Buffer.concat([ends[0], ends[1], pixels, ends[2]])
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
