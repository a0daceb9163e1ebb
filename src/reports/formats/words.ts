// How figures read, the same in every format for people: per cent with one decimal, counts with separators, outcomes in
// words.
import {exitCodes} from '../../core/errors.js'
import type {Comparison, ComparisonPair} from '../schemas/comparison.js'
import type {ResultDocument, ResultGroup, ResultPanel, ResultRow} from '../schemas/result.js'

export const absent = '–'

/** A fraction in per cent, one decimal, without the sign. */
export function percent(fraction: number | null): string {
  return fraction === null ? absent : (100 * fraction).toFixed(1)
}

/** `52.4 – 57.1`, in per cent. */
export function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? absent : `${percent(low)} – ${percent(high)}`
}

/** A difference in percentage points, always with its sign. */
export function points(difference: number): string {
  const rounded = (100 * difference).toFixed(1)
  return rounded === '-0.0' || rounded === '0.0' ? '0.0' : difference > 0 ? `+${rounded}` : rounded.replace('-', '−')
}

/** A whole number with separators: `1,901`. */
export function count(n: number): string {
  // By hand: the first number through Intl costs a tenth of a second.
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A number with so many digits after the point, or the mark of an absent one. */
export function figure(value: number | null, digits = 0): string {
  return value === null ? absent : value.toFixed(digits)
}

/** `1,893/1,901` while samples are missing, else `1,901`. */
export function sampleCount({n, total}: Pick<ResultRow, 'n' | 'total'>): string {
  return n === total ? count(n) : `${count(n)}/${count(total)}`
}

/** Written tokens, and latent steps where there are any: `9 + 8`. */
export function thinking({usage, mode}: ResultRow): string {
  const text = figure(usage.textTokens)
  return mode === 'latent' && usage.latentSteps !== null ? `${text} + ${figure(usage.latentSteps)}` : text
}

/** Three decimals, or that it is less than the last of them. */
export function pValue(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Outcomes that are neither right nor wrong, in words; with errors, what they could change. */
export function remarks(row: ResultRow): string[] {
  const {outcomes, bounds} = row
  const silent = (['unanswered', 'truncated', 'refused', 'not-engaged'] as const)
    .filter(outcome => outcomes[outcome] > 0)
    .map(outcome => `${count(outcomes[outcome])} ${outcome}`)
  const remarks = [...row.notes]
  if (silent.length > 0) remarks.push(silent.join(', '))
  if (outcomes.error > 0) {
    const errors = outcomes.error === 1 ? '1 error' : `${count(outcomes.error)} errors`
    remarks.push(`${errors}: ${interval(bounds.low, bounds.high)} if wrong, or right`)
  }
  for (const [name, value] of Object.entries(row.differences)) remarks.push(`${name} ${value}`)
  return remarks
}

/** `BLINK val`, and for samples and models that are not published ones the words that keep them apart. */
export function groupTitle(document: ResultDocument, group: ResultGroup): string {
  const rows = rowsOf(document, group)
  const is = (sample: ResultRow['sample']) => rows.some(row => row.sample === sample)
  const sample = is('builtin') ? ', built-in sample' : is('unverified') ? ', not the published samples' : ''
  const models = rows.every(({model}) => model.startsWith('builtin:')) ? ', built-in control models' : ''
  return `${group.title} ${group.split}${sample}${models}`
}

/** The rows of a group, in the order of its table. */
export function rowsOf(document: ResultDocument, group: ResultGroup): ResultRow[] {
  return group.rows.map(index => document.rows[index]!)
}

/** What all rows of the group share: metric, extractor, prompts, guessing. */
export function groupFacts(document: ResultDocument, group: ResultGroup): string[] {
  const [row] = rowsOf(document, group)
  if (row === undefined) return []
  const {shared} = group
  const parts = row.subtasks.filter(subtask => subtask.headline).length
  const facts = [
    `${row.metric} in %, ${row.aggregate === 'macro' ? (parts === 1 ? 'one subtask' : `mean of ${parts} subtasks`) : 'mean over samples'}`,
    `extractor ${shared['extractor']}`,
    `prompts ${shared['prompt style']}`,
  ]
  if (shared['judge'] !== 'none') facts.push(`judge ${shared['judge']}`)
  if (row.baselines.random !== null) facts.push(`random ${percent(row.baselines.random)}`)
  if (row.baselines.majority !== null) facts.push(`majority ${percent(row.baselines.majority)}`)
  if (shared['labels'] === 'old' || shared['labels'] === 'new') facts.push(`${shared['labels']} labels`)
  return facts
}

/** Why the group is not ranked with the first one of its benchmark; null for the first. */
export function apartSentence(group: ResultGroup): string | null {
  return group.apart.length === 0 ? null : `Not ranked with the rows above, because of other ${group.apart.join('; ')}.`
}

/** What a comparison within this group can and cannot show. */
export function powerSentence({power}: ResultGroup): string | null {
  if (power === null) return null
  const share = `${percent(power.discordance)} % ${power.assumed ? 'discordance assumed' : 'discordant'}`
  return (
    `${count(power.pairs)} ${power.assumed ? 'sample' : 'pair'}${power.pairs === 1 ? '' : 's'}, ${share}: a paired comparison finds differences from ` +
    `${percent(power.mde)} points (80 % power) and can show "no difference" within ±${percent(power.smallestMargin)} points, not less.`
  )
}

/** What tiers mean; null where there is nothing to rank. */
export function tierSentence(document: ResultDocument, group: ResultGroup): string | null {
  const tiers = rowsOf(document, group).flatMap(row => row.tier ?? [])
  if (tiers.length < 2) return null
  return 'Rows of one tier are ties: the paired 95 % interval against the best of the tier holds 0.'
}

/** The comparison of one benchmark in a sentence. */
export function pairSentence(pair: ComparisonPair): string {
  const test = pair.test === 'mcnemar-exact' ? 'exact McNemar' : 'paired bootstrap'
  // Said beside the p itself: some formats show the sentence without the comparison's warnings.
  const caveat = pair.clustered && pair.test === 'mcnemar-exact' ? ' (as if no samples shared a picture)' : ''
  return (
    `${points(pair.difference)} points (95 % interval ${points(pair.low)} to ${points(pair.high)}), ${test} p ${pValue(pair.p).replace(/^(?!<)/, '= ')}${caveat}; ` +
    `${count(pair.wins)} wins, ${count(pair.losses)} losses, ${count(pair.ties)} ties in ${count(pair.n)} pairs; smallest detectable difference ${percent(pair.mde)} points`
  )
}

/** The verdict of a comparison, and of its gate where one was asked for. */
export function verdictSentence({verdict, gated, exitCode, margin, alpha}: Comparison): string {
  const bounds = `one-sided bounds at ${alpha}, margin ${percent(margin)} points`
  if (!gated) return `${verdict} (${bounds})`
  const gate = exitCode === 0 ? 'gate passed' : exitCode === exitCodes['gate-failed'] ? 'gate failed' : 'gate undecided'
  return `${gate}: ${verdict} (${bounds})`
}

/** What the choice of extractor is worth for one arm: the range, then every reading from best to worst. */
export function panelSentence({arm, bench, rows, range, disagreements}: ResultPanel): string {
  if (range === null) return `${arm} on ${bench}: no answer could be scored.`
  const ranked = [...rows]
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map(({extractor, score}) => `${extractor} ${percent(score)}`)
  return `${arm} on ${bench}: ${percent(range.low)} to ${percent(range.high)} by extractor, ${count(disagreements)} answers read differently: ${ranked.join(', ')}`
}
