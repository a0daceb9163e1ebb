// Tables for a paper: one booktabs table for each group of comparable rows, with its notes below it. It needs
// \usepackage{booktabs,graphicx} and \usepackage[T1]{fontenc}, and compiles with pdfLaTeX, XeLaTeX and LuaLaTeX.
import {printableData} from '../../core/printable.js'
import type {Comparison} from '../schemas/comparison.js'
import type {Curve} from '../schemas/curve.js'
import type {ResultDocument, ResultGroup, ResultRow} from '../schemas/result.js'
import {curveSentence, curvesOfGroup, curveTitle} from './curve-words.js'
import {defineFormat} from './format.js'
import {latexText} from './latex-text.js'
import * as words from './words.js'

export const latex = defineFormat({
  name: 'latex',
  ending: '.tex',
  render(whole) {
    const document = printableData(whole)
    const blocks = [
      '% Written by lantern-eval. It needs \\usepackage{booktabs,graphicx} and \\usepackage[T1]{fontenc}.',
      ...(document.comparison ? [comparisonTable(document.comparison)] : []),
      ...document.groups.flatMap(group => [
        rowsTable(document, group),
        ...subtaskTable(document, group),
        ...curvesOfGroup(document, group).map(curveTable),
      ]),
      ...(document.rows.length === 0 ? ['% No runs.'] : []),
    ]
    return `${blocks.join('\n\n')}\n`
  },
})

interface Float {
  readonly caption: string
  readonly label: string
  /** A letter per column, as LaTeX has them. */
  readonly columns: string
  readonly head: readonly string[]
  /** Cells as LaTeX. */
  readonly body: readonly (readonly string[])[]
  /** Sentences below the table, as plain text. */
  readonly notes: readonly string[]
}

/** A table whose cells are LaTeX already; caption, head and notes are plain text. */
function float({caption, label, columns, head, body, notes}: Float): string {
  const line = (cells: readonly string[]) => `  ${cells.join(' & ')} \\\\`
  return [
    '\\begin{table}[htbp]',
    '\\centering\\small',
    `\\caption{${latexText(caption)}}`,
    `\\label{tab:${label}}`,
    // Many columns or long names: a table that is wider than the text is scaled down to it, others stay as they are.
    '\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%',
    `\\begin{tabular}{@{}${columns}@{}}`,
    '  \\toprule',
    line(head.map(latexText)),
    '  \\midrule',
    ...body.map(line),
    '  \\bottomrule',
    '\\end{tabular}}',
    ...(notes.length === 0 ? [] : ['', '\\smallskip', `{\\footnotesize ${notes.map(latexText).join(' ')}\\par}`]),
    '\\end{table}',
  ].join('\n')
}

