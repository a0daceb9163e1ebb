// A diagnosis for the terminal, readable at 80 columns and without colour.
import {Chalk, type ChalkInstance} from 'chalk'
import {printableData} from '../../core/printable.js'
import type {DiagnosisDocument, DiagnosisRow} from '../schemas/diagnosis.js'
import * as diagnosis from './diagnosis-words.js'
import type {FormatOptions} from './format.js'
import {dotted, labelled, plainTable, widthOf, wrap} from './layout.js'

/** The verdict of each benchmark with its effects, subtasks and costs, and the shape of the latents. */
export function diagnosisText(whole: DiagnosisDocument, {width, color}: FormatOptions): string {
  const document = printableData(whole)
  const paint = new Chalk({level: color ? 1 : 0})
  return [
    wrap(dotted(diagnosis.titleFacts(document)), width)
      .map(line => paint.dim(line))
      .join('\n'),
    ...diagnosis.headlinesOf(document).flatMap(row => benchBlocks(document, row, width, paint)),
    ...document.warnings.map(warning =>
      labelled('note  ', warning, width)
        .map(line => paint.yellow(line))
        .join('\n'),
    ),
  ]
    .filter(block => block !== '')
    .join('\n\n')
}

function benchBlocks(document: DiagnosisDocument, row: DiagnosisRow, width: number, paint: ChalkInstance): string[] {
  const dim = (lines: readonly string[]) => lines.map(line => paint.dim(line)).join('\n')
  const subtasks = diagnosis.subtasksOf(document, row.bench)
  const cost = document.efficiency.find(({bench}) => bench === row.bench)
  const pairs = document.pairs.find(({bench}) => bench === row.bench)
  const geometry = document.geometry.find(({bench}) => bench === row.bench)
  return [
    [
      `${paint.bold(row.bench)}  ${tint(row, paint).bold(row.verdict)}`,
      ...wrap(dotted(diagnosis.rowFacts(row)), width).map(line => paint.dim(line)),
      ...wrap(row.statement, width),
    ].join('\n'),
    tableText(diagnosis.effectTable(row, false), width, paint),
    dim([...labelled('guards  ', dotted(diagnosis.guardFacts(row)), width), ...wrap(diagnosis.levelNote(row), width)]),
    row.utility.length === 0 ? '' : tableText(diagnosis.utilityTable(row), width, paint),
    row.utility.length === 0 ? '' : dim(wrap(diagnosis.utilityNote, width)),
    ...row.notes.map(note => dim(wrap(note, width))),
    subtasks.length === 0 ? '' : tableText(diagnosis.subtaskTable(subtasks), width, paint),
    pairs === undefined ? '' : tableText(diagnosis.pairsTable(pairs), width, paint),
    pairs === undefined ? '' : dim(wrap(diagnosis.pairsNote(pairs), width)),
    cost === undefined ? '' : tableText(diagnosis.costTable(cost.arms), width, paint),
    cost === undefined ? '' : dim(wrap(diagnosis.costNote, width)),
    geometry === undefined ? '' : dim(diagnosis.geometrySentences(geometry).flatMap(one => wrap(one, width))),
  ].filter(block => block !== '')
}

function tint({verdict}: DiagnosisRow, paint: ChalkInstance): ChalkInstance {
  if (verdict === 'void' || verdict === 'harmful') return paint.red
  return verdict === 'inconclusive' ? paint.yellow : paint.green
}

/** A table within the width: where it is too wide, the contrast (or name) that takes most room is broken. */
function tableText({columns, rows}: diagnosis.TextTable, width: number, paint: ChalkInstance): string {
  const cells = rows.map(row => row.map(text => ({lines: [text]})))
  const widths = widthOf(columns, cells)
  const over = widths.reduce((sum, one) => sum + one + 2, -2) - width
  const widest = widths.indexOf(Math.max(...widths))
  const room = widths[widest]! - over
  const fitted =
    over <= 0
      ? cells
      : cells.map(row => row.map((cell, c) => (c === widest ? {lines: wrap(cell.lines[0]!, room)} : cell)))
  return plainTable(columns, fitted, width, paint.dim)
}
