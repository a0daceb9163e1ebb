// The table for the terminal: compact at 80 columns, with more columns from 110 on, readable without colour.
import {Chalk, type ChalkInstance} from 'chalk'
import {printableData} from '../../core/printable.js'
import type {Comparison} from '../schemas/comparison.js'
import type {Curve} from '../schemas/curve.js'
import type {ResultDocument, ResultGroup, ResultRow} from '../schemas/result.js'
import {curveSentence, curvesOfGroup, curveTitle} from './curve-words.js'
import {defineFormat, type FormatOptions} from './format.js'
import {type Cell, type Column, dotted, labelled, plainTable, type TableRow, widthOf, wrap} from './layout.js'
import * as words from './words.js'

const wide = 110

export const terminal = defineFormat({
  name: 'terminal',
  ending: '.txt',
  render(whole, options) {
    const document = printableData(whole)
    const paint = new Chalk({level: options.color ? 1 : 0})
    const blocks = [
      ...document.groups.flatMap(group => groupBlocks(document, group, options, paint)),
      ...(document.comparison ? [comparisonText(document.comparison, options)] : []),
      ...(document.panels ?? []).map(panel => wrap(words.panelSentence(panel), options.width).join('\n')),
      ...(document.rows.length === 0 ? ['No runs.'] : []),
      ...document.warnings.map(warning => noteLines(warning, options.width, paint).join('\n')),
    ]
    return `${blocks.join('\n\n')}\n`
  },
})

function groupBlocks(
  document: ResultDocument,
  group: ResultGroup,
  {width, subtasks}: FormatOptions,
  paint: ChalkInstance,
): string[] {
  const rows = words.rowsOf(document, group)
  const apart = words.apartSentence(group)
  const notes = [words.tierSentence(document, group), words.powerSentence(group)].flatMap(note => note ?? [])
  const models = new Set(rows.map(({model}) => model))
  const model = models.size === 1 ? (rows[0]!.label ?? rows[0]!.model) : null
  const heads = subtasks ? columnHeads(rows, width) : []
  const facts = [...(model === null ? [] : [model]), ...words.groupFacts(document, group)]
  return [
    [
      paint.bold(words.groupTitle(document, group)),
      ...wrap(dotted(facts), width).map(line => paint.dim(line)),
      ...(apart === null ? [] : wrap(apart, width).map(line => paint.yellow(line))),
    ].join('\n'),
    rowsTable(rows, {oneModel: model !== null, numbered: heads === 'numbers', width, paint}),
    subtasks ? subtasksTable(rows, heads, width, paint) : '',
    ...curvesOfGroup(document, group).map(curve => curveBlock(curve, rows[0]!, width, paint)),
    notes
      .flatMap(note => wrap(note, width))
      .map(line => paint.dim(line))
      .join('\n'),
  ].filter(block => block !== '')
}

interface Field extends Column {
  readonly cell: (row: ResultRow) => string
  readonly style?: (text: string) => string
}

interface RowsLook {
  /** All rows have the same model, which is named above the table. */
  readonly oneModel: boolean
  /** The rows are numbered, because the columns of the table of subtasks say `row 1`. */
  readonly numbered: boolean
  readonly width: number
  readonly paint: ChalkInstance
}

function rowsTable(rows: readonly ResultRow[], {oneModel, numbered, width, paint}: RowsLook): string {
  const fields: Field[] = [
    {head: 'score', align: 'right', cell: row => words.percent(row.score), style: paint.bold},
    {head: '95 % interval', align: 'right', cell: row => words.interval(row.low, row.high)},
    ...(width >= wide ? [whiskers] : []),
    ...(rows.some(row => row.aggregate !== 'micro')
      ? [{head: 'micro', align: 'right', cell: (row: ResultRow) => words.percent(row.micro)} as const]
      : []),
    {head: 'n', align: 'right', cell: words.sampleCount},
    ...(words.groupColumns(rows).count ? [{head: 'groups', align: 'right', cell: words.groupCount} as const] : []),
    ...(words.groupColumns(rows).score
      ? [{head: 'group', align: 'right', cell: (row: ResultRow) => words.percent(row.groupScore ?? null)} as const]
      : []),
    ...(rows.some(row => row.usage.textTokens !== null)
      ? [{head: 'tokens', align: 'right', cell: words.thinking} as const]
      : []),
    ...(rows.some(row => row.latencyMs.p50 !== null)
      ? [
          {
            head: width >= wide ? 'ms p50 / p95' : 'ms',
            align: 'right',
            cell: (row: ResultRow) => latency(row, width >= wide),
          } as const,
        ]
      : []),
  ]
  const lead: Column[] = [
    ...(numbered ? [{head: 'row', align: 'right'} as const] : []),
    {head: 'tier', align: 'right'},
    {head: 'rank', align: 'right'},
    {head: 'arm', align: 'left'},
  ]
  const columns = [...lead, ...fields]
  const figures = (row: ResultRow): Cell[] => fields.map(({cell, style}) => ({lines: [cell(row)], style}))
  const lines = rows.map((row, index) =>
    [...(numbered ? [String(index + 1)] : []), row.tier === null ? '' : String(row.tier), words.rank(row)].map(
      text => ({lines: [text]}),
    ),
  )
  const taken = [...widthOf(lead.slice(0, -1), lines), ...widthOf(fields, rows.map(figures))].reduce(
    (sum, one) => sum + one + 2,
    0,
  )
  const room = Math.max(16, width - taken)
  const body = rows.flatMap((row, index): TableRow[] => {
    const remarks = words.remarks(row)
    const {above, beside} = armLines(row, oneModel, room)
    return [
      ...(above === null ? [] : [{text: above, style: (text: string) => text}]),
      [...lines[index]!, {lines: beside}, ...figures(row)],
      ...(remarks.length > 0 ? [{text: dotted(remarks), style: paint.dim}] : []),
    ]
  })
  return plainTable(columns, body, width, paint.dim)
}

