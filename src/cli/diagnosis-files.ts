// Where a diagnosis is written: `--format FMT=PATH` and `--out DIR`.
import {join} from 'node:path'
import {LanternError} from '../core/errors.js'
import {diagnosisFigures} from '../reports/figures/index.js'
import {type FigureFormat, figureFormats, writeFigures} from '../reports/figures/write.js'
import {diagnosisMarkdown} from '../reports/formats/diagnosis-markdown.js'
import {type Output, writeText} from '../reports/publish.js'
import type {DiagnosisDocument} from '../reports/schemas/diagnosis.js'
import {parseFormats} from './formats.js'

const renderers: Readonly<Record<string, (document: DiagnosisDocument) => string>> = {
  json: document => `${JSON.stringify(document, null, 2)}\n`,
  markdown: diagnosisMarkdown,
  github: document => `## lantern-eval\n\n${diagnosisMarkdown(document)}\n`,
}

/** Texts, and folders of figures. */
export const diagnosisFormats: readonly string[] = [...Object.keys(renderers), ...figureFormats]

const isFigures = (format: string): format is FigureFormat => (figureFormats as readonly string[]).includes(format)

/** Reads the values of `--format`. Throws `usage`, also for a format that a diagnosis has not. */
export function diagnosisOutputs(
  values: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Output[] {
  const outputs = parseFormats(values, env)
  const strange = outputs.find(({format}) => !diagnosisFormats.includes(format))
  if (strange === undefined) return outputs
  throw new LanternError(
    'usage',
    `--format ${strange.format}: a diagnosis is not written as ${strange.format}.`,
    `Formats: ${diagnosisFormats.join(', ')}.`,
  )
}

/** Writes the outputs and, where there is a folder, diagnosis.json and diagnosis.md. Throws `disk`. */
export async function writeDiagnosis(
  document: DiagnosisDocument,
  outputs: readonly Output[],
  folder: string | undefined,
): Promise<void> {
  const files =
    folder === undefined
      ? []
      : [
          {format: 'json', path: join(folder, 'diagnosis.json')},
          {format: 'markdown', path: join(folder, 'diagnosis.md')},
        ]
  for (const {format, path} of [...files, ...outputs])
    if (isFigures(format)) await writeFigures(diagnosisFigures(document), path, format)
    else await writeText(path, renderers[format]!(document), format === 'github')
}
