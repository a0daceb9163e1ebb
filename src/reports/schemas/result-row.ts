// One row of the result document: an arm on a benchmark.
import {z} from 'zod'
import {modes} from '../../core/generation.js'
import {aggregateSchema} from '../../core/headline.js'
import {outcomes} from '../../core/outcome.js'

const fraction = z.number().nullable()
const mean = z.number().nullable()
const outcomeCounts = z.record(z.enum(outcomes), z.number().int())
const baselines = z.strictObject({random: fraction, majority: fraction})

/**
 * Where samples belong to groups (pairs, rotations), whatever the headline: the share of groups that are right, with
 * its interval, over the `groups` whose result is known, of `groupTotal`.
 */
const groupFigures = {
  groups: z.number().int().optional(),
  groupTotal: z.number().int().optional(),
  groupScore: fraction.optional(),
  groupLow: fraction.optional(),
  groupHigh: fraction.optional(),
}

export const resultRowSchema = z.looseObject({
  run: z.string(),
  arm: z.string(),
  model: z.string(),
  /** The model's label (`--model LABEL=REF`); null if it has none. */
  label: z.string().nullable(),
  mode: z.enum(modes),
  protocol: z.string().nullable(),
  latentSize: z.number().nullable(),
  intervention: z.string().nullable(),
  bench: z.string(),
  /** The published evaluation whose settings were used. */
  recipe: z.string().nullable(),
  split: z.string(),
  metric: z.string(),
  /** `group`: the score is over groups, and `micro` is the plain accuracy beside it. */
  aggregate: aggregateSchema,
  score: fraction,
  low: fraction,
  high: fraction,
  micro: fraction,
  ...groupFigures,
  n: z.number().int(),
  total: z.number().int(),
  outcomes: outcomeCounts,
  bounds: z.strictObject({low: fraction, high: fraction}),
  baselines,
  subtasks: z.array(
    z.looseObject({
      name: z.string(),
      n: z.number().int(),
      total: z.number().int(),
      score: fraction,
      low: fraction,
      high: fraction,
      ...groupFigures,
      outcomes: outcomeCounts,
      baselines,
      /** False for a subtask that is shown but not part of the headline. */
      headline: z.boolean(),
    }),
  ),
  usage: z.looseObject({textTokens: mean, latentSteps: mean, promptTokens: mean}),
  latencyMs: z.strictObject({p50: mean, p95: mean}),
  /** Number of the `asked` answers that came from the response cache. */
  cached: z.number().int(),
  /** Number of answers in the log, over all repeats, without errors. */
  asked: z.number().int(),
  /** Cost of the answers; cached ones cost nothing. Null if it is unknown or nothing is paid. */
  costUsd: z.number().nullable(),
  /** Number of samples whose latents were observed, the share of them with a latent block, and its 95 % interval. */
  engaged: z.strictObject({n: z.number().int(), rate: z.number(), low: z.number(), high: z.number()}).nullable(),
  lock: z.string(),
  sample: z.enum(['official', 'partial', 'builtin', 'unverified', 'custom']),
  /** Means of further figures of the log records, by name. */
  metrics: z.record(z.string(), z.number()),
  /** With several option orders: the share of items right in every order, and the mean over items. */
  robust: z
    .strictObject({strict: fraction, mean: fraction, items: z.number().int(), incomplete: z.number().int()})
    .optional(),
  /**
   * Imported rows: the other harness's headline and this harness's over the samples that both scored, and the number of
   * samples on which they differ.
   */
  peer: z.strictObject({score: fraction, ours: fraction, n: z.number().int(), differ: z.number().int()}).optional(),
  /**
   * With `--repeats`: the headline at each repeat, null where nothing was scored then; the number of those with one,
   * and their standard deviation (n - 1).
   */
  repeats: z.strictObject({n: z.number().int(), sd: z.number().nullable(), scores: z.array(fraction)}).optional(),
  /** Settings in which the row differs from others of its group. */
  differences: z.record(z.string(), z.string()),
  /** Notes for the reader of this row, in sentences. */
  notes: z.array(z.string()),
  /**
   * The first tier holds the rows of a group that no other row is shown to beat, the next those that no remaining row
   * is shown to beat. Null without a score or a group.
   */
  tier: z.number().int().nullable(),
  /** The possible ranks of the row in its group, 1 is best: simultaneous 95 % intervals. Null when `tier` is. */
  rankLow: z.number().int().nullable(),
  rankHigh: z.number().int().nullable(),
})

export type ResultRow = z.infer<typeof resultRowSchema>
export type ResultSubtask = ResultRow['subtasks'][number]
