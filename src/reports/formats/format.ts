// The interface of a report format: one file beside this one and one line in index.ts.
import {aBoolean, aFunction, aText, type Definition, definitionOf, optional} from '../../core/definition.js'
import type {ResultDocument} from '../schemas/result.js'

export interface FormatOptions {
  /** Columns of the terminal; other formats ignore it. */
  readonly width: number
  readonly color: boolean
  /** Whether the terminal table is followed by one of the subtasks; Markdown always has it. */
  readonly subtasks?: boolean
}

export interface Format {
  /** As in `--format NAME=PATH`. */
  readonly name: string
  /** File ending of what it writes, with its dot. */
  readonly ending: string
  /** True when a file of this format is added to, not replaced (the GitHub step summary). */
  readonly appends?: boolean
  /** The environment variable that names its file, where none is given. */
  readonly pathVariable?: string
  /** The document as text, ending with a line feed. Pure. */
  render(document: ResultDocument, options: FormatOptions): string
}

/** A report format as a definition. Throws LanternError `bad-config` naming what is wrong. */
export function defineFormat(format: Format): Definition<'format', Format> {
  return definitionOf('format', format, {
    ending: aText,
    render: aFunction,
    appends: optional(aBoolean),
    pathVariable: optional(aText),
  })
}