/**
 * Short names that tell the rows apart, from as few as possible of model, mode, protocol and intervention; null if
 * these do not tell them apart.
 */
function shortNames(rows: readonly ResultRow[]): string[] | null {
  const parts = rows.map(({model, label, mode, protocol, latentSize, intervention}) => [
    label ?? model.split(/[:/\\]/).at(-1)!,
    mode,
    protocol === null ? '' : `${protocol}${latentSize === null ? '' : `:${latentSize}`}`,
    intervention ?? '',
  ])
  const varying = [0, 1, 2, 3].filter(part => new Set(parts.map(one => one[part])).size > 1)
  for (const chosen of [...varying.map(part => [part]), varying]) {
    const names = parts.map(one =>
      chosen
        .map(part => one[part]!)
        .filter(Boolean)
        .join(' '),
    )
    if (names.every(Boolean) && new Set(names).size === rows.length) return names
  }
  return null
}

/** The subtasks of all rows, each once. */
const subtaskNames = (rows: readonly ResultRow[]) => [
  ...new Set(rows.flatMap(row => row.subtasks.map(({name}) => name))),
]

/**
 * The heads of the arms' columns in the table of subtasks: short names if these tell the rows apart and fit, otherwise
 * the numbers of the rows.
 */
function columnHeads(rows: readonly ResultRow[], width: number): readonly string[] | 'numbers' {
  if (rows.length === 1) return ['score']
  const short = shortNames(rows)
  const taken = Math.max(0, ...subtaskNames(rows).map(name => name.length)) + 8
  return short !== null && short.join('  ').length + taken <= width ? short : 'numbers'
}

/**
 * Subtasks as rows, arms as columns in the order of the table above. If there is a single arm its intervals are shown
 * too.
 */
function subtasksTable(
  rows: readonly ResultRow[],
  heads: readonly string[] | 'numbers',
  width: number,
  paint: ChalkInstance,
): string {
  const names = subtaskNames(rows)
  const of = (row: ResultRow, name: string) => row.subtasks.find(subtask => subtask.name === name)
  const single = rows.length === 1
  const columns: Column[] = [
    {head: 'subtask', align: 'left'},
    {head: 'n', align: 'right'},
    ...rows.map(
      (_, index): Column => ({head: heads === 'numbers' ? `row ${index + 1}` : heads[index]!, align: 'right'}),
    ),
    ...(single ? [{head: '95 % interval', align: 'right'} as const] : []),
  ]
  const body = names.map(name => {
    const parts = rows.map(row => of(row, name))
    const n = Math.max(...parts.map(part => part?.n ?? 0))
    const [first] = parts
    return [
      name,
      words.count(n),
      ...parts.map(part => words.percent(part?.score ?? null)),
      ...(single ? [words.interval(first?.low ?? null, first?.high ?? null)] : []),
    ].map(text => ({lines: [text]}))
  })
  return plainTable(columns, body, width, paint.dim)
}

/**
 * The arm's id on one line if it fits, otherwise model and mode on two lines. A model too long for the column stands
 * above the row, over the whole width. The model is omitted if all rows have the same.
 */
function armLines(
  {arm, model, label}: ResultRow,
  oneModel: boolean,
  room: number,
): {readonly above: string | null; readonly beside: readonly string[]} {
  const way = (arm.startsWith(`${model}|`) ? arm.slice(model.length + 1) : arm).replaceAll('|', ' ')
  const name = label ?? model
  if (!oneModel && `${name} ${way}`.length <= room) return {above: null, beside: [`${name} ${way}`]}
  const named = oneModel || name.length > room ? [] : [name]
  return {above: !oneModel && name.length > room ? name : null, beside: [...named, ...wrap(way, room)]}
}

function noteLines(text: string, width: number, paint: ChalkInstance): string[] {
  return labelled('note  ', text, width).map(line => paint.yellow(line))
}