/** Letters that LaTeX takes in a label. */
function labelOf(...parts: readonly string[]): string {
  return ['lantern-eval', ...parts].map(part => part.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')).join(':')
}

/** Which of several groups of one benchmark it is; nothing for the first. */
function placeOf({groups}: ResultDocument, group: ResultGroup): string[] {
  const place = groups.filter(({bench, split}) => bench === group.bench && split === group.split).indexOf(group)
  return place === 0 ? [] : [String(place + 1)]
}

const bold = (text: string) => `\\textbf{${text}}`
const number = (text: string) => latexText(text)

/** The rows that no other one is shown to beat; none where there is nothing to compare. */
function bestOf(rows: readonly ResultRow[]): ReadonlySet<ResultRow> {
  const ranked = rows.filter(({tier}) => tier !== null)
  return new Set(ranked.length < 2 ? [] : ranked.filter(({tier}) => tier === 1))
}

function rowsTable(document: ResultDocument, group: ResultGroup): string {
  const rows = words.rowsOf(document, group)
  const best = bestOf(rows)
  const repeated = rows.some(({repeats}) => repeats !== undefined)
  const grouped = words.groupColumns(rows)
  const latent = rows.some(({mode, usage}) => mode === 'latent' && usage.latentSteps !== null)
  const marks = marksOf(rows)
  const body = rows.map(row => {
    const score = number(words.percent(row.score))
    return [
      `${latexText(row.label ?? row.model)}${marks.marked.get(row) ?? ''}`,
      latexText(words.wayOf(row)),
      best.has(row) ? bold(score) : score,
      number(words.interval(row.low, row.high)),
      ...(repeated ? [number(spread(row))] : []),
      number(words.sampleCount(row)),
      ...(grouped.count ? [number(words.groupCount(row))] : []),
      ...(grouped.score ? [number(words.percent(row.groupScore ?? null))] : []),
      number(words.thinking(row)),
    ]
  })
  return float({
    caption: `${words.groupTitle(document, group)}: ${words.groupFacts(document, group).join('; ')}.`,
    label: labelOf(group.bench, group.split, ...placeOf(document, group)),
    columns: `llrr${repeated ? 'r' : ''}r${grouped.count ? 'r' : ''}${grouped.score ? 'r' : ''}r`,
    head: [
      ...['Model', 'Mode', 'Score (%)', '95 % interval'],
      ...(repeated ? ['SD of repeats'] : []),
      'n',
      ...(grouped.count ? ['Groups'] : []),
      ...(grouped.score ? ['Groups right (%)'] : []),
      'Tokens',
    ],
    body,
    notes: [
      ...(best.size === 0 ? [] : [boldSentence(rows, best)]),
      ...(repeated ? ['SD: standard deviation of the score over the repeats of the run, in points.'] : []),
      ...(words.apartSentence(group) === null ? [] : [words.apartSentence(group)!]),
      ...(words.powerSentence(group) === null ? [] : [words.powerSentence(group)!]),
      `Tokens: mean ${latent ? 'text tokens + latent steps' : 'text tokens'} of an answer.`,
      ...marks.notes,
      ...(document.builtin && rows.some(({sample}) => sample === 'builtin')
        ? ['The built-in sample was drawn by lantern-eval; these scores compare with no published number.']
        : []),
    ],
  })
}

function boldSentence(rows: readonly ResultRow[], best: ReadonlySet<ResultRow>): string {
  const test = '(simultaneous 95 % rank intervals over paired differences)'
  if (best.size === rows.length) return `Bold: all rows are ties ${test}.`
  return best.size === 1
    ? `Bold: no other row is shown to be better ${test}.`
    : `Bold: the ${best.size} best, which are ties: none is shown to be beaten ${test}.`
}

function spread({repeats}: ResultRow): string {
  if (repeats === undefined || repeats.sd === null) return words.absent
  return `±${words.percent(repeats.sd)} (${repeats.n})`
}

/** What a row's samples are, and its remarks, as notes with a letter each. */
function marksOf(rows: readonly ResultRow[]): {marked: Map<ResultRow, string>; notes: string[]} {
  const marked = new Map<ResultRow, string>()
  const notes: string[] = []
  const letters = new Map<string, string>()
  for (const row of rows) {
    const what = row.sample === 'official' ? [] : [`${words.sampleName(row.sample)} samples`]
    const remarks = [...what, ...words.remarks(row)].join('; ')
    if (remarks === '') continue
    const letter = letters.get(remarks) ?? letterOf(letters.size)
    if (!letters.has(remarks)) notes.push(`(${letter}) ${remarks}.`)
    letters.set(remarks, letter)
    marked.set(row, `\\textsuperscript{${letter}}`)
  }
  return {marked, notes}
}

/** a to z, then aa, ab, ... */
function letterOf(index: number): string {
  return `${index < 26 ? '' : letterOf(Math.floor(index / 26) - 1)}${String.fromCharCode(97 + (index % 26))}`
}

/** More columns with intervals than these are too small to read on a page. */
const mostIntervals = 8

/** Subtasks as rows, arms as columns by number; nothing where there is at most one subtask. */
function subtaskTable(document: ResultDocument, group: ResultGroup): string[] {
  const rows = words.rowsOf(document, group)
  const names = [...new Set(rows.flatMap(row => row.subtasks.map(({name}) => name)))]
  if (names.length < 2) return []
  const narrow = rows.length > mostIntervals
  const body = names.map(name => {
    const parts = rows.map(row => row.subtasks.find(one => one.name === name))
    return [
      latexText(name),
      number(words.count(Math.max(...parts.map(part => part?.n ?? 0)))),
      ...parts.map(part =>
        part === undefined || part.n === 0
          ? words.absent.replace('–', '--')
          : number(
              narrow
                ? words.percent(part.score)
                : `${words.percent(part.score)} (${words.interval(part.low, part.high)})`,
            ),
      ),
    ]
  })
  return [
    float({
      caption: `${words.groupTitle(document, group)}, by subtask: score in %${narrow ? '' : ' (95 % interval)'}.`,
      label: labelOf(group.bench, group.split, ...placeOf(document, group), 'subtasks'),
      columns: `lr${'r'.repeat(rows.length)}`,
      head: ['Subtask', 'n', ...rows.map((_, k) => `(${k + 1})`)],
      body,
      notes: [
        ...rows.map((row, k) => `(${k + 1}) ${words.distinctName(row).replaceAll('|', ' ')}.`),
        ...(narrow ? ['With so many arms the intervals have no room: --format csv has them.'] : []),
        'Subtasks are not tested against each other, so none is in bold.',
      ],
    }),
  ]
}

function curveTable(curve: Curve): string {
  return float({
    caption: `${curveTitle(curve)}, on ${curve.bench} ${curve.split}.`,
    label: labelOf(curve.bench, curve.split, curveTitle(curve)),
    columns: 'rrrr',
    head: [curve.unit, 'Score (%)', '95 % interval', 'n'],
    body: curve.points.map(({step, score, low, high, n}) => {
      const text = number(words.percent(score))
      const best = curve.best.decided && curve.best.steps[0] === step
      return [
        ...[number(words.count(step)), best ? bold(text) : text],
        ...[number(words.interval(low, high)), number(words.count(n))],
      ]
    }),
    notes: [curveSentence(curve)],
  })
}

function comparisonTable(comparison: Comparison): string {
  const {pairs, base, new: next} = comparison
  return float({
    caption: `${words.armName(next).replaceAll('|', ' ')} against ${words.armName(base).replaceAll('|', ' ')}: difference in points.`,
    label: labelOf('comparison'),
    columns: 'lrrrrl',
    head: ['Benchmark', 'n', 'Difference', 'Interval', pairs.length > 1 ? 'p (Holm)' : 'p', 'Verdict'],
    body: pairs.map(pair => [
      latexText(pair.bench),
      number(words.count(pair.n)),
      number(words.points(pair.difference)),
      number(`${words.points(pair.low)} to ${words.points(pair.high)}`),
      number(words.pValue(pair.holm)),
      latexText(pair.verdict),
    ]),
    notes: [
      `${words.verdictSentence(comparison)}.`,
      ...pairs.map(pair => `${pair.bench}: ${words.pairSentence(pair, comparison)}.`),
      ...comparison.warnings,
    ],
  })
}
