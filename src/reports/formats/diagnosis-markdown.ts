// A diagnosis as Markdown, for a README or a pull request.
import {printableData} from '../../core/printable.js'
import type {DiagnosisDocument, DiagnosisRow} from '../schemas/diagnosis.js'
import * as diagnosis from './diagnosis-words.js'
import {markdownTable, plain} from './markdown.js'

/** The document as Markdown, ending with a line feed. */
export function diagnosisMarkdown(whole: DiagnosisDocument): string {
  const document = printableData(whole)
  const blocks = [
    plain(diagnosis.titleFacts(document).join(' · ')),
    ...document.warnings.map(warning => `> **Note** ${plain(warning)}`),
    ...diagnosis.headlinesOf(document).flatMap(row => benchBlocks(document, row)),
  ]
  return `${blocks.join('\n\n')}\n`
}

function benchBlocks(document: DiagnosisDocument, row: DiagnosisRow): string[] {
  const subtasks = diagnosis.subtasksOf(document, row.bench)
  const cost = document.efficiency.find(({bench}) => bench === row.bench)
  const pairs = document.pairs.find(({bench}) => bench === row.bench)
  const geometry = document.geometry.find(({bench}) => bench === row.bench)
  return [
    `### ${plain(row.bench)}: ${row.verdict}`,
    `**${plain(row.statement)}**`,
    plain([...diagnosis.rowFacts(row), ...diagnosis.guardFacts(row).map(fact => `guard ${fact}`)].join(' · ')),
    textTable(diagnosis.effectTable(row, true)),
    plain(diagnosis.levelNote(row)),
    ...(row.utility.length === 0 ? [] : [textTable(diagnosis.utilityTable(row)), plain(diagnosis.utilityNote)]),
    ...row.notes.map(plain),
    ...(subtasks.length === 0 ? [] : [textTable(diagnosis.subtaskTable(subtasks))]),
    ...subtasks.map(one => `- **${plain(one.subtask!)}**: ${plain(one.statement)}`),
    ...(pairs === undefined ? [] : [textTable(diagnosis.pairsTable(pairs)), plain(diagnosis.pairsNote(pairs))]),
    ...(cost === undefined ? [] : [textTable(diagnosis.costTable(cost.arms)), plain(diagnosis.costNote)]),
    ...(geometry === undefined ? [] : [plain(diagnosis.geometrySentences(geometry).join(' '))]),
  ]
}

function textTable({columns, rows}: diagnosis.TextTable): string {
  return markdownTable(
    columns.map(({head}) => head.trim()),
    columns.map(({align}) => (align === 'right' ? 'r' : 'l')).join(''),
    rows.map(row => row.map(cell => cell.trim())),
  )
}
