// The interface of an export: an output that is not one text made of the result document, but files that the export
// writes itself, from the document and from the runs that its rows name. One file beside this one and one line in
// ../formats/index.ts.
import type {ResultDocument} from '../schemas/result.js'

export interface ExportOptions {
  /** Whether rows on built-in, partial, unverified or custom samples are published too (`--include-unofficial`). */
  readonly includeUnofficial: boolean
  /** When the output is written, for formats that have to say it. */
  readonly now: Date
}

export interface Export {
  /** The NAME of `--format NAME=PATH`. */
  readonly name: string
  /** File extension of its output with the dot; the empty text where PATH is a folder. */
  readonly ending: string
  /** Throws where this machine lacks what the export needs; asked before a run begins. */
  readonly assertReady?: () => void
  /**
   * Writes the files at `path`, which is a folder where `ending` is empty. Returns what the user must be told, in
   * sentences: what was left out, or where a second file lies. Throws `disk`, and what the readers of runs throw.
   */
  write(document: ResultDocument, path: string, options: ExportOptions): Promise<readonly string[]>
}

/** An export as the register of formats takes it. */
export function defineExport(part: Export): {readonly name: string; readonly part: Export} {
  return {name: part.name, part}
}
