// The register of report formats: one line each.
import {csv} from './csv.js'
import type {Format} from './format.js'
import {github} from './github.js'
import {json} from './json.js'
import {junit} from './junit.js'
import {markdown} from './markdown.js'
import {terminal} from './terminal.js'

export type {Format, FormatOptions} from './format.js'

export const formats = {terminal, markdown, csv, json, junit, github} satisfies Record<string, Format>

export type FormatName = keyof typeof formats
