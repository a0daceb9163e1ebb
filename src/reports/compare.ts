// Compares two arms on the samples that both have settled: differences, tests, verdict and gate (design/contract.md,
// "compare"). Pure.
import {didYouMean} from '../core/closest.js'
import {exitCodes, LanternError} from '../core/errors.js'
import type {Arm} from '../core/generation.js'
import {random} from '../core/random.js'
import {
  detectableEffects,
  gateOf,
  holm,
  overallVerdict,
  pairedDifference,
  type Verdict,
  verdictOf,
  worstGate,
} from '../metrics/statistics/index.js'
import type {Lock} from '../run-folder/lock.js'
import {contractOf, disagreements, type Facts, namesOfFact} from './comparability.js'
import {armName} from './formats/words.js'
import type {Run, Sheet} from './read-run.js'
import {rowOf} from './row.js'
import type {Comparison, ComparisonPair} from './schemas/comparison.js'
import type {ResultDocument, ResultRow} from './schemas/result.js'
import {labelOf, spentOn} from './spent.js'
import {aggregateOf, flipsOf, headlineTotal, pairsOf} from './strata.js'

export interface CompareOptions {
  /** Arm ids. May be omitted if a run has only one arm. */
  readonly baseArm?: string
  readonly newArm?: string
  /** The largest acceptable loss, as a fraction; default 0.02. */
  readonly margin?: number
  /** Level of the two-sided test and of each one-sided bound; default 0.05. */
  readonly alpha?: number
  /** Whether there is a gate. With it the exit code is 0 (passed), 1 (failed) or 3 (inconclusive); without it, 0. */
  readonly failOn?: 'regression'
  /** What an undecided gate does: `fail` (exit 3, the default) or `pass` (exit 0). */
  readonly onInconclusive?: 'pass' | 'fail'
  /** How many flips are listed for each benchmark; default 200. */
  readonly flips?: number
  /** Facts that are allowed to differ between the runs: `prompts`, `extractor`, ... */
  readonly allow?: readonly string[]
}

const defaultMargin = 0.02
const defaultAlpha = 0.05
const defaultFlips = 200
const gateExitCodes = {
  passed: 0,
  failed: exitCodes['gate-failed'],
  inconclusive: exitCodes.inconclusive,
} as const

/**
 * Compares two arms, of two runs or of one, on every benchmark they share.
 * Throws `usage` when a run has several arms and none is named, `provenance` when the runs are not comparable or share
 * no benchmark, `nothing-evaluated` when no sample is scored in both. Several benchmarks mean several tests, so the
 * overall verdict counts a benchmark as improved or regressed only if that holds with Holm's adjustment. The gate needs
 * no adjustment, because every benchmark has to pass.
 */
export function compareRuns(base: Run, next: Run, options: CompareOptions = {}): Comparison {
  const {margin = defaultMargin, alpha = defaultAlpha, failOn, onInconclusive = 'fail', allow = []} = options
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
  const allowed = assertComparable(base, next, {allow, sheets: shared})
  const unadjusted = shared
    .map(pair => comparePair(base, next, pair, {margin, alpha, flips: options.flips ?? defaultFlips}))
    .filter(pair => pair !== null)
  const adjusted = holm(unadjusted.map(({p}) => p))
  const pairs = unadjusted.map((pair, k): ComparisonPair => ({...pair, holm: adjusted[k]!}))
  if (pairs.length === 0) {
    throw new LanternError(
      'nothing-evaluated',
      `No sample is scored in both ${base.dir} (${baseArm}) and ${next.dir} (${newArm}).`,
      'Finish the runs (the same commands resume); shards have to be merged first.',
    )
  }
  for (const {new: sheet} of shared) {
    const {asked, cached} = spentOn(sheet)
    if (cached > 0)
      warnings.push(
        `${sheet.bench.id}: ${cached} of ${asked} answers of ${next.dir} came from the response cache, so they are no new evidence about the model (--no-cache asks again).`,
      )
  }
  for (const {bench, n, unpaired, unit} of pairs) {
    if (unpaired > 0)
      warnings.push(
        `${bench}: ${unpaired} of ${n + unpaired} ${unit}s are not scored in both (missing, failed or hidden) and are left out.`,
      )
  }
  const outcome = worstGate(pairs.map(pair => pair.gate.outcome))
  return {
    schema: 1,
    base: rowOf(base, shared[0]!.base),
    new: rowOf(next, shared[0]!.new),
    pairs,
    margin,
    alpha,
    gated: failOn !== undefined,
    gate: {passed: outcome === 'passed', low: Math.min(...pairs.map(pair => pair.gate.low)), margin, outcome},
    allowed,
    warnings,
    verdict: overallVerdict(pairs.map(pair => adjustedVerdict(pair, margin, alpha))),
    exitCode:
      failOn === undefined || (outcome === 'inconclusive' && onInconclusive === 'pass') ? 0 : gateExitCodes[outcome],
  }
}

