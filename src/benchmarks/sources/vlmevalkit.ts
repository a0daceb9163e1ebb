// VLMEvalKit's TSV of multiple-choice items: options in the columns A, B, C, ..., pictures as base64 in `image`.
// Rules: open-compass/VLMEvalKit e8e78f0, vlmeval/dataset/image_base.py (picture cells), image_mcq.py (options).
import {LanternError} from '../../core/errors.js'
import type {ImageRef, Sample} from '../../core/sample.js'
import {attempt, type Row} from './row.js'
import {readRange, type TsvRow, tsvColumns, tsvRows} from './tsv.js'

export interface VlmEvalItem extends Row {
  /** Texts of the options by letter; empty cells are no options. */
  readonly options: ReadonlyMap<string, string>
  /** None where the cell is empty, or refers to a row without pictures. */
  readonly images: readonly ImageRef[]
}

/** A cell of at most this many characters is not a picture but the index of the row that has it. */
const referenceLimit = 64

/** Columns that every such file has; other TSV files lack them. */
const required = ['index', 'question', 'image', 'answer', 'A', 'B']

/** Whether a TSV file is one of VLMEvalKit's multiple-choice files; reads its first row. */
export async function isVlmEvalKit(path: string): Promise<boolean> {
  const columns = await tsvColumns(path)
  return required.every(column => columns.includes(column))
}

interface Range {
  readonly offset: number
  readonly length: number
}

/**
 * The sample of every item of the file, as a stream; a broken item is an error in its place. Pictures are read from
 * their place in the file when they are needed. `name` is the name of the file in messages.
 */
export async function* vlmEvalKitSamples(
  path: string,
  name: string,
  sampleOf: (item: VlmEvalItem) => Sample,
): AsyncGenerator<Sample | LanternError> {
  for await (const item of vlmEvalKitItems(path, name))
    yield item instanceof LanternError ? item : await attempt(() => sampleOf(item))
}

async function* vlmEvalKitItems(path: string, name: string): AsyncGenerator<VlmEvalItem | LanternError> {
  const columns = (await tsvColumns(path)).filter(column => column !== 'image')
  const letters = columns.filter(column => /^[A-Z]$/.test(column)).sort()
  const pictures = new Map<string, readonly Range[]>()
  for await (const row of tsvRows(path, name)) {
    if (row instanceof LanternError) {
      yield row
      continue
    }
    const values = Object.fromEntries(columns.map(column => [column, row.text(column) || null]))
    const where = `${name}, row ${row.index}`
    const ranges = pictureRanges(row) ?? pictures.get(row.text('image') ?? '') ?? []
    pictures.set(row.text('index') ?? '', ranges)
    yield {
      where,
      values,
      options: new Map(letters.flatMap(letter => (values[letter] ? [[letter, values[letter]]] : []))),
      images: ranges.map((range, i) => ({
        source: `${name}#${row.index}/${i + 1}`,
        orientation: 'ignore',
        bytes: () => decoded(path, range.offset, range.length),
        // Four characters of base64 are three bytes.
        head: length => decoded(path, range.offset, Math.min(range.length, Math.ceil(length / 3) * 4)),
      })),
    }
  }
}

async function decoded(path: string, offset: number, length: number): Promise<Buffer> {
  return Buffer.from((await readRange(path, offset, length)).toString('latin1'), 'base64')
}

/**
 * Where the pictures of a cell lie: base64, or a list literal of it (`['...', '...']`); undefined when the cell refers
 * to another row.
 */
function pictureRanges(row: TsvRow): Range[] | undefined {
  const {bytes, offset} = row.raw('image')!
  if (bytes.length <= referenceLimit) return undefined
  if (bytes[0] !== 0x5b) return [{offset, length: bytes.length}]
  // base64 has no commas, and the characters around an item (brackets, quotes single or doubled, spaces) are not
  // base64.
  const ranges: Range[] = []
  for (let start = 0; start < bytes.length; ) {
    const comma = bytes.indexOf(',', start)
    const next = comma === -1 ? bytes.length : comma
    let end = next
    while (start < end && !isBase64(bytes[start]!)) start++
    while (start < end && !isBase64(bytes[end - 1]!)) end--
    if (start < end) ranges.push({offset: offset + start, length: end - start})
    start = next + 1
  }
  return ranges
}

const isBase64 = (byte: number) => /[A-Za-z0-9+/=]/.test(String.fromCharCode(byte))
