// Formats figures the same way in all formats for people: per cent with one decimal, counts with separators, outcomes
// in words.
import {aggregateText} from '../../core/headline.js'
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
  // Formatted by hand: the first use of Intl costs a tenth of a second.
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 loss`, `1,893 losses`. */
function counted(n: number, one: string, several = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : several}`
}

/** A number with the given number of decimals, or the placeholder for a missing one. */
export function figure(value: number | null, digits = 0): string {
  return value === null ? absent : value.toFixed(digits)
}

/** `1,893/1,901` while samples are missing, else `1,901`. */
export function sampleCount({n, total}: Pick<ResultRow, 'n' | 'total'>): string {
  return n === total ? count(n) : `${count(n)}/${count(total)}`
}

/** `149/150` while the results of groups are missing, else `150`; a dash where there are no groups. */
export function groupCount({groups, groupTotal}: Pick<ResultRow, 'groups' | 'groupTotal'>): string {
  return groups === undefined ? absent : sampleCount({n: groups, total: groupTotal ?? groups})
}

/** `61.3 % of 150 groups right`. */
export function groupText(row: Pick<ResultRow, 'groups' | 'groupTotal' | 'groupScore'>): string {
  return `${percent(row.groupScore ?? null)} % of ${groupCount(row)} groups right`
}

/**
 * Whether a table shows how many groups its rows have, and the share of them that are right, which is the score itself
 * where groups are scored.
 */
export function groupColumns(rows: readonly ResultRow[]): {count: boolean; score: boolean} {
  const count = rows.some(({groups}) => groups !== undefined)
  return {count, score: count && rows.some(({aggregate}) => aggregate !== 'group')}
}

/** The arm's id as one line, with the model's label (if any) instead of its reference. */
export function armName({arm, model, label}: Pick<ResultRow, 'arm' | 'model' | 'label'>): string {
  const name = label !== null && arm.startsWith(model) ? label + arm.slice(model.length) : arm
  return name.replaceAll(/\s+/g, ' ')
}

/** `latent lantern:8 own`. */
export function wayOf({arm, model}: Pick<ResultRow, 'arm' | 'model'>): string {
  return (arm.startsWith(`${model}|`) ? arm.slice(model.length + 1) : arm).replaceAll('|', ' ')
}

/** `accuracy in %`, `group accuracy in %`, `mean(a, b) accuracy in %`: what a score outside of our tables is. */
export function metricName({metric, aggregate}: Pick<ResultRow, 'metric' | 'aggregate'>): string {
  return `${aggregate === 'micro' ? '' : `${aggregateText(aggregate)} `}${metric} in %`
}

/** The arm, followed by what tells it from rows of the same name: the endpoint or the run. */
export function distinctName(row: Pick<ResultRow, 'arm' | 'model' | 'label' | 'differences'>): string {
  const {endpoint, run} = row.differences
  const apart = [endpoint, run].filter(fact => fact !== undefined)
  return apart.length === 0 ? armName(row) : `${armName(row)} (${apart.join(', ')})`
}

/** Text tokens, and latent steps if there are any: `9 + 8`. */
export function thinking({usage, mode}: ResultRow): string {
  const text = figure(usage.textTokens)
  return mode === 'latent' && usage.latentSteps !== null ? `${text} + ${figure(usage.latentSteps)}` : text
}

/** Three decimals, or `< 0.001`. */
export function pValue(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Outcomes that are neither right nor wrong, in words; if there are errors, also what they could change. */
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

/** What the samples of a row are: `built-in`, `partial`, ... */
export function sampleName(sample: ResultRow['sample']): string {
  return sample === 'builtin' ? 'built-in' : sample === 'custom' ? 'own' : sample
}

/** `BLINK val`, followed by a remark if the samples or models are not published ones. */
export function groupTitle(document: ResultDocument, group: ResultGroup): string {
  const rows = rowsOf(document, group)
  const is = (sample: ResultRow['sample']) => rows.some(row => row.sample === sample)
  const sample = is('builtin')
    ? ', built-in sample'
    : is('custom')
      ? ', own data'
      : is('unverified')
        ? ', not the published samples'
        : ''
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
    `${row.metric} in %, ${meanText(row.aggregate, parts)}`,
    ...(group.counted === null ? [] : [group.counted]),
    `extractor ${shared['extractor']}`,
    `prompts ${shared['prompt style']}`,
  ]
  if (shared['judge'] !== 'none') facts.push(`judge ${shared['judge']}`)
  if (row.baselines.random !== null) facts.push(`random ${percent(row.baselines.random)}`)
  if (row.baselines.majority !== null) facts.push(`majority ${percent(row.baselines.majority)}`)
  if (shared['labels'] === 'old' || shared['labels'] === 'new') facts.push(`${shared['labels']} labels`)
  return facts
}

function meanText(aggregate: ResultRow['aggregate'], parts: number): string {
  if (aggregate === 'micro') return 'mean over samples'
  if (aggregate === 'group') return 'mean over groups, each right when all of its samples are'
  if (parts === 1) return 'one subtask'
  return aggregate === 'macro' ? `mean of ${parts} subtasks` : aggregateText(aggregate)
}

