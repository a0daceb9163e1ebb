// Reads the lines of a text file as a stream. Does not interpret them.
import {createReadStream} from 'node:fs'

export interface Line {
  readonly text: string
  /** Whether a line feed followed; the last line of a file that was cut off has none. */
  readonly complete: boolean
  /** Offset in the file, in bytes, just after this line. */
  readonly end: number
}

/**
 * Yields every line of a file, without its line feed. Memory use depends only on the longest line. Throws the system
 * error when the file cannot be read.
 */
export async function* lines(path: string): AsyncGenerator<Line> {
  for await (const batch of lineBatches(path)) yield* batch
}

/**
 * Like `lines`, but yields all the lines of one chunk of the file together. This costs one turn of the event loop per
 * thousand lines or so instead of one per line.
 */
export async function* lineBatches(path: string): AsyncGenerator<Line[]> {
  let rest: Buffer[] = []
  let end = 0
  for await (const chunk of createReadStream(path, {highWaterMark: 1 << 20}) as AsyncIterable<Buffer>) {
    const batch: Line[] = []
    let from = 0
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, to)
      const line = rest.length === 0 ? tail : Buffer.concat([...rest, tail])
      rest = []
      end += line.length + 1
      batch.push({text: line.toString('utf8'), complete: true, end})
      from = to + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
    if (batch.length > 0) yield batch
  }
  if (rest.length > 0) {
    const line = Buffer.concat(rest)
    yield [{text: line.toString('utf8'), complete: false, end: end + line.length}]
  }
}
