// The comparison document: `compare --json`, and `comparison` in the result document of `run --baseline`
// (design/contract.md, "compare").
import {z} from 'zod'
import {outcomes} from '../../core/outcome.js'
import {pairedTests} from '../../metrics/statistics/index.js'
import {resultRowSchema} from './result-row.js'

/** `p` and the interval are of the one test that `test` names: the interval holds 0 exactly when p is above alpha. */
const difference = {
  n: z.number().int(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: z.number(),
  test: z.enum(pairedTests),
  wins: z.number().int(),
  losses: z.number().int(),
  ties: z.number().int(),
}

const comparisonVerdicts = ['improved', 'equivalent', 'regressed', 'inconclusive'] as const

/** The one-sided test of a loss of the margin, apart from the verdict. `low` is the lower bound at alpha. */
const gateSchema = z.looseObject({
  passed: z.boolean(),
  low: z.number(),
  margin: z.number(),
  outcome: z.enum(['passed', 'failed', 'inconclusive']),
})

export const comparisonPairSchema = z.looseObject({
  bench: z.string(),
  ...difference,
  /** Samples that are not scored in both: nothing is known of their difference. */
  unpaired: z.number().int(),
  /** `p` adjusted for the number of benchmarks compared (Holm); the overall verdict goes by it. */
  holm: z.number(),
  /** Share of pairs that differ without a net effect; at it `mde` is the smallest difference found with 80 % power. */
  discordance: z.number(),
  mde: z.number(),
  /** Smallest margin within which equivalence could be shown with 80 % power. */
  smallestMargin: z.number(),
  aggregate: z.enum(['macro', 'micro']),
  /** True when samples share a picture or an item. */
  clustered: z.boolean(),
  /** One-sided bounds of the difference, each at `alpha`. */
  bounds: z.strictObject({low: z.number(), high: z.number()}),
  verdict: z.enum(comparisonVerdicts),
  gate: gateSchema,
  /** Samples with another score in `new`, losses first; at most `--flips`. */
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
  /** True when a gate was asked for: only then can the exit code be 1 or 3. */
  gated: z.boolean(),
  /** Passed where every pair's is; `low` is the lowest. */
  gate: gateSchema,
  /** What differs between the runs and was allowed to (`--allow`), as `what: this, not that`. */
  allowed: z.array(z.string()),
  warnings: z.array(z.string()),
  verdict: z.enum(comparisonVerdicts),
  exitCode: z.number().int(),
})

export type ComparisonPair = z.infer<typeof comparisonPairSchema>
export type Comparison = z.infer<typeof comparisonSchema>
