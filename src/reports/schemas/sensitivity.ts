// The sensitivity document: `run --vary --json`, and sensitivity.json beside the runs (design/contract.md,
// "Sensitivity").
import {z} from 'zod'
import {aggregateSchema} from '../../core/headline.js'
import {testedDifference} from './comparison.js'

const fraction = z.number().nullable()
const choiceSchema = z.strictObject({setting: z.string(), value: z.string()})

/** One run: what it changes (nothing: the default), and its headline. */
const variationSchema = z.looseObject({
  label: z.string(),
  changes: z.array(choiceSchema),
  run: z.string(),
  arm: z.string(),
  /** True if the answers of another variation were read by another extractor; nothing was asked. */
  rescored: z.boolean(),
  score: fraction,
  low: fraction,
  high: fraction,
  n: z.number().int(),
  total: z.number().int(),
  /** Answers that its extractor could not read. */
  unanswered: z.number().int(),
})

/**
 * The change of the headline by one value, against the default value on the same samples; with every combination, the
 * mean over the values of the other settings. `holm` is `p` adjusted for all effects of the benchmark.
 */
const effectSchema = z.looseObject({
  setting: z.string(),
  value: z.string(),
  ...testedDifference,
  holm: z.number(),
})

export const sensitivitySchema = z.looseObject({
  schema: z.literal(1),
  dir: z.string(),
  /** Whether every combination was run, or one change at a time. */
  design: z.enum(['one-at-a-time', 'all']),
  /** The default of each setting that varies. */
  defaults: z.array(choiceSchema),
  benchmarks: z.array(
    z.looseObject({
      bench: z.string(),
      split: z.string(),
      metric: z.string(),
      aggregate: aggregateSchema,
      /** What the differences are counted over. */
      unit: z.enum(['sample', 'group']),
      /** The lowest and the highest headline, and which variations have them; null without a score. */
      range: z.strictObject({low: z.number(), high: z.number(), lowest: z.string(), highest: z.string()}).nullable(),
      variations: z.array(variationSchema),
      effects: z.array(effectSchema),
      /**
       * By how much each setting moves the headline: the difference between two of its values, the highest and the
       * lowest of them, the largest first. Its interval is that of a pair chosen after looking.
       */
      settings: z.array(
        z.looseObject({
          setting: z.string(),
          spread: z.number(),
          low: z.number(),
          high: z.number(),
          lowest: z.string(),
          highest: z.string(),
        }),
      ),
    }),
  ),
  warnings: z.array(z.string()),
  verdict: z.string(),
  exitCode: z.number().int(),
})

export type Sensitivity = z.infer<typeof sensitivitySchema>
export type SensitivityBench = Sensitivity['benchmarks'][number]
