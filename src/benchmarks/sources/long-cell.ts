// Texts too long to be carried along, and bytes: handles that hold a place in a file, not the content.

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