/** Why the group is not ranked with the first one of its benchmark; null for the first. */
export function apartSentence(group: ResultGroup): string | null {
  return group.apart.length === 0 ? null : `Not ranked with the rows above, because of other ${group.apart.join('; ')}.`
}

/** What a comparison within this group can and cannot detect. */
export function powerSentence({power}: ResultGroup): string | null {
  if (power === null) return null
  const share = `${percent(power.discordance)} % of which ${power.assumed ? 'are taken to differ' : 'differ'} without a net effect`
  return (
    `${count(power.pairs)} ${power.assumed ? power.unit : power.unit === 'group' ? 'pairs of group' : 'pair'}${power.pairs === 1 ? '' : 's'}, ${share}: a paired comparison finds differences from ` +
    `${percent(power.mde)} points (80 % power) and can show "no difference" within ±${percent(power.smallestMargin)} points, not less.`
  )
}

/** `2`, or `1–3`: the possible ranks of the row; empty outside a ranking. */
export function rank({rankLow, rankHigh}: Pick<ResultRow, 'rankLow' | 'rankHigh'>): string {
  if (rankLow === null || rankHigh === null) return ''
  return rankLow === rankHigh ? String(rankLow) : `${rankLow}–${rankHigh}`
}

/** Explains ranks and tiers; null if there is nothing to rank. */
export function tierSentence(document: ResultDocument, group: ResultGroup): string | null {
  const tiers = rowsOf(document, group).flatMap(row => row.tier ?? [])
  if (tiers.length < 2) return null
  return 'Ranks hold for all rows at once (simultaneous 95 % intervals over paired differences); rows of one tier are ties.'
}

const testNames = {
  'mcnemar-exact': 'exact McNemar',
  'sign-flip': 'sign-flip test',
  'cluster-sign-flip': 'sign-flip test over clusters',
} as const

/**
 * The comparison of one benchmark in a sentence. If it is inconclusive, the sentence names the smallest detectable
 * difference.
 */
export function pairSentence(pair: ComparisonPair, {alpha, pairs}: Pick<Comparison, 'alpha' | 'pairs'>): string {
  const confidence = Number((100 * (1 - alpha)).toFixed(4))
  const p = (value: number) => pValue(value).replace(/^(?!<)/, '= ')
  const several = pairs.length > 1 ? ` (Holm over ${pairs.length} benchmarks: p ${p(pair.holm)})` : ''
  const open = pair.verdict === 'inconclusive' ? `; smallest detectable difference ${percent(pair.mde)} points` : ''
  return (
    `${points(pair.difference)} points (${confidence} % interval ${points(pair.low)} to ${points(pair.high)}), ${testNames[pair.test]} p ${p(pair.p)}${several}; ` +
    `${counted(pair.wins, 'win')}, ${counted(pair.losses, 'loss', 'losses')}, ${counted(pair.ties, 'tie')} in ${pair.unit === 'group' ? counted(pair.n, 'pair of groups', 'pairs of groups') : counted(pair.n, 'pair')}${open}`
  )
}

/** Explains how to read the subtask table of a comparison. */
export function subtaskSentence(count: number): string {
  return `Each interval is of its subtask alone; Holm p allows for ${count} of them being looked at.`
}

/**
 * The verdict of a comparison and, if there is a gate, its decision. The two are separate tests and are worded
 * separately.
 */
export function verdictSentence(comparison: Comparison): string {
  const {verdict, gated, gate, margin, alpha, pairs, allowed, exitCode} = comparison
  const tests =
    pairs.length > 1
      ? `two-sided tests at ${alpha}, Holm over ${pairs.length} benchmarks`
      : `two-sided test at ${alpha}`
  const although = allowed.length > 0 ? `; allowed to differ: ${allowed.join('; ')}` : ''
  if (!gated) return `${verdict} (${tests}, equivalence within ±${percent(margin)} points${although})`
  const loss = `a loss of more than ${percent(margin)} points`
  const decision = {
    passed: `gate passed: ${loss} is ruled out`,
    failed: `gate failed: ${loss} is shown`,
    inconclusive: `gate undecided${exitCode === 0 ? ', let through' : ''}: ${loss} is neither ruled out nor shown`,
  }[gate.outcome]
  return `${decision} (one-sided test at ${alpha}); verdict ${verdict} (${tests}${although})`
}

/**
 * How much the choice of extractor changes the score of one arm: the range, then every extractor from best to worst.
 */
export function panelSentence({arm, bench, rows, range, disagreements}: ResultPanel): string {
  if (range === null) return `${arm} on ${bench}: no answer could be scored.`
  const ranked = [...rows]
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map(({extractor, score}) => `${extractor} ${percent(score)}`)
  return `${arm} on ${bench}: ${percent(range.low)} to ${percent(range.high)} by extractor, ${count(disagreements)} answers read differently: ${ranked.join(', ')}`
}
