// Generations as chat completions: whole, and as the events of a stream. Pure.
import type {Generation, TokenLogProb} from '../core/generation.js'
import {decodeStepsOf} from '../core/generation.js'
import {encodedVector} from '../core/vector-text.js'
import type {Asked} from './chat-request.js'

/** What all parts of a reply have in common. */
export interface ReplyHead {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
}

/** The whole completion. */
export function completion(head: ReplyHead, generation: Generation, asked: Asked) {
  const message = {role: 'assistant', content: generation.text, refusal: null}
  const choice = {index: 0, message, ...endOf(generation, asked)}
  return {...head, object: 'chat.completion', choices: [choice], usage: usageOf(generation)}
}

/** An event of a stream with more text. */
export function textEvent(head: ReplyHead, content: string, first: boolean) {
  const delta = {...(first && {role: 'assistant'}), content}
  return {...chunk(head), choices: [{index: 0, delta, logprobs: null, finish_reason: null}]}
}

/** The last events of a stream: how it ended and, where it was asked for, the usage. */
export function lastEvents(head: ReplyHead, generation: Generation, asked: Asked): readonly object[] {
  const end = {...chunk(head), choices: [{index: 0, delta: {}, ...endOf(generation, asked)}]}
  return asked.streamUsage ? [end, {...chunk(head), choices: [], usage: usageOf(generation)}] : [end]
}

function chunk(head: ReplyHead) {
  return {...head, object: 'chat.completion.chunk'}
}

function endOf(generation: Generation, {latents}: Asked) {
  const {stop, tokenLogProbs} = generation
  return {
    finish_reason: stop === 'length' ? 'length' : 'stop',
    logprobs: tokenLogProbs ? {content: tokenLogProbs.map(logProbOf), refusal: null} : null,
    ...(latents !== 'none' && {latents: latentsOf(generation, latents)}),
  }
}

function logProbOf({token, logProb, likeliest}: TokenLogProb) {
  const named = (one: {readonly token: string; readonly logProb: number}) => ({
    token: one.token,
    logprob: one.logProb,
    // Half a character has no text, so the bytes are not known.
    bytes: one.token.includes('\uFFFD') ? null : [...Buffer.from(one.token)],
  })
  return {...named({token, logProb}), top_logprobs: likeliest.map(named)}
}

function usageOf({usage}: Generation) {
  const {promptTokens, imageTokens} = usage
  const steps = decodeStepsOf(usage)
  return {
    prompt_tokens: promptTokens,
    completion_tokens: steps,
    total_tokens: promptTokens === null || steps === null ? null : promptTokens + steps,
    prompt_tokens_details: {image_tokens: imageTokens, cached_tokens: 0},
  }
}

/**
 * Norms of the latents that were fed; the vectors, and those that the model would have fed, where they are asked for.
 */
function latentsOf(generation: Generation, back: 'norms' | 'vectors') {
  const {latents = [], usage, tokenIds, latentAt, promptNorms, seen} = generation
  const norm = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return {
    blocks: latents.map(({vectors, own}) => ({
      steps: vectors.length,
      norms: vectors.map(norm),
      ...(back === 'vectors' && {
        vectors: vectors.map(encodedVector),
        ...(own && {own: own.map(encodedVector)}),
      }),
    })),
    engaged: (usage.latentSteps ?? 0) > 0 || (usage.blocks ?? 0) > 0,
    usage,
    tokenIds,
    latentAt,
    promptNorms,
    pictures: seen?.images.map(({sentWidth, sentHeight}) => [sentWidth, sentHeight]),
  }
}
