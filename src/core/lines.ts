// The lines of a text file as a stream. Knows nothing of what is in them.
import {createReadStream} from 'node:fs'
import {LanternError} from './errors.js'

/** No line that anybody means is longer; a damaged file must not fill the memory. */
const longestLine = 256 << 20

export interface Line {
  readonly text: string
  /** Whether a line feed followed; the last line of a file that was cut off has none. */
  readonly complete: boolean
  /** Bytes of the file up to and with this line. */
  readonly end: number
}

/**
 * Every line of a file, without its line feed. Memory depends on the longest line only. Throws the system error of a
 * file that cannot be read, `bad-file` for a line of more than 256 MB.
 */
export async function* lines(path: string): AsyncGenerator<Line> {
  for await (const batch of lineBatches(path)) yield* batch
}

/**
 * As `lines`, all lines of a piece of the file at a time: a turn of the event loop for a thousand lines instead of for
 * each.
 */
export async function* lineBatches(path: string): AsyncGenerator<Line[]> {
  let rest: Buffer[] = []
  let restBytes = 0
  let end = 0
  for await (const chunk of createReadStream(path, {highWaterMark: 1 << 20}) as AsyncIterable<Buffer>) {
    const batch: Line[] = []
    let from = 0
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, to)
      const line = rest.length === 0 ? tail : Buffer.concat([...rest, tail])
      rest = []
      restBytes = 0
      end += line.length + 1
      batch.push({text: line.toString('utf8'), complete: true, end})
      from = to + 1
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from))
      restBytes += chunk.length - from
      if (restBytes > longestLine) throw tooLong(path)
    }
    if (batch.length > 0) yield batch
  }
  if (rest.length > 0) {
    const line = Buffer.concat(rest)
    yield [{text: line.toString('utf8'), complete: false, end: end + line.length}]
  }
}

function tooLong(path: string): LanternError {
  return new LanternError(
    'bad-file',
    `${path} has a line of more than ${longestLine >> 20} MB.`,
    'The file is damaged: remove that line, or fetch the file again.',
  )
}