/**
 * A comparison as a result document, for the report formats: its rows are those of both arms on every benchmark that
 * was compared, base first. `base` and `next` are the runs that were compared.
 */
export function comparisonDocument(comparison: Comparison, base: Run, next: Run): ResultDocument {
  const {verdict, exitCode} = comparison
  const rows = comparison.pairs.flatMap(({bench}) => [
    rowOn(base, comparison.base.arm, bench),
    rowOn(next, comparison.new.arm, bench),
  ])
  const builtin = rows.some(({sample}) => sample === 'builtin')
  return {schema: 1, builtin, rows, groups: [], warnings: [], comparison, verdict, exitCode}
}

function rowOn(run: Run, arm: string, bench: string): ResultRow {
  return rowOf(run, run.sheets.find(sheet => sheet.arm.id === arm && sheet.bench.id === bench)!)
}

/** The verdict of one of several benchmarks: a difference counts only if it holds with Holm's adjustment. */
function adjustedVerdict({verdict, holm, bounds}: ComparisonPair, margin: number, alpha: number): Verdict {
  if (holm <= alpha || verdict === 'equivalent' || verdict === 'inconclusive') return verdict
  return verdictOf({low: 0, high: 0, bounds}, margin)
}

/**
 * Throws `provenance` unless two runs share a benchmark and are comparable on every benchmark they share. It needs no
 * answers; if the sheets of both runs are given, the facts recorded with the answers have to agree too. Returns the
 * allowed differences, as `what: this, not that`.
 */
export function assertComparable(
  base: Pick<Run, 'dir' | 'lock'>,
  next: Pick<Run, 'dir' | 'lock'>,
  {
    allow = [],
    sheets = [],
  }: {
    readonly allow?: readonly string[]
    readonly sheets?: readonly {readonly base: Sheet; readonly new: Sheet}[]
  } = {},
): string[] {
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
  const allowed: string[] = []
  const described = shared.map(pair => ({base: {bench: pair.base}, new: {bench: pair.new}}))
  for (const pair of sheets.length > 0 ? sheets : described) {
    const [these, those] = [contractOf(next, pair.new), contractOf(base, pair.base)]
    const may = allowedFacts(allow, these)
    const without = (facts: Facts, kept: boolean) =>
      Object.fromEntries(Object.entries(facts).filter(([name]) => may.has(name) === kept))
    const differing = disagreements(without(these, false), without(those, false))
    if (differing.length > 0) {
      throw new LanternError(
        'provenance',
        `The runs are not comparable on ${pair.new.bench.id}: ${differing.join('; ')}.`,
        'Run both with the same data, samples, prompts, extractor and judge; `lantern-eval rescore` brings saved answers under one extractor; --allow compares all the same, and says so.',
      )
    }
    allowed.push(...disagreements(without(these, true), without(those, true)))
  }
  return [...new Set(allowed)]
}

