// The log record: one line of log.jsonl per sample and arm (design/contract.md, "The run folder").
import {z} from 'zod'
import {stops} from '../core/generation.js'
import {outcomes} from '../core/outcome.js'

const count = z.number().nullable()

/** Token counts; null where a runner cannot know. */
export const usageSchema = z.looseObject({
  promptTokens: count,
  imageTokens: count,
  textTokens: count,
  latentSteps: count,
  markerTokens: count,
  blocks: count,
})

/** Keys this version does not know are kept, so that newer logs survive a round trip. */
export const logRecordSchema = z.looseObject({
  type: z.literal('sample'),
  schema: z.literal(1),
  arm: z.string(),
  bench: z.string(),
  subtask: z.string(),
  id: z.string(),
  outcome: z.enum(outcomes),
  score: z.number().min(0).max(1).nullable(),
  metrics: z.record(z.string(), z.number()),
  answer: z.string().nullable(),
  gold: z.union([z.string(), z.array(z.string())]).nullable(),
  options: z.array(z.string()).nullish(),
  letters: z.array(z.string()).nullish(),
  text: z.string(),
  extractor: z.string(),
  cluster: z.string().nullish(),
  usage: usageSchema,
  timing: z.looseObject({firstTokenMs: z.number().nullable(), totalMs: z.number().nullable()}),
  stop: z.enum(stops),
  attempts: z.number().int().min(0),
  seen: z
    .looseObject({
      promptSha256: z.string(),
      images: z.array(
        z.looseObject({
          sha256: z.string(),
          width: z.number(),
          height: z.number(),
          sentWidth: z.number(),
          sentHeight: z.number(),
        }),
      ),
    })
    .nullable(),
  error: z.looseObject({code: z.string(), message: z.string()}).nullable(),
})

export type LogRecord = z.infer<typeof logRecordSchema>
