// The checkpoints of one training in order: `curves` of the result document. Present only where rows of one group are
// the same arm at several steps.
import {z} from 'zod'
import {modes} from '../../core/generation.js'

const fraction = z.number().nullable()

const curveUnits = ['step', 'epoch', 'iteration'] as const

/** One checkpoint. Score, interval and counts are those of its row. */
const curvePointSchema = z.strictObject({
  /** Training step, epoch or iteration: the x axis. */
  step: z.number().int(),
  /** Index into the `rows` of the document. */
  row: z.number().int(),
  score: fraction,
  low: fraction,
  high: fraction,
  n: z.number().int(),
})

export const curveSchema = z.looseObject({
  bench: z.string(),
  split: z.string(),
  /** The name that the checkpoints share, `*` in place of the step: `runs/a/checkpoint-*`; `*` alone for numbers. */
  training: z.string(),
  unit: z.enum(curveUnits),
  mode: z.enum(modes),
  protocol: z.string().nullable(),
  latentSize: z.number().nullable(),
  intervention: z.string().nullable(),
  /** Settings in which its rows differ from others of their group; equal within the curve. */
  settings: z.record(z.string(), z.string()),
  /** By step, ascending; every step once. */
  points: z.array(curvePointSchema),
  /**
   * `steps` are those that no other step of the curve is shown to beat (the first tier of simultaneous 95 % rank
   * intervals over the curve alone). `decided`: there is one, and it is shown to beat each of the others.
   */
  best: z.strictObject({steps: z.array(z.number().int()), decided: z.boolean()}),
})

export type Curve = z.infer<typeof curveSchema>
