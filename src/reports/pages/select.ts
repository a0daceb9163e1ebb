// Which samples a query wants. Pure; the pages of `report` run it in the browser, the server of `view` beside the logs.
import type {SampleQuery} from './shapes.js'

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
