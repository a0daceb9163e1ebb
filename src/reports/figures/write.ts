// `--format svg=DIR`, `png=DIR` and `pdf=DIR`: every figure light and dark, and beside it its data (NAME.csv) and its
// specification (NAME.vl.json).
import {join} from 'node:path'
import {stringify} from 'csv-stringify/sync'
import {defineExport} from '../exports/export.js'
import {writePieces, writeThrough} from '../exports/files.js'
import {groupTitle, rowsOf} from '../formats/words.js'
import {type Run, readRun} from '../read-run.js'
import type {ResultDocument, ResultRow} from '../schemas/result.js'
import {headlineSubtasks} from '../strata.js'
import {short} from './figure.js'
import {type ArmScores, type Figure, figuresOf, flipFigure, svgOf, themes, wholeSpec, withOwnNames} from './index.js'
import {pdfProgram, writePdf} from './pdf.js'
import {rowLabels, whole} from './rows.js'

export const figureFormats = ['svg', 'png', 'pdf'] as const
export type FigureFormat = (typeof figureFormats)[number]

const written = figureFormats.map(format =>
  defineExport({
    name: format,
    ending: '',
    ...(format === 'pdf' && {assertReady: () => void pdfProgram()}),
    async write(document, folder) {
      const figures = withOwnNames([...figuresOf(document), ...(await flipFigures(document))])
      return writeFigures(figures, folder, format)
    },
  }),
)

type Written = (typeof written)[0]

/** The exports `svg`, `png` and `pdf`. */
export const [svg, png, pdf] = written as [Written, Written, Written]

/**
 * Writes figures into a folder: NAME.svg and NAME.dark.svg, or the same as PNG at twice the size or as PDF. Returns
 * what the user must be told. Throws `disk`, and `usage` where no program of this machine writes PDF.
 */
export async function writeFigures(
  figures: readonly Figure[],
  folder: string,
  format: FigureFormat,
): Promise<readonly string[]> {
  for (const figure of figures) {
    const place = join(folder, figure.name)
    for (const theme of themes) {
      const picture = await svgOf(figure, theme)
      const path = `${place}${theme === 'light' ? '' : `.${theme}`}.${format}`
      if (format === 'svg') await writePieces(path, [picture])
      else await writeThrough(path, draft => (format === 'png' ? rasterise : writePdf)(picture, draft))
    }
    await writePieces(`${place}.csv`, [csvOf(figure)])
    await writePieces(`${place}.vl.json`, [`${JSON.stringify(wholeSpec(figure, 'light'), null, 2)}\n`])
  }
  return figures.length > 0 ? [] : [`There is nothing to draw in ${folder}: no row has a score.`]
}

/** 192 dots per inch: twice the size in CSS pixels. */
async function rasterise(picture: string, path: string): Promise<void> {
  const {default: sharp} = await import('sharp')
  await sharp(Buffer.from(picture), {density: 144}).png().toFile(path)
}

function csvOf({data}: Figure): string {
  const columns = [...new Set(data.flatMap(datum => Object.keys(datum)))]
  // Names come from outside. A spreadsheet must not execute one that starts like a formula.
  const cells = data.map(datum => columns.map(name => textOf(datum[name] ?? null)))
  return stringify([columns, ...cells], {escape_formulas: true})
}

function textOf(value: string | number | boolean | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll('\n', ' · ') : typeof value === 'boolean' ? String(value) : value
}

/** The flip matrix of each group, from the samples of the headline. Throws as `readRun` does. */
async function flipFigures(document: ResultDocument): Promise<Figure[]> {
  const runs = new Map<string, Run>()
  for (const {rows} of document.groups)
    if (rows.length > 1)
      for (const index of rows) {
        const {run} = document.rows[index]!
        if (!runs.has(run)) runs.set(run, await readRun(run))
      }
  return document.groups.flatMap(group => {
    const rows = rowsOf(document, group).filter(({score}) => score !== null)
    if (rows.length < 2) return []
    const labels = rowLabels(rows)
    const arms = rows.map((row, k) => ({label: labels[k]!, ...whole(row), scores: scoresOf(runs.get(row.run)!, row)}))
    const figure = flipFigure(group.bench, group.split, short(groupTitle(document, group), 70), arms)
    return figure === null ? [] : [figure]
  })
}

function scoresOf({sheets}: Run, row: ResultRow): ArmScores['scores'] {
  const scores = new Map<string, number>()
  const sheet = sheets.find(({arm, bench}) => arm.id === row.arm && bench.id === row.bench)
  if (sheet === undefined) return scores
  const headline = headlineSubtasks(sheet)
  for (const [id, {subtask, score}] of sheet.records) if (headline.has(subtask) && score !== null) scores.set(id, score)
  return scores
}
