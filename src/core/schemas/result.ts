// The result document: summary.json, `run --json`, `leaderboard --json` (cli.md, "The result document").
import {z} from 'zod'
import {modes} from '../generation.js'
import {outcomes} from '../outcome.js'

const fraction = z.number().nullable()
const mean = z.number().nullable()

export const resultRowSchema = z.looseObject({
  run: z.string(),
  arm: z.string(),
  model: z.string(),
  mode: z.enum(modes),
  protocol: z.string().nullable(),
  latentSize: z.number().nullable(),
  intervention: z.string().nullable(),
  bench: z.string(),
  split: z.string(),
  metric: z.string(),
  aggregate: z.enum(['macro', 'micro']),
  score: fraction,
  low: fraction,
  high: fraction,
  micro: fraction,
  n: z.number().int(),
  total: z.number().int(),
  outcomes: z.record(z.enum(outcomes), z.number().int()),
  bounds: z.strictObject({low: fraction, high: fraction}),
  baselines: z.strictObject({random: fraction, majority: fraction}),
  subtasks: z.array(z.looseObject({name: z.string(), n: z.number().int(), score: fraction, low: fraction, high: fraction})),
  usage: z.looseObject({textTokens: mean, latentSteps: mean, promptTokens: mean}),
  latencyMs: z.strictObject({p50: mean, p95: mean}),
  lock: z.string(),
  sample: z.enum(['official', 'partial', 'builtin']),
})

export const verdicts = ['done', 'partial', 'infrastructure', 'interrupted'] as const

export const resultDocumentSchema = z.looseObject({
  schema: z.literal(1),
  builtin: z.boolean(),
  rows: z.array(resultRowSchema),
  warnings: z.array(z.string()),
  exitCode: z.number().int(),
  verdict: z.string(),
})

export type ResultRow = z.infer<typeof resultRowSchema>
export type ResultDocument = z.infer<typeof resultDocumentSchema>
