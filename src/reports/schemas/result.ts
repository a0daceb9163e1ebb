// The result document: summary.json, `run --json`, `leaderboard --json` (design/contract.md, "The result document").
import {z} from 'zod'
import {comparisonSchema} from './comparison.js'
import {curveSchema} from './curve.js'
import {resultRowSchema} from './result-row.js'

export type {ResultRow, ResultSubtask} from './result-row.js'

/** Rows that may be ranked together: data, labels, samples, answer contract, extractor, judge and metric agree. */
export const resultGroupSchema = z.looseObject({
  bench: z.string(),
  /** The benchmark's name for people. */
  title: z.string(),
  split: z.string(),
  /** How many of the samples that were run count for the headline, if not every subtask counts and all rows agree. */
  counted: z.string().nullable(),
  /** Indices into `rows`, best first. */
  rows: z.array(z.number().int()),
  /** Facts that its rows share: extractor, prompt style, judge, data, ... */
  shared: z.record(z.string(), z.string()),
  /** How it differs from the first group of its benchmark, as `what: this, not that`; empty for the first. */
  apart: z.array(z.string()),
  /**
   * What a paired comparison of this size can detect; null without pairs. `discordance` is the share of pairs that
   * differ without a net effect, observed in the best two rows or assumed.
   */
  power: z
    .strictObject({
      pairs: z.number().int(),
      /** What is paired: samples, or groups where those are scored. */
      unit: z.enum(['sample', 'group']),
      discordance: z.number(),
      assumed: z.boolean(),
      mde: z.number(),
      smallestMargin: z.number(),
    })
    .nullable(),
})

/** The scores of an arm's answers under other extractors (`--extractor-panel`). */
export const resultPanelSchema = z.looseObject({
  arm: z.string(),
  bench: z.string(),
  rows: z
    .array(
      z.object({
        extractor: z.string(),
        score: z.number().nullable(),
        n: z.number().int(),
        unanswered: z.number().int(),
      }),
    )
    .readonly(),
  range: z.strictObject({low: z.number(), high: z.number()}).nullable(),
  disagreements: z.number().int(),
})

export type ResultPanel = z.infer<typeof resultPanelSchema>

export const resultDocumentSchema = z.looseObject({
  schema: z.literal(1),
  /** True when any row is on built-in samples. */
  builtin: z.boolean(),
  rows: z.array(resultRowSchema),
  groups: z.array(resultGroupSchema),
  /** Where rows are checkpoints of one training: their scores in order. */
  curves: z.array(curveSchema).optional(),
  warnings: z.array(z.string()),
  /** With `run --baseline`. */
  comparison: comparisonSchema.optional(),
  panels: z.array(resultPanelSchema).optional(),
  exitCode: z.number().int(),
  verdict: z.string(),
})

export type ResultGroup = z.infer<typeof resultGroupSchema>
export type ResultDocument = z.infer<typeof resultDocumentSchema>
