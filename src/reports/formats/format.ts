// The interface of a report format: one file beside this one and one line in index.ts.
import {aBoolean, aFunction, aText, type Check, type Definition, definitionOf, optional} from '../../core/definition.js'
import type {ResultDocument} from '../schemas/result.js'

export interface FormatOptions {
  /** Width of the terminal in columns; other formats ignore it. */
  readonly width: number
  readonly color: boolean
  /** Whether the terminal table is followed by a table of the subtasks. Markdown always has one. */
  readonly subtasks?: boolean
}

export interface Format {
  /** The NAME of `--format NAME=PATH`. */
  readonly name: string
  /** File extension of its output, with the dot. */
  readonly ending: string
  /** True if the output is appended to an existing file (the GitHub step summary). */
  readonly appends?: boolean
  /** The environment variable that names the output file if none is given. */
  readonly pathVariable?: string
  /** The document as text, ending with a line feed. Pure. */
  render(document: ResultDocument, options: FormatOptions): string
}

const anEnding: Check = {
  words: 'a file ending with its dot, such as .txt',
  fits: value => typeof value === 'string' && /^\.[\w.-]+$/.test(value),
}

/** Checks the definition of a report format. Throws LanternError `bad-config` naming what is wrong. */
export function defineFormat(format: Format): Definition<'format', Format> {
  return definitionOf('format', format, {
    ending: anEnding,
    render: aFunction,
    appends: optional(aBoolean),
    pathVariable: optional(aText),
  })
}
