// From an answer to its line of the log: score, judge, peer. Live generations, replayed and imported answers, and
// rescored records all come through here, so equal answers give equal records.
import type {Arm, Generation, PromptNorms, Step} from '../core/generation.js'
import type {Score, Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {likeliestOption} from '../metrics/likelihood.js'
import {differsFromPeer} from '../metrics/peer.js'
import {recomputedMetrics, scoreAnswer} from '../metrics/score.js'
import {copyOf, type LogRecord, type RecordParts, recordOf} from '../run-folder/record.js'
import type {OpenJudge} from './judge.js'

/** The sample and the arm that was asked; the sample comes from the data, a record or a peer's file. */
export interface Asked {
  readonly arm: Arm
  readonly bench: string
  /** From 0, where every sample is asked several times. */
  readonly repeat?: number
  readonly sample: RecordParts['sample'] & Pick<Sample, 'boxes' | 'extra'>
}

/** The answer and how it ended. */
export type Said = RecordParts['said'] & {
  /** Answers that led to this one. */
  readonly steps?: LogRecord['steps']
  /** Why there is no answer, if asking failed. */
  readonly error: LogRecord['error']
  /** Metrics that scoring cannot recompute. */
  readonly metrics?: Readonly<Record<string, number>>
  readonly more?: Readonly<Record<string, unknown>>
}

export interface ScoredBy {
  readonly scoring: Scoring
  readonly extractor: string
  /** With the sample as the judge sees it; null if no judge is asked. */
  readonly judge: {readonly judge: OpenJudge; readonly sample: Sample; readonly signal: AbortSignal} | null
}

/** Throws `usage` for an unknown extractor, `endpoint` when the judge cannot be asked at all. */
export async function scoredRecord(asked: Asked, said: Said, by: ScoredBy): Promise<LogRecord> {
  const {arm, bench, repeat, sample} = asked
  const {gold, options, letters, boxes, extra} = sample
  const {error, metrics, more, steps, ...answer} = said
  const {text, stop, usage, likeliest} = answer
  const boxText = steps?.at(-1)?.text
  const answered = {text, boxText, stop, usage, likeliest, arm, gold, options, letters, boxes, extra}
  const given = more?.['scoreOnly'] === true ? (metrics?.['peer'] ?? null) : null
  const score = given === null ? scoreAnswer(answered, by.scoring, by.extractor) : givenScore(given)
  const judged =
    by.judge && given === null
      ? await by.judge.judge.judge(by.judge.sample, text, by.scoring, score, by.judge.signal)
      : {score, judge: null}
  const peer = metrics?.['peer'] ?? null
  return recordOf({
    arm: arm.id,
    bench,
    repeat,
    sample,
    said: answer,
    score: {...judged.score, metrics: {...metrics, ...judged.score.metrics}},
    extractor: by.extractor,
    error: error ?? ('error' in judged ? (judged.error ?? null) : null),
    more: {
      ...more,
      ...(steps && {steps}),
      ...(judged.judge ? {judge: judged.judge} : {}),
      ...(differsFromPeer(judged.score, peer) ? {differs: true} : {}),
    },
  })
}

/** Where somebody's score is all that is known: it is taken, and no extractor or judge changes it. */
function givenScore(score: number): Score {
  return {outcome: score >= 0.5 ? 'correct' : 'wrong', score, answer: null, metrics: {}}
}

/** What a generation and its record have in common. */
const answerFields = ['text', 'usage', 'timing', 'stop', 'attempts', 'seen', 'cached', 'costUsd'] as const

type AnswerFields = Pick<Said, (typeof answerFields)[number]>

function answerOf(from: AnswerFields): AnswerFields {
  return Object.fromEntries(answerFields.map(name => [name, from[name]])) as unknown as AnswerFields
}

/** From what a session generated. */
export function saidIn(generation: Generation): Said {
  const {error = null, continuationLogProbs, request, steps} = generation
  const likeliest = likeliestOption(request.sample, continuationLogProbs)
  return {
    ...answerOf(generation),
    error,
    likeliest,
    ...(steps && {steps: steps.map(stepOf)}),
    more: latentFacts(generation),
  }
}

/** What is recorded of the latents of an answer, where they are kept. */
function latentFacts(generation: Generation): Record<string, unknown> {
  const {request, tokenIds, latentAt, latents, promptNorms, donor, stop} = generation
  if (request.arm.mode !== 'latent' || stop === 'error' || stop === 'abort') return {}
  const fed = latents?.flatMap(({vectors}) => vectors) ?? []
  const own = latents?.flatMap(({vectors, own = vectors}) => own) ?? []
  return {
    ...(latents && {tokenIds, latentAt}),
    ...(fed.length > 0 && {latentNorm: {fed: meanNorm(fed), own: meanNorm(own), ...known(promptNorms)}}),
    ...(donor && {donor}),
    ...readingIn(generation),
  }
}

/** The reading of an answer: null where it was wanted and cannot be had. */
export function readingIn({request, forced, stop}: Generation): {forced?: readonly number[] | null} {
  return request.reading !== undefined && stop !== 'error' && stop !== 'abort' ? {forced: forced ?? null} : {}
}

function known({text = null, picture = null}: Partial<PromptNorms> = {}): {text?: number; picture?: number} {
  return {...(text !== null && {text}), ...(picture !== null && {picture})}
}

function meanNorm(vectors: readonly Float32Array[]): number {
  const norm = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return vectors.reduce((sum, vector) => sum + norm(vector), 0) / vectors.length
}

function stepOf({seen, box, ...step}: Step): NonNullable<LogRecord['steps']>[number] {
  return {...step, usage: {...step.usage}, timing: {...step.timing}, seen: seen && copyOf(seen), box: box && [...box]}
}

/** Fields of a record that are taken over as they are, or made again. */
const notMore: ReadonlySet<string> = new Set([...answerFields, 'likeliest', 'error', 'judge', 'differs', 'steps'])

/** From a record: everything that is not recomputed. */
export function saidInRecord(record: LogRecord): Said {
  const {stop, error, likeliest, steps} = record
  const failed = stop === 'error' || stop === 'abort'
  const metrics = Object.entries(record.metrics).filter(([name]) => !recomputedMetrics.includes(name))
  return {
    ...answerOf(record),
    likeliest,
    ...(steps && {steps}),
    error: failed ? error : null,
    metrics: Object.fromEntries(metrics),
    more: Object.fromEntries(Object.entries(record).filter(([name]) => !notMore.has(name))),
  }
}