/** The facts that may differ, from the names given to `--allow`. Throws `usage` for an unknown name. */
function allowedFacts(allow: readonly string[], facts: Facts): ReadonlySet<string> {
  const names = namesOfFact(facts)
  return new Set(
    allow.flatMap(name => {
      const meant = names.get(name)
      if (meant !== undefined) return meant
      throw new LanternError(
        'usage',
        `--allow ${name} is not a fact that runs have to agree on.`,
        `${didYouMean(name, names.keys())}It takes ${[...names.keys()].join(', ')}.`,
      )
    }),
  )
}

function comparePair(
  base: Run,
  next: Run,
  sheets: {base: Sheet; new: Sheet},
  {margin, alpha, flips}: {margin: number; alpha: number; flips: number},
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
  const whole = pairedDifference(pairs, {aggregate: aggregateOf(sheets.base), random: rng, alpha})
  const parts = pairs.map(pair => ({
    name: pair.name,
    ...pairedDifference([pair], {aggregate: 'micro', random: rng, alpha}),
  }))
  const adjusted = holm(parts.map(({p}) => p))
  const outcome = gateOf(whole, margin)
  return {
    bench: bench.id,
    ...whole,
    holm: whole.p,
    unpaired: Math.max(0, headlineTotal(base, sheets.base) - whole.n),
    ...detectableEffects(pairs, aggregateOf(sheets.base), alpha),
    aggregate: bench.aggregate,
    unit: bench.aggregate === 'group' ? 'group' : 'sample',
    clustered: pairs.some(pair => pair.clusters !== undefined),
    verdict: verdictOf(whole, margin),
    gate: {passed: outcome === 'passed', low: whole.bounds.low, margin, outcome},
    flips: flipsOf(sheets.base, sheets.new, flips),
    subtasks: parts.map((part, k) => ({...part, holm: adjusted[k]!})),
  }
}

/** What an arm goes by: its id, and as tables show it, with the label of its model. */
export function namesOfArm({id, model}: Arm, lock: Pick<Lock, 'environment'>): string[] {
  const label = labelOf(lock, model)
  return label === null ? [id] : [id, armName({arm: id, model, label})]
}

/** The arm of a run: the named one, or the only one. Otherwise throws `usage`, listing the arms. */
export function pickArm(
  {dir, lock}: {dir: string; lock: Pick<Lock, 'arms' | 'environment'>},
  name: string | undefined,
): string {
  const arms = lock.arms.map(arm => ({id: arm.id, names: namesOfArm(arm, lock)}))
  if (name === undefined && arms.length === 1) return arms[0]!.id
  const found = (isIt: (one: string) => boolean) =>
    name === undefined ? [] : arms.filter(({names}) => names.some(isIt))
  const exact = found(one => one === name)
  if (exact.length === 1) return exact[0]!.id
  // A whole model or label: `500` is not `1500`.
  const whole = found(one => one.startsWith(`${name}|`))
  if (whole.length === 1) return whole[0]!.id
  // Names of arms are long, so any part that only one of them contains is enough.
  const matching = found(one => one.includes(name!))
  if (matching.length === 1) return matching[0]!.id
  const why =
    name === undefined
      ? 'has several arms'
      : matching.length === 0
        ? `has no arm "${name}"`
        : `has several arms with "${name}"`
  throw new LanternError(
    'usage',
    `${dir} ${why}.`,
    `Name one as '${dir}#ARM'. Its arms:\n${arms.map(({names}) => `  ${names.at(-1)}`).join('\n')}`,
  )
}

/** `RUN#ARM` -> folder and arm. */
export function splitRunArm(text: string): {dir: string; arm: string | undefined} {
  const at = text.indexOf('#')
  return at === -1 ? {dir: text, arm: undefined} : {dir: text.slice(0, at), arm: text.slice(at + 1)}
}
