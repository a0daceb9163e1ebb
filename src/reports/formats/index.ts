// The register of report formats: one line each.
import {Register} from '../../core/register.js'
import {csv} from './csv.js'
import {defineFormat, type Format} from './format.js'
import {github} from './github.js'
import {json} from './json.js'
import {junit} from './junit.js'
import {markdown} from './markdown.js'
import {terminal} from './terminal.js'

export type {Format, FormatOptions} from './format.js'

const register = new Register<Format>('report format', [terminal, markdown, csv, json, junit, github])

/** Names of all registered formats; the first is the default. */
export function formatNames(): readonly string[] {
  return register.names()
}

/** Names of the formats that are written to a file. */
export function fileFormatNames(): readonly string[] {
  return formatNames().filter(name => name !== terminal.name)
}

/** Throws `usage` for an unknown name. */
export function formatNamed(name: string): Format {
  return register.get(name)
}

/**
 * Adds a format. It gets a copy of the document, so that one that sorts the rows in place changes no other table.
 * Throws `bad-config` for one that is not whole, and for a name that is taken.
 */
export function registerFormat(format: Format): void {
  const {name, part} = defineFormat(format)
  const {ending, appends, pathVariable} = part
  register.add({
    name,
    part: {
      ...{name, ending},
      ...(appends !== undefined && {appends}),
      ...(pathVariable !== undefined && {pathVariable}),
      render: (document, options) => part.render(structuredClone(document), options),
    },
  })
}