function latency({latencyMs: {p50, p95}}: ResultRow, both: boolean): string {
  return both && p50 !== null ? `${words.figure(p50)} / ${words.figure(p95)}` : words.figure(p50)
}

const scaleCells = 21

/** Draws score and interval on a common scale from 0 to 100 %, with the guessing baseline as a dotted line. */
const whiskers = {
  head: '0         50       100',
  align: 'left',
  cell({score, low, high, baselines}: Pick<ResultRow, 'score' | 'low' | 'high' | 'baselines'>): string {
    const at = (fraction: number) => Math.round(fraction * (scaleCells - 1))
    const line = new Array<string>(scaleCells).fill(' ')
    if (baselines.random !== null) line[at(baselines.random)] = '┊'
    if (score !== null && low !== null && high !== null) {
      line.fill('─', at(low), at(high) + 1)
      line[at(score)] = '●'
    }
    return line.join('')
  },
} as const

/** The checkpoints of one training in order, and which is the best as far as the tests allow. */
function curveBlock(curve: Curve, {baselines}: ResultRow, width: number, paint: ChalkInstance): string {
  const columns: Column[] = [
    {head: curve.unit, align: 'right'},
    {head: 'score', align: 'right'},
    {head: '95 % interval', align: 'right'},
    {head: 'n', align: 'right'},
    {head: whiskers.head, align: 'left'},
  ]
  const body = curve.points.map(({step, score, low, high, n}) =>
    [
      ...[words.count(step), words.percent(score), words.interval(low, high), words.count(n)],
      whiskers.cell({score, low, high, baselines}),
    ].map(text => ({lines: [text]})),
  )
  return [
    ...wrap(curveTitle(curve), width),
    plainTable(columns, body, width, paint.dim),
    ...wrap(curveSentence(curve), width).map(line => paint.dim(line)),
  ].join('\n')
}

/** A comparison for the terminal: the verdict, then a sentence for each benchmark, then the subtasks that stand out. */
export function comparisonText(whole: Comparison, {width, color}: FormatOptions): string {
  const comparison = printableData(whole)
  const paint = new Chalk({level: color ? 1 : 0})
  const tint = {improved: paint.green, equivalent: paint.green, regressed: paint.red, inconclusive: paint.yellow}[
    comparison.verdict
  ]
  const side = ({arm, run}: ResultRow) => `${arm.replaceAll('|', ' ')} (${run})`
  return [
    ...wrap(words.verdictSentence(comparison), width).map(line => tint.bold(line)),
    ...labelled('new   ', side(comparison.new), width),
    ...labelled('base  ', side(comparison.base), width),
    ...comparison.pairs.flatMap(pair => [
      '',
      `${paint.bold(pair.bench)}  ${pair.verdict}`,
      ...wrap(words.pairSentence(pair, comparison), width),
      ...subtaskLines(pair, width, paint),
      ...flipLines(pair, width),
    ]),
    ...comparison.warnings.flatMap(warning => ['', ...noteLines(warning, width, paint)]),
  ].join('\n')
}

function subtaskLines({subtasks}: Comparison['pairs'][number], width: number, paint: ChalkInstance): string[] {
  if (subtasks.length < 2) return []
  const columns: Column[] = [
    {head: 'subtask', align: 'left'},
    {head: 'points', align: 'right'},
    {head: '95 % interval', align: 'right'},
    {head: 'wins', align: 'right'},
    {head: 'losses', align: 'right'},
    {head: 'n', align: 'right'},
    {head: 'Holm p', align: 'right'},
  ]
  const rows = subtasks.map(({name, difference, low, high, wins, losses, n, holm}) => {
    const figures = [
      words.points(difference),
      `${words.points(low)} to ${words.points(high)}`,
      wins,
      losses,
      n,
      words.pValue(holm),
    ]
    return [name, ...figures].map(text => ({lines: [String(text)], style: holm < 0.05 ? paint.bold : undefined}))
  })
  const [, ...taken] = widthOf(columns, rows)
  const room = width - taken.reduce((sum, one) => sum + one + 2, 0)
  const fitted = rows.map(([name, ...figures]) => [{...name!, lines: wrap(name!.lines[0]!, room)}, ...figures])
  const note = words.subtaskSentence(subtasks.length)
  return ['', plainTable(columns, fitted, width, paint.dim), ...wrap(note, width).map(line => paint.dim(line))]
}

/** Number of flips shown on the terminal; the JSON has more. */
const shownFlips = 8

function flipLines({flips, wins, losses}: Comparison['pairs'][number], width: number): string[] {
  if (flips.length === 0) return []
  const shown = flips.slice(0, shownFlips).map(({id, from, to}) => `${id} ${from} → ${to}`)
  const more = wins + losses - shown.length
  return ['', ...labelled('flips  ', dotted([...shown, ...(more > 0 ? [`${words.count(more)} more`] : [])]), width)]
}
