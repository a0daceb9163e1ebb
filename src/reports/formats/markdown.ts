// Tables for a README or a pull request.

import {printableData} from '../../core/printable.js'
import type {Comparison} from '../schemas/comparison.js'
import type {Curve} from '../schemas/curve.js'
import type {ResultDocument, ResultGroup, ResultRow} from '../schemas/result.js'
import {curveSentence, curvesOfGroup, curveTitle} from './curve-words.js'
import {defineFormat} from './format.js'
import * as words from './words.js'

export const markdown = defineFormat({
  name: 'markdown',
  ending: '.md',
  render: document => `${blocks(document, subtaskTable).join('\n\n')}\n`,
})

/** The document as blocks of Markdown; `subtasksOf` renders the text below a group's table. */
export function blocks(
  whole: ResultDocument,
  subtasksOf: (document: ResultDocument, group: ResultGroup) => string,
): string[] {
  const document = printableData(whole)
  return [
    ...document.warnings.map(warning => `> **Note** ${plain(warning)}`),
    ...(document.comparison ? comparisonBlocks(document.comparison) : []),
    ...document.groups.flatMap(group => groupBlocks(document, group, subtasksOf)),
    ...(document.panels ?? []).map(panel => plain(words.panelSentence(panel))),
    ...(document.rows.length === 0 ? ['No runs.'] : []),
  ]
}

function groupBlocks(
  document: ResultDocument,
  group: ResultGroup,
  subtasksOf: (document: ResultDocument, group: ResultGroup) => string,
): string[] {
  const rows = words.rowsOf(document, group)
  const {count: counted, score: scored} = words.groupColumns(rows)
  const notes = [words.apartSentence(group), words.tierSentence(document, group), words.powerSentence(group)]
  return [
    `### ${plain(words.groupTitle(document, group))}`,
    plain(words.groupFacts(document, group).join(' · ')),
    markdownTable(
      [
        'tier',
        'rank',
        'arm',
        'score',
        '95 % interval',
        'micro',
        'n',
        ...(counted ? ['groups'] : []),
        ...(scored ? ['group score'] : []),
        'unanswered',
        'truncated',
        'errors',
        'tokens',
        'ms p50 / p95',
        'remarks',
      ],
      `rrlrrrr${counted ? 'r' : ''}${scored ? 'r' : ''}rrrrrl`,
      rows.map(row => [
        row.tier === null ? '' : String(row.tier),
        words.rank(row),
        words.armName(row),
        words.percent(row.score),
        words.interval(row.low, row.high),
        words.percent(row.micro),
        words.sampleCount(row),
        ...(counted ? [words.groupCount(row)] : []),
        ...(scored ? [words.percent(row.groupScore ?? null)] : []),
        words.count(row.outcomes.unanswered),
        words.count(row.outcomes.truncated),
        words.count(row.outcomes.error),
        words.thinking(row),
        `${words.figure(row.latencyMs.p50)} / ${words.figure(row.latencyMs.p95)}`,
        words.remarks(row).join('; '),
      ]),
    ),
    ...notes.flatMap(note => (note === null ? [] : [plain(note)])),
    subtasksOf(document, group),
    ...curvesOfGroup(document, group).map(curveTable),
  ].filter(block => block !== '')
}

/** Subtasks as rows, arms as columns; empty if there is at most one subtask. */
export function subtaskTable(document: ResultDocument, group: ResultGroup): string {
  const rows = words.rowsOf(document, group)
  const names = [...new Set(rows.flatMap(row => row.subtasks.map(({name}) => name)))]
  if (names.length < 2) return ''
  const cell = (row: ResultRow, name: string) => {
    const subtask = row.subtasks.find(one => one.name === name)
    return subtask && subtask.n > 0
      ? `${words.percent(subtask.score)} (${words.interval(subtask.low, subtask.high)})`
      : words.absent
  }
  const size = (name: string) => Math.max(...rows.map(row => row.subtasks.find(one => one.name === name)?.n ?? 0))
  return markdownTable(
    ['subtask', 'n', ...rows.map(words.distinctName)],
    `lr${'r'.repeat(rows.length)}`,
    names.map(name => [name, words.count(size(name)), ...rows.map(row => cell(row, name))]),
  )
}

/** The checkpoints of one training in order. */
function curveTable(curve: Curve): string {
  const body = curve.points.map(({step, score, low, high, n}) => [
    ...[words.count(step), words.percent(score), words.interval(low, high), words.count(n)],
  ])
  return [
    plain(curveTitle(curve)),
    markdownTable([curve.unit, 'score', '95 % interval', 'n'], 'rrrr', body),
    plain(curveSentence(curve)),
  ].join('\n\n')
}

function comparisonBlocks(comparison: Comparison): string[] {
  return [
    `### ${plain(words.verdictSentence(comparison))}`,
    `${code(words.armName(comparison.new))} (${plain(comparison.new.run)}) against ${code(words.armName(comparison.base))} (${plain(comparison.base.run)})`,
    comparison.pairs
      .map(pair => `- **${plain(pair.bench)}**: ${plain(words.pairSentence(pair, comparison))}`)
      .join('\n'),
    ...comparison.warnings.map(warning => `> **Note** ${plain(warning)}`),
  ]
}

/** A table; `alignment` has a letter per column, `l` or `r`. */
export function markdownTable(
  head: readonly string[],
  alignment: string,
  body: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(head.map(plain)),
    line([...alignment].map(letter => (letter === 'r' ? '---:' : '---'))),
    ...body.map(cells => line(cells.map(plain))),
  ].join('\n')
}

/** Escapes text from outside as plain Markdown: arm ids contain `|`, and names may contain anything. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, character => `\\${character}`).replaceAll(/\s+/g, ' ')
}

function code(text: string): string {
  return `\`${text.replaceAll(/[`\s]+/g, ' ')}\``
}
