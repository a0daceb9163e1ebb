// The lock: everything that makes two runs comparable (design/contract.md, "The lock"). It is written first and never
// changed. Locks are built and hashed only here.
import {z} from 'zod'
import {modes} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {aggregateSchema, subtasksOf} from '../core/headline.js'
import type {Scoring} from '../core/outcome.js'
import {type ListedSample, samplesSha256} from './samples.js'

const armSchema = z.strictObject({
  id: z.string(),
  model: z.string(),
  mode: z.enum(modes),
  protocol: z.string().nullable(),
  latentSize: z.number().int().min(0).nullable(),
  intervention: z.string().nullable(),
})

/** A recipe as a run used it; `changed` names the settings of it that were given otherwise. */
const usedRecipeSchema = z.strictObject({
  name: z.string(),
  source: z.string(),
  changed: z.record(z.string(), z.string()),
})
export type UsedRecipe = z.infer<typeof usedRecipeSchema>

export const lockSchema = z.looseObject({
  schema: z.literal(1),
  hash: z.string(),
  arms: z.array(armSchema),
  benchmarks: z.array(
    z.looseObject({
      id: z.string(),
      split: z.string(),
      /** Whose data they are, so that built-in or own samples are never taken for the official split. */
      kind: z.enum(['official', 'builtin', 'custom']),
      layout: z.string(),
      revision: z.string().nullable(),
      labels: z.string().nullable(),
      dataSha256: z.string(),
      /** False where counts or ids are not the published ones; absent where this was not checked. */
      verified: z.boolean().optional(),
      /**
       * How rows are read and scored, where a definition file says it: its hash, and what a score needs without the
       * file.
       */
      definition: z
        .strictObject({
          sha256: z.string(),
          answer: z.enum(['choice', 'open']),
          mixed: z.boolean().optional(),
          tolerance: z.number().optional(),
        })
        .optional(),
      /** Hash over the strings that can reach a model; absent where we do not know how a peer asked. */
      promptsSha256: z.string().optional(),
      /** Limits of new tokens for the modes in which the benchmarks of the run differ; `decoding` has the others. */
      maxNewTokens: z.partialRecord(z.enum(modes), z.number()).optional(),
      /** What stands before the question, and what ends an answer, where something does. */
      system: z.string().optional(),
      stop: z.array(z.string()).optional(),
      /** Hash over the samples of the whole selection, before sharding; samples.jsonl lists them. */
      samplesSha256: z.string(),
      /** Samples of the whole selection, and of the whole split. */
      selected: z.number().int(),
      available: z.number().int(),
      /** True when the selection is less than the split: `--limit`, `--sample`, `ID:Subtask`. */
      partial: z.boolean(),
      metric: z.string(),
      aggregate: aggregateSchema,
      headline: z.array(z.string()).nullable(),
      subtasks: z.array(z.strictObject({name: z.string(), selected: z.number().int(), available: z.number().int()})),
    }),
  ),
  /** The published evaluation that the settings come from; only where one was named. */
  recipe: usedRecipeSchema.optional(),
  /** `templatesSha256`: over the prompt hashes of the benchmarks, in their order. */
  prompts: z.looseObject({style: z.string(), templatesSha256: z.string()}),
  decoding: z.looseObject({temperature: z.number(), maxNewTokens: z.partialRecord(z.enum(modes), z.number())}),
  images: z.looseObject({minPixels: z.number().nullable(), maxPixels: z.number().nullable()}),
  models: z.array(z.looseObject({ref: z.string(), sha256: z.string().optional(), precision: z.string().optional()})),
  /** Lock of the run whose latents are fed; only where an intervention feeds some. */
  latentsFrom: z.string().optional(),
  /** Whose latents a sample may be given; only where some are given another's. */
  donors: z.string().optional(),
  extractor: z.string(),
  /** Plug-ins with a part in the run, each with the hash of its code and its parts; absent without any. */
  plugins: z.array(z.looseObject({name: z.string(), sha256: z.string(), parts: z.array(z.string())})).optional(),
  judge: z.looseObject({ref: z.string(), prompt: z.string()}).nullable(),
  /** `repeats`: how often each sample was asked, with the seeds from `run` on; absent where once. */
  seeds: z.looseObject({run: z.number().int(), repeats: z.number().int().min(2).optional()}),
  shard: z
    .strictObject({
      index: z.number().int(),
      count: z.number().int(),
      /** Samples of this shard, by benchmark and subtask. */
      asked: z.record(z.string(), z.record(z.string(), z.number().int())).optional(),
    })
    .nullable(),
  environment: z.record(z.string(), z.unknown()),
})

export type Lock = z.infer<typeof lockSchema>
export type LockedBenchmark = Lock['benchmarks'][number]

type NamedKeys<T> = {[K in keyof T as string extends K ? never : K]: T[K]}

/** What a lock is built from: everything but its version and hash. */
export type LockParts = Omit<NamedKeys<Lock>, 'schema' | 'hash'> & {readonly [key: string]: unknown}

/** Builds the lock of these parts and hashes it. */
export function lockOf(parts: LockParts): Lock {
  const lock: Lock = {...parts, schema: 1, hash: ''}
  return {...lock, hash: lockHash(lock)}
}

/** The lock's hash: over everything but `hash`, `shard` and `environment`. */
export function lockHash(lock: Lock): string {
  const {shard: _shard, environment: _environment, hash: _hash, ...comparable} = lock
  return `sha256:${hashOf(comparable)}`
}

export interface BenchmarkParts
  extends Pick<
    LockedBenchmark,
    | 'id'
    | 'split'
    | 'kind'
    | 'layout'
    | 'revision'
    | 'labels'
    | 'dataSha256'
    | 'verified'
    | 'definition'
    | 'promptsSha256'
    | 'system'
    | 'stop'
  > {
  readonly scoring: Scoring
  readonly judged: boolean
  /** The whole selection, before sharding. */
  readonly samples: readonly ListedSample[]
  /** Samples of the whole split by subtask, in the order of the tables. */
  readonly available: ReadonlyMap<string, number>
}

/** The entry of one benchmark in a lock. */
export function lockedBenchmark({scoring, judged, samples, available, ...data}: BenchmarkParts): LockedBenchmark {
  const selected = new Map<string, number>()
  for (const {subtask} of samples) selected.set(subtask, (selected.get(subtask) ?? 0) + 1)
  const all = [...available.values()].reduce((sum, count) => sum + count, 0)
  return {
    ...data,
    samplesSha256: samplesSha256(samples),
    selected: samples.length,
    available: all,
    partial: samples.length < all,
    metric: lockedMetric(scoring, judged),
    aggregate: scoring.aggregate,
    headline: subtasksOf(scoring.aggregate) ?? (scoring.headline ? [...scoring.headline] : null),
    subtasks: Array.from(available, ([name, count]) => ({name, selected: selected.get(name) ?? 0, available: count})),
  }
}

/** The headline metric: the judge's, where a judge marks open answers. */
export function lockedMetric({answer, metric}: Pick<Scoring, 'answer' | 'metric'>, judged: boolean): string {
  return judged && answer === 'open' ? 'judge' : metric
}

/** What the lock keeps of a definition file. */
export function lockedDefinition(
  sha256: string,
  {answer, mixed, tolerance}: Pick<Scoring, 'answer' | 'mixed' | 'tolerance'>,
): NonNullable<LockedBenchmark['definition']> {
  return {sha256, answer, ...(mixed && {mixed}), ...(tolerance !== undefined && {tolerance})}
}
