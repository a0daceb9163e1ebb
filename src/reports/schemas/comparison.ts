// The comparison document: `compare --json`, and `comparison` in the result document of `run --baseline`
// (design/contract.md, "compare").
import {z} from 'zod'
import {aggregateSchema} from '../../core/headline.js'
import {outcomes} from '../../core/outcome.js'
import {pairedTests} from '../../metrics/statistics/index.js'
import {resultRowSchema} from './result-row.js'

/** `p` and the interval belong to the test named by `test`: the interval contains 0 exactly when p is above alpha. */
export const testedDifference = {
  n: z.number().int(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: z.number(),
  test: z.enum(pairedTests),
}

const difference = {
  ...testedDifference,
  wins: z.number().int(),
  losses: z.number().int(),
  ties: z.number().int(),
}

const comparisonVerdicts = ['improved', 'equivalent', 'regressed', 'inconclusive'] as const

/** The one-sided test against a loss of the margin, separate from the verdict. `low` is the lower bound at alpha. */
const gateSchema = z.looseObject({
  passed: z.boolean(),
  low: z.number(),
  margin: z.number(),
  outcome: z.enum(['passed', 'failed', 'inconclusive']),
})

export const comparisonPairSchema = z.looseObject({
  bench: z.string(),
  ...difference,
  /** Number of samples that are not scored in both runs. They do not enter the difference. */
  unpaired: z.number().int(),
  /** `p` adjusted for the number of benchmarks compared (Holm). The overall verdict uses it. */
  holm: z.number(),
  /**
   * Share of pairs that differ without a net effect. At this share, `mde` is the smallest difference detected with 80 %
   * power.
   */
  discordance: z.number(),
  mde: z.number(),
  /** Smallest margin within which equivalence could be shown with 80 % power. */
  smallestMargin: z.number(),
  aggregate: aggregateSchema,
  /** What `n`, wins, losses and flips count: samples, or groups where those are scored. */
  unit: z.enum(['sample', 'group']),
  /** True when samples share a picture, an item or a group, or groups a picture. */
  clustered: z.boolean(),
  /** One-sided bounds of the difference, each at `alpha`. */
  bounds: z.strictObject({low: z.number(), high: z.number()}),
  verdict: z.enum(comparisonVerdicts),
  gate: gateSchema,
  /** Samples (or groups) whose score differs in `new`, losses first; at most `--flips`. */
  flips: z.array(z.strictObject({id: z.string(), from: z.enum(outcomes), to: z.enum(outcomes)})),
  /** `holm` is `p` adjusted for the number of subtasks. */
  subtasks: z.array(z.looseObject({name: z.string(), ...difference, holm: z.number()})),
})

export const comparisonSchema = z.looseObject({
  schema: z.literal(1),
  base: resultRowSchema,
  new: resultRowSchema,
  pairs: z.array(comparisonPairSchema),
  margin: z.number(),
  alpha: z.number(),
  /** True if there is a gate; only then can the exit code be 1 or 3. */
  gated: z.boolean(),
  /** Passed if every pair's gate passed; `low` is the lowest of the pairs. */
  gate: gateSchema,
  /** Differences between the runs that `--allow` permitted, as `what: this, not that`. */
  allowed: z.array(z.string()),
  warnings: z.array(z.string()),
  verdict: z.enum(comparisonVerdicts),
  exitCode: z.number().int(),
})

export type ComparisonPair = z.infer<typeof comparisonPairSchema>
export type Comparison = z.infer<typeof comparisonSchema>
