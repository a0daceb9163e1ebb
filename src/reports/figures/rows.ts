// Names and costs of the rows of a result document, as figures show them.
import {distinctName} from '../formats/words.js'
import type {ResultRow} from '../schemas/result.js'
import {short, twoLined} from './figure.js'

/** The model above, and what the arm did with it below. */
function rowLabel(row: ResultRow): string {
  const model = row.label ?? row.model
  const whole = distinctName(row)
  const rest = whole.startsWith(model) ? whole.slice(model.length).replace(/^\|/, '') : row.mode
  return twoLined(short(model, 34), short(rest.replaceAll('|', ' · '), 40))
}

/** Whose a datum is, whole: its arm and its run. Labels beside it may be shortened. */
export const whole = ({arm, run}: Pick<ResultRow, 'arm' | 'run'>) => ({id: arm, run})

/** Labels of the rows that all differ: equal ones get a number, since equal names would share one place of an axis. */
export function rowLabels(rows: readonly ResultRow[]): string[] {
  return unique(rows.map(rowLabel))
}

/** Equal labels get a number. */
export function unique(labels: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return labels.map(label => {
    const k = (seen.get(label) ?? 0) + 1
    seen.set(label, k)
    return k === 1 ? label : `${label} (${k})`
  })
}

/** Mean decode steps of a sample: text tokens, and latent steps where they were seen; null where unknown. */
export function decodeSteps({usage}: ResultRow): number | null {
  return usage.textTokens === null ? null : usage.textTokens + (usage.latentSteps ?? 0)
}
