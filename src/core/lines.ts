// Reads the lines of a text file as a stream. Does not interpret them.
import {createReadStream} from 'node:fs'
import {LanternError} from './errors.js'
import {limits} from './limits.js'

export interface Line {
  readonly text: string
  /** Whether a line feed followed; the last line of a file that was cut off has none. */
  readonly complete: boolean
  /** Offset in the file, in bytes, just after this line. */
  readonly end: number
}

/**
 * Every line of a file, without its line feed. Memory depends on the longest line only. Throws the system error of a
 * file that cannot be read, and `bad-file` for a line of more than `mostBytes`.
 */
export async function* lines(path: string, mostBytes?: number): AsyncGenerator<Line> {
  for await (const batch of lineBatches(path, mostBytes)) yield* batch
}

/**
 * Like `lines`, but yields all the lines of one chunk of the file together. This costs one turn of the event loop per
 * thousand lines or so instead of one per line. Reading starts at byte `start`, which must begin a line.
 */
export async function* lineBatches(path: string, mostBytes = limits.lineBytes, start = 0): AsyncGenerator<Line[]> {
  let rest: Buffer[] = []
  let waiting = 0
  let count = 0
  let end = start
  for await (const chunk of createReadStream(path, {start, highWaterMark: 1 << 20}) as AsyncIterable<Buffer>) {
    const batch: Line[] = []
    let from = 0
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, to)
      const line = rest.length === 0 ? tail : Buffer.concat([...rest, tail])
      rest = []
      waiting = 0
      count++
      end += line.length + 1
      batch.push({text: line.toString('utf8'), complete: true, end})
      from = to + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
    waiting += chunk.length - from
    // Checked a piece at a time: a line may be longer than the bound by less than a piece.
    if (waiting > mostBytes)
      throw new LanternError(
        'bad-file',
        `${path}, line ${count + 1}, is longer than ${mostBytes >> 20} MB.`,
        'A file of records has one a line: remove that line, or fetch the file again.',
      )
    if (batch.length > 0) yield batch
  }
  if (rest.length > 0) {
    const line = Buffer.concat(rest)
    yield [{text: line.toString('utf8'), complete: false, end: end + line.length}]
  }
}
