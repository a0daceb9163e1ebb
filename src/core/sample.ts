// One sample: a question with its pictures, options and gold answer.

/** In pixels of the original image: left, top, right, bottom. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number]

/**
 * How the reference implementation's loader treats an EXIF orientation: it ignores it when it opens a path, and applies
 * it when it decodes a parquet file.
 */
export type Orientation = 'ignore' | 'apply'

/** A picture of a sample. Its bytes are read on demand and not kept. */
export interface ImageRef {
  /** Where it comes from, in readable form: `val-00000-of-00001.parquet#3/image_1`, `direct_attributes/sa_4690.jpg`. */
  readonly source: string
  readonly orientation: Orientation
  /** The file's bytes as stored (PNG, JPEG, ...). Throws LanternError `bad-file` or `data-absent`. */
  bytes(): Promise<Uint8Array>
  /**
   * The first `length` bytes (or fewer when the file is shorter), where they can be read without the rest. Throws like
   * `bytes`.
   */
  head?(length: number): Promise<Uint8Array>
}

/** One question. `letters` are bare and upper case (`A`); for a choice, `gold` is one of them. */
export interface Sample {
  readonly id: string
  /** File and row that it was read from, for messages: `items.jsonl:12`. */
  readonly where?: string
  readonly benchmark: string
  readonly subtask: string
  readonly images: readonly ImageRef[]
  /** The question itself, without options or instructions. */
  readonly question: string
  /** The full prompt published with the data set, if there is one (BLINK's `prompt` column). */
  readonly officialPrompt?: string
  /** Option texts in the order of `letters`; absent when only the letters are known. */
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  /** A letter, accepted texts, or null when the answer is hidden. */
  readonly gold: string | readonly string[] | null
  readonly boxes?: readonly Box[]
  /** Samples that are not independent (same picture, same item in another option order) share a cluster. */
  readonly cluster?: string
  /** Samples that count only together share a group: a pair, the rotations of an item. */
  readonly group?: string
  /** The item this sample is a variant of, where items are asked under several option orders. */
  readonly item?: string
  /** What else a benchmark knows and its scorer needs (VisCoT: image size). */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The bare letter of the k-th option: A, B, C, ... */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index)
}
