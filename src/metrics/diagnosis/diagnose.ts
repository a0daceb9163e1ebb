// From a table of outcomes to a verdict with its evidence, for the headline and every subtask.
import {effectiveSize, strataOfFigure} from '../statistics/index.js'
import {effectsOf, interactionsOf} from './effects.js'
import {type ComparedCondition, comparedConditions, type Evidence, evidenceOf} from './evidence.js'
import {appliedGuard, engagedGuard, engagementOf, extractorGuard, panelOf, recordedGuards} from './guards.js'
import {type ChosenReading, chooseReading, scoredBy} from './reading.js'
import {samplesToDecide} from './required.js'
import type {Diagnosis, DiagnosisVerdict, Guard, Undecided} from './result.js'
import {combined, type DiagnosedRow, partOf, rowsOf, type Scored, samplesOf} from './row.js'
import {notesOf, type Said, statementOf} from './statement.js'
import {donorShares} from './steering.js'
import {stepDown} from './step-down.js'
import {type DiagnosisTable, ownCondition, type RecordedChecks} from './table.js'
import {utilityOf} from './utility.js'
import {type Judgement, judge} from './verdict.js'

export interface DiagnoseOptions {
  readonly alpha?: number
  /**
   * The margin within which conditions are alike. Fixed beforehand: 3 points, 10 for rows of fewer than 400 samples.
   */
  readonly margin?: number
  /** Seeds the sign flips of macro headlines and clusters. */
  readonly seed?: string | number
  readonly flips?: number
  readonly checks?: RecordedChecks
}

const wideMargin = 0.1
const narrowMargin = 0.03
/** From this many samples on the narrow margin can be reached. */
const narrowFrom = 400

/** The margin of a row that nobody chose: by the number of its samples, never by their outcomes. */
export function defaultMargin(samples: number): number {
  return samples < narrowFrom ? wideMargin : narrowMargin
}

/**
 * Judges a table: the headline row first, alone, at alpha; then the subtasks together (`stepDown`).
 * Returns no row for a table without samples.
 */
export function diagnose(table: DiagnosisTable, options: DiagnoseOptions = {}): Diagnosis[] {
  const {alpha = 0.05} = options
  const {headline, subtasks} = rowsOf(table)
  const judgedSubtasks = stepDown(
    subtasks.length,
    alpha,
    (row, level) => judgeRow(subtasks[row]!, level, options),
    ({verdict}) => verdict !== 'inconclusive' && verdict !== 'void',
  )
  return [
    ...(headline === null ? [] : [report(headline, judgeRow(headline, alpha, options), alpha, options)]),
    ...judgedSubtasks.map(({judged, alpha: level}, row) => report(subtasks[row]!, judged, level, options)),
  ]
}

interface JudgedPart {
  readonly verdict: DiagnosisVerdict
  readonly verdictAll: DiagnosisVerdict
  readonly judgement: Judgement
  readonly evidence: Evidence
  readonly guards: readonly Guard[]
  /** The samples that the verdict is about. */
  readonly part: DiagnosedRow
  readonly chosen: ChosenReading
  readonly margin: number
}

function judgeRow(row: DiagnosedRow, alpha: number, options: DiagnoseOptions): JudgedPart {
  const margin = options.margin ?? defaultMargin(samplesOf(row).length)
  const engagement = engagementOf(row)
  const part = engagement === null ? row : partOf(row, ({engaged}) => engaged === true)
  const chosen = chooseReading(part, margin)
  const evidenceIn = (samples: DiagnosedRow, scored: Scored) =>
    evidenceOf(samples, scored, {alpha, margin, seed: options.seed ?? 0, flips: options.flips})
  const judgeBy = (samples: DiagnosedRow, scored: Scored) => judge(evidenceIn(samples, scored), {alpha, margin})
  const evidence = evidenceIn(part, scoredBy(chosen.kind))
  const judgement = judge(evidence, {alpha, margin})
  const all = part === row ? judgement : judgeBy(row, scoredBy(chosen.kind))
  const {counted, stuck} = chosen.kind === 'forced' ? {counted: [], stuck: []} : panelOf(part)
  const panel = counted.map(extractor => ({
    extractor,
    verdict: judgeBy(part, ({panel}) => panel?.[extractor]?.score ?? null).verdict,
  }))
  const guards = [
    ...recordedGuards(part, options.checks ?? {}),
    engagedGuard(engagement),
    appliedGuard(part),
    extractorGuard(judgement.verdict, panel, stuck),
  ]
  const failed = guards.some(({ok}) => ok === false)
  return {
    ...{judgement, evidence, guards, part, chosen, margin},
    verdict: failed ? 'void' : judgement.verdict,
    verdictAll: failed ? 'void' : all.verdict,
  }
}

