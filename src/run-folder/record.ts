// The log record: one line of log.jsonl per sample and arm (design/contract.md, "The run folder"). Records are built
// here and nowhere else. The rule which record of a sample counts is here too.
import {z} from 'zod'
import {type Generation, type Seen, stops} from '../core/generation.js'
import {type Outcome, outcomes, type Score} from '../core/outcome.js'
import type {ImageRef, Sample} from '../core/sample.js'

const count = z.number().nullable()

const timingSchema = z.looseObject({firstTokenMs: z.number().nullable(), totalMs: z.number().nullable()})
const seenSchema = z
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
    /** Parameters that the endpoint refused, and that were left out. */
    dropped: z.array(z.string()).optional(),
  })
  .nullable()

/** Token counts; null where a runner cannot know. */
export const usageSchema = z.looseObject({
  promptTokens: count,
  imageTokens: count,
  textTokens: count,
  thoughtTokens: count.optional(),
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
  /** The item of which this sample is a variant, where items are asked under several option orders. */
  item: z.string().optional(),
  /** Number of the repeat, from 0, where every sample is asked several times. */
  repeat: z.number().int().min(0).optional(),
  outcome: z.enum(outcomes),
  score: z.number().min(0).max(1).nullable(),
  metrics: z.record(z.string(), z.number()),
  answer: z.string().nullable(),
  gold: z.union([z.string(), z.array(z.string())]).nullable(),
  /** The question without options and instructions; absent where the data do not say it. */
  question: z.string().optional(),
  options: z.array(z.string()).nullish(),
  letters: z.array(z.string()).nullish(),
  /** Where the pictures come from: a path, or a file and its row. */
  pictures: z.array(z.string()).optional(),
  text: z.string(),
  extractor: z.string(),
  cluster: z.string().nullish(),
  /** The letter of the option that the model itself finds likeliest, if it was asked. */
  likeliest: z.string().optional(),
  usage: usageSchema,
  timing: timingSchema,
  stop: z.enum(stops),
  attempts: z.number().int().min(0),
  /** True for an answer that came from the response cache. */
  cached: z.boolean().optional(),
  /** What the answer cost; 0 for a cached one, null where that is not known, absent where nothing is paid. */
  costUsd: z.number().min(0).nullish(),
  seen: seenSchema,
  /**
   * Answers that led to this one, in their order: in the mode `crop` the box that the picture was cropped by, null
   * where none could be read. Usage, time, attempts and cost of the record include theirs.
   */
  steps: z
    .array(
      z.looseObject({
        text: z.string(),
        stop: z.enum(stops),
        box: z.array(z.number()).length(4).nullable(),
        usage: usageSchema,
        timing: timingSchema,
        attempts: z.number().int().min(0),
        seen: seenSchema,
      }),
    )
    .optional(),
  error: z.looseObject({code: z.string(), message: z.string()}).nullable(),
  /** Where latents are recorded: the generated ids, and the places among them at which a latent was fed. */
  tokenIds: z.array(z.number().int()).optional(),
  latentAt: z.array(z.number().int()).optional(),
  /**
   * Mean norm of the latents that were fed, and of those that the model itself would have fed; of the embeddings of the
   * prompt's text, and of the features of its pictures.
   */
  latentNorm: z
    .looseObject({fed: z.number(), own: z.number(), text: z.number().optional(), picture: z.number().optional()})
    .optional(),
  /** Whose latents were fed. */
  donor: z
    .looseObject({
      id: z.string(),
      lift: z.enum(['text', 'letter', 'other']),
      /** The donor's answer as a letter of this sample, and its place among the letters. */
      answer: z.string().nullable(),
      option: z.number().int().optional(),
      /** Of an unrelated donor: it is of the sample's own subtask. */
      sameSubtask: z.boolean().optional(),
      /** Its latents had to be cut or repeated. */
      resized: z.boolean().optional(),
    })
    .optional(),
  /**
   * Behind own text with this arm's latents: the natural log-probability of each option, normalised over the options.
   * Null where own text has no readable answer; absent where nothing was read.
   */
  forced: z.array(z.number()).nullish(),
})

export type LogRecord = z.infer<typeof logRecordSchema>

/** The number of each time that a sample is asked, as records have it: none where it is asked once. */
export function repeatsOf(repeats = 1): readonly (number | undefined)[] {
  return repeats > 1 ? Array.from({length: repeats}, (_, repeat) => repeat) : [undefined]
}

/** Identifies a record within a run: the same key is the same question to the same arm. */
export function recordKey({arm, bench, id, repeat}: Pick<LogRecord, 'arm' | 'bench' | 'id' | 'repeat'>): string {
  const key = `${arm}\u0000${bench}\u0000${id}`
  return repeat === undefined ? key : `${key}\u0000${repeat}`
}

/**
 * Whether the later of two records of one key replaces the earlier. The last record that is not an `error` counts;
 * without one, the last `error` counts.
 */
export function replaces(later: Outcome, before: Outcome | undefined): boolean {
  return later !== 'error' || before === undefined || before === 'error'
}

export interface RecordParts {
  readonly arm: string
  readonly bench: string
  /** From 0, where every sample is asked several times. */
  readonly repeat?: number
  readonly sample: Pick<Sample, 'id' | 'subtask' | 'item' | 'gold' | 'cluster'> & {
    readonly options?: readonly string[] | null
    readonly letters?: readonly string[] | null
    readonly question?: string
    readonly images?: readonly Pick<ImageRef, 'source'>[]
  }
  readonly said: Pick<Generation, 'text' | 'usage' | 'timing' | 'stop' | 'attempts' | 'seen' | 'cached' | 'costUsd'> & {
    readonly likeliest?: string
  }
  readonly score: Score
  readonly extractor: string
  readonly error: LogRecord['error']
  /** Further fields by name, such as a judge's reply or the answer that a peer read. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** The log line of a scored sample (design/contract.md, "A log record"). */
export function recordOf({arm, bench, repeat, sample, said, score, extractor, error, more}: RecordParts): LogRecord {
  const {id, subtask, item, gold, question, options, letters, images, cluster} = sample
  const {seen} = said
  return {
    ...more,
    type: 'sample',
    schema: 1,
    arm,
    bench,
    subtask,
    id,
    ...(item === undefined ? {} : {item}),
    ...(repeat === undefined ? {} : {repeat}),
    outcome: score.outcome,
    score: score.score,
    metrics: {...score.metrics},
    answer: score.answer,
    gold: typeof gold === 'string' || gold === null ? gold : [...gold],
    ...(question ? {question} : {}),
    ...(options ? {options: [...options]} : {}),
    ...(letters ? {letters: [...letters]} : {}),
    ...(images && images.length > 0 ? {pictures: images.map(({source}) => source)} : {}),
    text: said.text,
    extractor,
    ...(cluster == null ? {} : {cluster}),
    ...(said.likeliest === undefined ? {} : {likeliest: said.likeliest}),
    usage: {...said.usage},
    timing: {...said.timing},
    stop: said.stop,
    attempts: said.attempts,
    ...(said.cached ? {cached: true} : {}),
    ...(said.costUsd === undefined ? {} : {costUsd: said.costUsd}),
    seen: seen && copyOf(seen),
    error,
  }
}

/** A copy that can be written. */
export function copyOf({dropped, images, ...seen}: Seen): NonNullable<LogRecord['seen']> {
  return {...seen, images: images.map(image => ({...image})), ...(dropped === undefined ? {} : {dropped: [...dropped]})}
}
