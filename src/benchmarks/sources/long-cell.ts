// Texts too long to be carried along, and bytes: handles that hold a place in a file, not the content.
import {jsonOrNothing} from '../../core/json.js'
import {readRange} from './byte-window.js'

/** Texts of more bytes than this are handed out as LongCells: pictures are longer, questions are not. */
export const longTextBytes = 64 * 1024

/**
 * A cell, or a text within one, that is too long to be handed out as a string, or bytes. It holds a place in the file,
 * not the content, so it can be kept.
 */
export interface LongCell {
  readonly kind: 'text' | 'bytes'
  /** Bytes that it takes in the file; null where only decoding tells (parquet). */
  readonly length: number | null
  /** The first characters of a text (at most 64), for telling base64, data URIs and paths apart. Empty for bytes. */
  readonly start: string
  /** The content, a text as UTF-8 with quotes and escapes undone. Throws LanternError `bad-file`. */
  bytes(): Promise<Uint8Array>
  /** At least the first `length` bytes of the content, if it has as many. */
  head(length: number): Promise<Uint8Array>
}

const cells = new WeakSet<object>()

/** Whether a value found in a row is a LongCell. */
export function isLongCell(value: unknown): value is LongCell {
  return typeof value === 'object' && value !== null && cells.has(value)
}

export function longCell(cell: LongCell): LongCell {
  cells.add(cell)
  return cell
}

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
