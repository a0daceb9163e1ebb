// VLMEvalKit's TSV of multiple-choice items: options in the columns A, B, C, ..., pictures as base64 in `image`.
// Rules: open-compass/VLMEvalKit e8e78f0, vlmeval/dataset/image_base.py (picture cells), image_mcq.py (options).
import {dirname} from 'node:path'
import {LanternError} from '../../core/errors.js'
import type {ImageRef} from '../../core/sample.js'
import {pictureRefs} from './pictures.js'
import {attempt, type Row} from './row.js'
import {openTable, type Table, type TableRow} from './table.js'
import {referenceLength} from './text-rows.js'

export interface VlmEvalItem extends Row {
  /** Texts of the options by letter; empty cells are no options. */
  readonly options: ReadonlyMap<string, string>
  /** None where the cell is empty. */
  readonly images: readonly ImageRef[]
}

/** Columns that every such file has; other TSV files lack them. */
const required = ['index', 'question', 'image', 'answer', 'A', 'B']

/** The table of a TSV file that is one of VLMEvalKit's multiple-choice files; undefined for another. */
export async function vlmEvalKitTable(path: string, root: string): Promise<Table | undefined> {
  const table = await attempt(() => openTable(path, {root}))
  if (table instanceof LanternError || !required.every(column => table.named?.includes(column))) return undefined
  return table
}

/** The item of a row. Pictures are read from their place in the file when they are needed. */
export function vlmEvalKitItem(row: TableRow): VlmEvalItem {
  const letters = Object.keys(row.values)
    .filter(column => /^[A-Z]$/.test(column))
    .sort()
  const options = letters.flatMap((letter): [string, string][] => {
    const option = row.values[letter]
    return typeof option === 'string' ? [[letter, option]] : []
  })
  const {image} = row.values
  // A short text that refers to no row is neither base64 nor, in these files, a path.
  const images =
    typeof image === 'string' && image.length <= referenceLength
      ? []
      : pictureRefs(row, 'image', {folder: dirname(row.path)})
  return {...row, options: new Map(options), images}
}
