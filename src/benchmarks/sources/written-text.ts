// Texts as their file writes them: short ones as strings, long ones as places in the file.
import {jsonOrNothing} from '../../core/json.js'
import {readRange} from './byte-window.js'
import {type LongCell, longCell, longTextBytes} from './long-cell.js'

/** How a text is written in its file: as it is, with doubled quotes, or with the escapes of a JSON string. */
export type Written = 'plain' | 'doubled-quotes' | 'json'

/** How much of a text may be needed for one character: `\u0041`. */
const widest: Readonly<Record<Written, number>> = {plain: 1, 'doubled-quotes': 2, json: 6}

/**
 * The text at `[start, end)` of `buffer`, which holds the file at `path` from `offset` on: a string, or a LongCell when
 * it is long.
 */
export function textAt(
  buffer: Buffer,
  {path, offset, start, end, written}: {path: string; offset: number; start: number; end: number; written: Written},
): string | LongCell {
  if (end - start <= longTextBytes) return unwritten(buffer.subarray(start, end), written).toString('utf8')
  const length = end - start
  const place = offset + start
  return longCell({
    kind: 'text',
    length,
    start: unwritten(buffer.subarray(start, start + 64), written).toString('latin1'),
    bytes: async () => unwritten(await readRange(path, place, length), written),
    head: async count =>
      unwritten(await readRange(path, place, Math.min(length, count * widest[written] + widest[written])), written),
  })
}

/** The text itself. One that was cut within an escape loses it; one with an escape that JSON lacks stays as it is. */
export function unwritten(bytes: Buffer, written: Written): Buffer {
  if (written === 'doubled-quotes' && bytes.includes('""'))
    return Buffer.from(bytes.toString('utf8').replaceAll('""', '"'))
  if (written === 'json' && bytes.includes(0x5c)) {
    const whole = bytes.toString('utf8').replace(/((?:^|[^\\])(?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/, '$1')
    const text = jsonOrNothing(`"${whole}"`)
    return typeof text === 'string' ? Buffer.from(text) : bytes
  }
  return bytes
}
