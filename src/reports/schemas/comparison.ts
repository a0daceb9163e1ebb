// The comparison document: `compare --json`, and `comparison` in the result document of `run --baseline`
// (design/contract.md, "compare").
import {z} from 'zod'
import {resultRowSchema} from './result-row.js'

const difference = {
  n: z.number().int(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: z.number(),
  wins: z.number().int(),
  losses: z.number().int(),
  ties: z.number().int(),
}

const comparisonVerdicts = ['improved', 'equivalent', 'regressed', 'inconclusive'] as const

export const comparisonPairSchema = z.looseObject({
  bench: z.string(),
  ...difference,
  /** Samples that are not scored in both: nothing is known of their difference. */
  unpaired: z.number().int(),
  test: z.enum(['mcnemar-exact', 'paired-bootstrap']),
  mde: z.number(),
  /** Smallest margin within which equivalence could be shown with 80 % power. */
  smallestMargin: z.number(),
  aggregate: z.enum(['macro', 'micro']),
  /** True when samples share a picture or an item. */
  clustered: z.boolean(),
  /** One-sided bounds of the difference, each at `alpha`. */
  bounds: z.strictObject({low: z.number(), high: z.number()}),
  verdict: z.enum(comparisonVerdicts),
  gate: z.enum(['passed', 'failed', 'inconclusive']),
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
  warnings: z.array(z.string()),
  verdict: z.enum(comparisonVerdicts),
  exitCode: z.number().int(),
})

export type ComparisonPair = z.infer<typeof comparisonPairSchema>
export type Comparison = z.infer<typeof comparisonSchema>