function report(row: DiagnosedRow, judged: JudgedPart, alpha: number, options: DiagnoseOptions): Diagnosis {
  const {verdict, verdictAll, judgement, guards, part, chosen, margin} = judged
  const shown = {alpha, reading: chosen.kind, seed: options.seed ?? 0, flips: options.flips}
  const effects = effectsOf(part, judgement, shown)
  const undecided = verdict === 'inconclusive' ? undecidedOf(judged, alpha) : null
  const said: Said = {
    ...{verdict, judgement, effects, guards, undecided, margin, alpha, n: samplesOf(part).length},
    ...{reading: chosen.kind, differing: chosen.differing, norms: normsOf(part), donors: donorsOf(part)},
  }
  return {
    ...{bench: row.bench, subtask: row.subtask, n: samplesOf(row).length, engaged: engagementOf(row)},
    ...{verdict, verdictAll, statement: statementOf(said), notes: notesOf(said, interactionsOf(part, shown))},
    ...{guards, effects, utility: utilityOf(effects, chosen.kind)},
    ...{undecided, reading: chosen.kind, margin, alpha},
  }
}

function undecidedOf(
  {evidence: {contrasts}, judgement: {missing, open, below}, part, chosen, margin}: JudgedPart,
  alpha: number,
): Undecided {
  const supported = comparedConditions.flatMap(condition => {
    const contrast = contrasts[condition]
    // A condition that own is shown to beat is not to be called alike.
    return contrast === null || below.includes(condition)
      ? []
      : [Math.max(Math.abs(contrast.low), Math.abs(contrast.high))]
  })
  const needed = open.map(condition => neededFor(part, condition, scoredBy(chosen.kind), {alpha, margin}))
  const known = needed.filter(n => n !== null)
  return {
    missing,
    open,
    decidedAt: known.length === 0 || known.length < needed.length ? null : Math.max(...known),
    supports: supported.length === 0 ? null : Math.max(...supported),
  }
}

function neededFor(
  row: DiagnosedRow,
  condition: ComparedCondition,
  scored: Scored,
  level: {alpha: number; margin: number},
): number | null {
  const strata = combined(row, [ownCondition, condition], scored, (own, other) => own - other)
  const n = strata.reduce((sum, {values}) => sum + values.length, 0)
  const {mean, size, n: pieces} = effectiveSize(strataOfFigure(strata, row.aggregate))
  return samplesToDecide({n, pieces, difference: mean, discordance: size}, level)
}

function donorsOf(row: DiagnosedRow): Said['donors'] {
  const swaps = ['swap', 'swap-unrelated'].flatMap(swap => {
    const shares = donorShares(row, swap)
    return shares === null ? [] : [[swap, shares] as const]
  })
  return Object.fromEntries(swaps)
}

/** Mean norm of what each condition fed, over that of own on the same samples. */
function normsOf(row: DiagnosedRow): Record<string, number> {
  const sums = new Map<string, {own: number; other: number}>()
  for (const {under} of samplesOf(row)) {
    const own = under[ownCondition]?.norm
    if (own == null) continue
    for (const [condition, {norm}] of Object.entries(under)) {
      if (norm == null) continue
      const sum = sums.get(condition) ?? {own: 0, other: 0}
      sums.set(condition, {own: sum.own + own, other: sum.other + norm})
    }
  }
  return Object.fromEntries([...sums].filter(([, {own}]) => own > 0).map(([name, {own, other}]) => [name, other / own]))
}
