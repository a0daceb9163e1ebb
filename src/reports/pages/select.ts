// Which samples a query wants. Pure; the pages of `report` run it in the browser, the server of `view` beside the logs.
import {outcomes} from '../../core/outcome.js'
import type {SampleQuery} from './shapes.js'

/**
 * The query of an address. An address may be of other runs, or typed: what names no outcome, arm or benchmark of these
 * runs is left out.
 */
export function queryOf(fields: URLSearchParams, there: {readonly columns: number; readonly benches: number}) {
  const index = (text: string | undefined | null, count: number) => {
    const value = /^\d+$/.test(text ?? '') ? Number(text) : count
    return value < count ? value : null
  }
  const bench = index(fields.get('bench'), there.benches)
  const arm = index(fields.get('arm'), there.columns)
  const outcome = outcomes.find(outcome => outcome === fields.get('outcome'))
  const pair = (fields.get('flip') ?? '').split(',')
  const [a, b] = [index(pair[0], there.columns), index(pair[1], there.columns)]
  const [subtask, text] = [fields.get('subtask'), fields.get('text')]
  const query: SampleQuery = {
    ...(bench === null ? {} : {bench}),
    ...(arm === null ? {} : {arm}),
    ...(subtask ? {subtask} : {}),
    ...(text ? {text} : {}),
    ...(outcome === undefined ? {} : {outcome}),
    ...(a === null || b === null || pair.length !== 2 ? {} : {flip: [a, b] as const}),
    ...(fields.get('disagree') === '1' ? {disagree: true} : {}),
  }
  return query
}

/** What a query looks at, by row. Outcomes are numbers, with -1 for none. */
export interface Rows {
  readonly count: number
  readonly columns: number
  id(row: number): string
  bench(row: number): number
  subtask(row: number): string
  outcome(row: number, column: number): number
  /** Whether extractors disagree; null where that is not known yet. */
  disagrees(row: number): boolean | null
}

/** The rows that match, in their order. `outcome` is the number of the wanted one, `right` that of `correct`. */
export function selectRows(rows: Rows, query: SampleQuery, outcome: number | null, right: number): number[] {
  const {bench, subtask, arm, flip, disagree, text} = query
  const part = text?.toLowerCase() ?? ''
  const found: number[] = []
  for (let row = 0; row < rows.count; row++) {
    if (bench !== undefined && rows.bench(row) !== bench) continue
    if (subtask !== undefined && rows.subtask(row) !== subtask) continue
    if (outcome !== null && !hasOutcome(rows, row, outcome, arm)) continue
    if (flip !== undefined && !flips(rows, row, flip, right)) continue
    if (disagree && rows.disagrees(row) !== true) continue
    if (part !== '' && !rows.id(row).toLowerCase().includes(part)) continue
    found.push(row)
  }
  return found
}

function hasOutcome(rows: Rows, row: number, outcome: number, arm: number | undefined): boolean {
  if (arm !== undefined) return rows.outcome(row, arm) === outcome
  for (let column = 0; column < rows.columns; column++) if (rows.outcome(row, column) === outcome) return true
  return false
}

/** Whether both answered and exactly one of them was right. */
function flips(rows: Rows, row: number, [a, b]: readonly [number, number], right: number): boolean {
  const [first, second] = [rows.outcome(row, a), rows.outcome(row, b)]
  return first >= 0 && second >= 0 && (first === right) !== (second === right)
}
