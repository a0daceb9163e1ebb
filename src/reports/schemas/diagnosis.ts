// The diagnosis document: `diagnose --json`, and diagnosis.json (design/contract.md, "diagnose").
import {z} from 'zod'
import {diagnosisSuites} from '../../evaluation/suites.js'
import {diagnosisVerdicts, effectNames, guardNames} from '../../metrics/diagnosis/result.js'

const readings = ['free', 'forced'] as const

/** One contrast: the first condition minus the second. */
const effectSchema = z.object({
  name: z.enum(effectNames),
  contrast: z.array(z.string()).length(2),
  /** `gold-margin` and `log-prob` are in nats, the others in shares. */
  scale: z.enum(['accuracy', 'gold-margin', 'log-prob', 'donor-lift']),
  reading: z.enum(readings),
  n: z.number().int(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: z.number(),
  pAdjusted: z.number(),
  /** Null on scales in nats, `supports` too. */
  mde: z.number().nullable(),
  supports: z.number().nullable(),
})

const lossSchema = z
  .object({n: z.number().int(), difference: z.number(), low: z.number(), high: z.number(), pAdjusted: z.number()})
  .nullable()

/** What is lost when the latent at one place of each block is zero, and all others are own. */
const utilitySchema = z.object({
  step: z.number().int(),
  /** In nats, behind own text. */
  logProb: lossSchema,
  margin: lossSchema,
  /** In shares. */
  accuracy: lossSchema,
})

const engagedSchema = z.object({n: z.number().int(), rate: z.number(), low: z.number(), high: z.number()})

/** A benchmark's headline (`subtask` null) or one of its subtasks. */
const diagnosisRowSchema = z.object({
  bench: z.string(),
  subtask: z.string().nullable(),
  n: z.number().int(),
  engaged: engagedSchema.nullable(),
  /** On engaged samples; `verdictAll` is on all. */
  verdict: z.enum(diagnosisVerdicts),
  verdictAll: z.enum(diagnosisVerdicts),
  statement: z.string(),
  notes: z.array(z.string()),
  /** `ok` is null where a guard cannot be checked. */
  guards: z.array(
    z.object({
      name: z.enum(guardNames),
      ok: z.boolean().nullable(),
      detail: z.string(),
      todo: z.string().optional(),
    }),
  ),
  effects: z.array(effectSchema),
  /** By place of the latent; empty without `zero-at:I`. */
  utility: z.array(utilitySchema),
  undecided: z
    .object({
      missing: z.array(z.string()),
      open: z.array(z.string()),
      decidedAt: z.number().nullable(),
      supports: z.number().nullable(),
    })
    .nullable(),
  reading: z.enum(readings),
  margin: z.number(),
  alpha: z.number(),
})

const figure = z.number().nullable()

/** The shape of the stored latents of a benchmark. Descriptive: none of it decides. */
const geometrySchema = z.object({
  bench: z.string(),
  samples: z.number().int(),
  /** Mean norm of own latents, and by condition that of what was fed divided by it. */
  norm: z.number(),
  norms: z.record(z.string(), z.number()),
  /** Mean norms of the embeddings of text and of the features of pictures, and that of own latents over them. */
  inputs: z.object({text: figure, picture: figure, latentToText: figure, latentToPicture: figure}),
  cosines: z.object({
    within: figure,
    adjacent: figure,
    across: figure,
    withinCentred: figure,
    acrossCentred: figure,
  }),
  rank: z
    .object({latents: z.number().int(), participationRatio: z.number(), rank90: z.number(), top1: z.number()})
    .nullable(),
  /** What drift and retrieval are against: the oracle's latents, or the picture's features where the boxes are. */
  against: z.enum(['oracle', 'boxes']).nullable(),
  drift: z.array(z.object({step: z.number().int(), n: z.number().int(), cosine: z.number(), squaredError: z.number()})),
  retrieval: z
    .object({
      n: z.number().int(),
      /** Samples with latents and an oracle, of which at most 512 are told apart. */
      of: z.number().int(),
      recallAt1: z.number(),
      recallAt5: z.number(),
      mrr: z.number(),
      chance: z.object({recallAt1: z.number(), recallAt5: z.number(), mrr: z.number()}),
      oracle: z.object({checked: z.number().int(), passed: z.number().int()}),
    })
    .nullable(),
  /** By step, the tokens that the model's head most often found likeliest in own latents. */
  lens: z
    .object({
      /** `state`: the head was applied to the states that latents are made of. */
      of: z.enum(['latent', 'state']),
      warning: z.string(),
      steps: z.array(
        z.object({
          step: z.number().int(),
          n: z.number().int(),
          tokens: z.array(z.object({id: z.number().int(), token: z.string(), share: z.number()})),
          p: z.number(),
        }),
      ),
    })
    .nullable(),
})

const pairShare = z.object({n: z.number().int(), rate: z.number(), low: z.number(), high: z.number()}).nullable()

/** Counterfactual pairs of a benchmark: groups of two pictures with the same question and options. */
const pairsSchema = z.object({
  bench: z.string(),
  conditions: z.array(
    z.object({
      condition: z.string(),
      /** Where the gold changes: both sides right; the answer changes at all. Where it stays: the answer changes. */
      strictFlip: pairShare,
      anyFlip: pairShare,
      falseFlip: pairShare,
    }),
  ),
  /** Mean of 1 - cosine between the own latents of both sides, where the gold changes and where it stays. */
  distance: z.object({changed: figure, unchanged: figure}),
})

const costSchema = z.object({
  arm: z.string(),
  /** Null for arms in other modes. */
  condition: z.string().nullable(),
  mode: z.string(),
  n: z.number().int(),
  accuracy: z.number(),
  /** Mean decode steps (text, latents, markers) and median milliseconds; null where unknown. */
  decodeSteps: figure,
  ms: figure,
  /** Whether no other arm beats it in accuracy and this cost. */
  pareto: z.object({decodeSteps: z.boolean(), ms: z.boolean()}),
})

export const diagnosisSchema = z.object({
  schema: z.literal(1),
  /** Null for arms that were named with --arm, `protocol` too. */
  model: z.string().nullable(),
  protocol: z.string().nullable(),
  /** Null for recorded runs. */
  suite: z.enum(diagnosisSuites).nullable(),
  /** Where each condition was read. */
  conditions: z.array(z.object({condition: z.string(), run: z.string(), arm: z.string(), lock: z.string()})),
  results: z.array(diagnosisRowSchema),
  geometry: z.array(geometrySchema),
  /** Empty without counterfactual pairs. */
  pairs: z.array(pairsSchema),
  efficiency: z.array(z.object({bench: z.string(), arms: z.array(costSchema)})),
  warnings: z.array(z.string()),
  /** That of the headline, where there is one benchmark. */
  verdict: z.enum(diagnosisVerdicts).nullable(),
  exitCode: z.number().int(),
})

/** What the judge returns is read-only all the way down. */
type Settled<T> = T extends object ? {readonly [K in keyof T]: Settled<T[K]>} : T

export type DiagnosisDocument = Settled<z.infer<typeof diagnosisSchema>>
export type DiagnosisRow = DiagnosisDocument['results'][number]
