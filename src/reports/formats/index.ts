// The register of report formats: one line each.
import {LanternError} from '../../core/errors.js'
import {Register} from '../../core/register.js'
import {eee} from '../exports/eee.js'
import type {Export} from '../exports/export.js'
import {html} from '../exports/html.js'
import {hfEvalResults, modelIndex} from '../exports/hugging-face.js'
import {nel} from '../exports/nel.js'
import {parquet} from '../exports/parquet.js'
import {pdf, png, svg} from '../figures/write.js'
import {annotations} from './annotations.js'
import {badge} from './badge.js'
import {csv} from './csv.js'
import {defineFormat, type Format} from './format.js'
import {github} from './github.js'
import {json} from './json.js'
import {junit} from './junit.js'
import {latex} from './latex.js'
import {markdown} from './markdown.js'
import {terminal} from './terminal.js'

export type {Format, FormatOptions} from './format.js'

const register = new Register<Format | Export>('report format', [
  ...[terminal, markdown, csv, json, junit, github, latex, badge, annotations],
  ...[html, eee, hfEvalResults, modelIndex, nel, parquet, svg, png, pdf],
])

/** Names of all formats that render the document as text; the first is the default. */
export function formatNames(): readonly string[] {
  return register.parts().flatMap(part => ('render' in part ? [part.name] : []))
}

/** Names of the formats and exports that `--format` writes. */
export function fileFormatNames(): readonly string[] {
  return register.names().filter(name => name !== terminal.name)
}

/** The format or export of this name. Throws `usage` for an unknown one. */
export function outputNamed(name: string): Format | Export {
  return register.get(name)
}

/** The format that renders text. Throws `usage` for an unknown name, and for that of an export. */
export function formatNamed(name: string): Format {
  const part = outputNamed(name)
  if ('render' in part) return part
  throw new LanternError('usage', `${name} writes files of its own.`, `Formats with text: ${formatNames().join(', ')}.`)
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
