// Two arms on the samples both settled: differences, tests, verdict and gate (design/contract.md, "compare"). Pure.
import {exitCodes, LanternError} from '../core/errors.js'
import {random} from '../core/random.js'
import {gateOf, holm, overallVerdict, pairedDifference, verdictOf, worstGate} from '../metrics/statistics/index.js'
import type {Lock} from '../run-folder/lock.js'
import {contractOf, disagreements} from './comparability.js'
import type {Run, Sheet} from './read-run.js'
import {rowOf} from './row.js'
import type {Comparison, ComparisonPair} from './schemas/comparison.js'
import {headlineTotal, pairsOf} from './strata.js'

export interface CompareOptions {
  /** Arm ids; may be left out where a run has one arm. */
  readonly baseArm?: string
  readonly newArm?: string
  /** The loss that would still be accepted, as a fraction; default 0.02. */
  readonly margin?: number
  /** Of each one-sided bound; default 0.05. */
  readonly alpha?: number
  /** With it the exit code tells passed (0), failed (1) and inconclusive (3) apart; without it is 0. */
  readonly failOn?: 'regression'
}

const defaultMargin = 0.02
const defaultAlpha = 0.05
const gateExitCodes = {
  passed: 0,
  failed: exitCodes['gate-failed'],
  inconclusive: exitCodes.inconclusive,
} as const

/**
 * Compares two arms, of two runs or of one, on every benchmark they share.
 * Throws `usage` when a run has several arms and none is named, `provenance` when the runs are not comparable or share
 * no benchmark, `nothing-evaluated` when no sample is scored in both.
 */
export function compareRuns(base: Run, next: Run, options: CompareOptions = {}): Comparison {
  const {margin = defaultMargin, alpha = defaultAlpha, failOn} = options
  const baseArm = pickArm(base, options.baseArm)
  const newArm = pickArm(next, options.newArm)
  const warnings: string[] = [...new Set([...base.warnings, ...next.warnings])]
  const baseSheets = base.sheets.filter(sheet => sheet.arm.id === baseArm)
  const newSheets = next.sheets.filter(sheet => sheet.arm.id === newArm)
  const shared: {base: Sheet; new: Sheet}[] = []
  for (const sheet of newSheets) {
    const other = baseSheets.find(({bench}) => bench.id === sheet.bench.id)
    if (other === undefined) warnings.push(`${sheet.bench.id} is in ${next.dir} only and is left out.`)
    else shared.push({base: other, new: sheet})
  }
  for (const {bench} of baseSheets) {
    if (!shared.some(pair => pair.base.bench.id === bench.id))
      warnings.push(`${bench.id} is in ${base.dir} only and is left out.`)
  }
  assertComparable(base, next)
  const pairs = shared.map(pair => comparePair(base, next, pair, margin, alpha)).filter(pair => pair !== null)
  if (pairs.length === 0) {
    throw new LanternError(
      'nothing-evaluated',
      `No sample is scored in both ${base.dir} (${baseArm}) and ${next.dir} (${newArm}).`,
      'Finish the runs (the same commands resume); shards have to be merged first.',
    )
  }
  for (const {bench, n, unpaired} of pairs) {
    if (unpaired > 0)
      warnings.push(
        `${bench}: ${unpaired} of ${n + unpaired} samples are not scored in both (missing, failed or hidden) and are left out.`,
      )
  }
  if (pairs.some(pair => pair.clustered && pair.test === 'mcnemar-exact')) {
    warnings.push(
      'Some samples share a picture or an item: the intervals and the verdict allow for that, the p of McNemar does not.',
    )
  }
  return {
    schema: 1,
    base: rowOf(base, shared[0]!.base),
    new: rowOf(next, shared[0]!.new),
    pairs,
    margin,
    alpha,
    gated: failOn !== undefined,
    warnings,
    verdict: overallVerdict(pairs.map(pair => pair.verdict)),
    exitCode: failOn === undefined ? 0 : gateExitCodes[worstGate(pairs.map(pair => pair.gate))],
  }
}

/**
 * Throws `provenance` unless two runs share a benchmark and agree, on all they share, on what has to agree; needs no
 * answers.
 */
export function assertComparable(base: Pick<Run, 'dir' | 'lock'>, next: Pick<Run, 'dir' | 'lock'>): void {
  const shared = next.lock.benchmarks.flatMap(bench => {
    const other = base.lock.benchmarks.find(({id}) => id === bench.id)
    return other ? [{base: other, new: bench}] : []
  })
  if (shared.length === 0) {
    throw new LanternError(
      'provenance',
      `${base.dir} and ${next.dir} share no benchmark.`,
      'Compare runs of the same benchmark.',
    )
  }
  for (const pair of shared) {
    const differing = disagreements(contractOf(next, {bench: pair.new}), contractOf(base, {bench: pair.base}))
    if (differing.length > 0) {
      throw new LanternError(
        'provenance',
        `The runs are not comparable on ${pair.new.id}: ${differing.join('; ')}.`,
        'Run both with the same data, samples, prompts, extractor and judge; `lantern-eval rescore` brings saved answers under one extractor.',
      )
    }
  }
}

function comparePair(
  base: Run,
  next: Run,
  sheets: {base: Sheet; new: Sheet},
  margin: number,
  alpha: number,
): ComparisonPair | null {
  const pairs = pairsOf(sheets.base, sheets.new)
  if (pairs.length === 0) return null
  const {bench} = sheets.base
  const rng = random(
    base.lock.seeds.run,
    next.lock.seeds.run,
    'compare',
    sheets.base.arm.id,
    sheets.new.arm.id,
    bench.id,
  )
  const whole = pairedDifference(pairs, {aggregate: bench.aggregate, random: rng, alpha})
  const parts = pairs.map(pair => ({
    name: pair.name,
    ...pairedDifference([pair], {aggregate: 'micro', random: rng, alpha}),
  }))
  const adjusted = holm(parts.map(({p}) => p))
  return {
    bench: bench.id,
    ...whole,
    unpaired: Math.max(0, headlineTotal(base, sheets.base) - whole.n),
    aggregate: bench.aggregate,
    clustered: pairs.some(pair => pair.clusters !== undefined),
    verdict: verdictOf(whole.bounds, margin),
    gate: gateOf(whole.bounds, margin),
    subtasks: parts.map((part, k) => ({...part, holm: adjusted[k]!})),
  }
}

/** The arm of a run: the named one, or the only one. Throws `usage` that lists the arms. */
export function pickArm({dir, lock}: {dir: string; lock: Pick<Lock, 'arms'>}, name: string | undefined): string {
  const ids = lock.arms.map(({id}) => id)
  if (name === undefined && ids.length === 1) return ids[0]!
  const exact = ids.find(id => id === name)
  if (exact !== undefined) return exact
  // Ids are long: any part that only one of them has is enough.
  const matching = name === undefined ? [] : ids.filter(id => id.includes(name))
  if (matching.length === 1) return matching[0]!
  const why =
    name === undefined
      ? 'has several arms'
      : matching.length === 0
        ? `has no arm "${name}"`
        : `has several arms with "${name}"`
  throw new LanternError(
    'usage',
    `${dir} ${why}.`,
    `Name one as '${dir}#ARM'. Its arms:\n${ids.map(id => `  ${id}`).join('\n')}`,
  )
}

/** `RUN#ARM` -> folder and arm. */
export function splitRunArm(text: string): {dir: string; arm: string | undefined} {
  const at = text.indexOf('#')
  return at === -1 ? {dir: text, arm: undefined} : {dir: text.slice(0, at), arm: text.slice(at + 1)}
}
