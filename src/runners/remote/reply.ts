// Reads a chat completion: text, finish reason, usage. Only the fields used here have to be valid; unknown fields and
// words never make a reply unreadable. A body that is not a completion is a failure, never an answer.
import {type Stop, type Usage, unknownUsage} from '../../core/generation.js'
import {jsonOrNothing} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import {isEventStream, joinedEvents} from './event-stream.js'
import {at, countOf, firstOf, listOf} from './fields.js'
import {type Finish, finishOf, reasonIn} from './finish.js'
import {saidIn} from './message-text.js'
import {errorIn, isPage, type SaidError, saidError} from './said-error.js'
import {latentsSaid, type SaidLatents} from './said-latents.js'
import {tailLogProbs} from './tail-log-probs.js'

export interface ChatReply {
  readonly text: string
  readonly stop: Exclude<Stop, 'abort' | 'error'>
  readonly usage: Usage
  /** The cost, if the endpoint states it. */
  readonly costUsd: number | null
  /** Natural-log probability of each token of the requested continuation, if the endpoint returns them. */
  readonly logProbs?: readonly number[]
  /** Whether the server returned thoughts separately from the text. */
  readonly thoughts?: boolean
  /** Where the reply shows its latents. */
  readonly latents?: SaidLatents
  /** An unknown finish reason, which was read as a stop. */
  readonly unknownFinish?: string
}

/** What a body with status 200 turns out to be. */
export type Reading =
  | {readonly kind: 'reply'; readonly reply: ChatReply}
  /** An error of the server, or of one behind it. */
  | {readonly kind: 'error'; readonly said: SaidError}
  /**
   * `why` is the end of a sentence. `isPage` indicates a wrong URL. Another attempt may succeed unless `final` is set.
   */
  | {readonly kind: 'malformed'; readonly why: string; readonly isPage: boolean; readonly final?: boolean}

/**
 * Reads the body of a 200. A reply without a finish reason counts as truncated if it used all of `maxNewTokens`. With a
 * `continuation` the reply consists of its log-probabilities and has no text: what the model writes after the
 * continuation is not an answer.
 */
export async function readReply(body: string, maxNewTokens: number, continuation?: string): Promise<Reading> {
  const json = await jsonIn(body)
  if (json === undefined) {
    const page = isPage(body)
    const why = page ? 'the reply is a web page, not JSON' : 'the reply is not JSON, or was cut'
    return {kind: 'malformed', why: body.trim() === '' ? 'the reply is empty' : why, isPage: page}
  }
  const completion = completionIn(json)
  const choice = firstChoice(completion)
  const error = errorIn(firstOf(choice, 'error') ?? firstOf(json, 'error'))
  if (error !== undefined) return {kind: 'error', said: error}
  if (typeof choice !== 'object' || choice === null) return withoutChoice(json, body)
  return replyOf(completion, choice, maxNewTokens, continuation)
}

/** The completion itself, or the one that a gateway packed into a list or an object of its own. */
function completionIn(json: unknown): unknown {
  if (Array.isArray(at(json, 'choices'))) return json
  const packed = [at(json, 0), ...['data', 'result', 'response', 'output', 'body'].map(name => at(json, name))]
  return packed.find(inner => Array.isArray(at(inner, 'choices'))) ?? json
}

/** The choice that calls itself the first, in whatever order they come. */
function firstChoice(completion: unknown): unknown {
  const choices = listOf(at(completion, 'choices'))
  return choices.find(choice => at(choice, 'index') === 0) ?? choices[0]
}

/** JSON, or events. Gateways also append the end mark of a stream to a complete reply. */
async function jsonIn(body: string): Promise<unknown> {
  const value = jsonOrNothing(body)
  if (value !== undefined) return value
  if (isEventStream(body)) {
    const joined = await joinedEvents(body)
    if (joined !== undefined) return joined
  }
  const end = body.trimEnd()
  const mark = /data:\s{0,4}\[DONE\]$/.exec(end.slice(-20))
  return mark === null ? undefined : jsonOrNothing(end.slice(0, -mark[0].length))
}

function replyOf(json: unknown, choice: object, maxNewTokens: number, continuation?: string): Reading {
  const usage = usageIn(json)
  const reason = reasonIn(choice)
  const used = usage.textTokens
  const finish: Finish =
    reason !== undefined
      ? finishOf(reason)
      : {stop: used !== null && used >= maxNewTokens ? 'length' : 'eos', known: true}
  if (finish.stop === 'error') return {kind: 'malformed', why: `the reply broke off ("${reason}")`, isPage: false}
  const said = saidIn(firstOf(choice, 'message', 'delta') ?? {content: at(choice, 'text')})
  if (said.text.length > limits.answerChars) {
    const why = `the answer has ${said.text.length} characters, more than any answer should`
    return {kind: 'malformed', why, isPage: false, final: true}
  }
  // If the upstream broke off, OpenRouter reports "stop" and gives the real reason in a second field.
  const native = at(choice, 'native_finish_reason')
  if (said.text === '' && typeof native === 'string' && finishOf(native).stop === 'error')
    return {kind: 'malformed', why: `the reply broke off ("${native}")`, isPage: false}
  // MiniMax says in a field of its own that it held an answer back.
  const held = said.text === '' && at(json, 'output_sensitive') === true
  const latents = at(choice, 'latents')
  const shown = typeof latents === 'object' && latents !== null ? latentsSaid(latents) : undefined
  const reply: ChatReply = {
    text: said.text === '' ? said.refusal : said.text,
    stop: said.refusal === '' && !held ? finish.stop : 'refusal',
    usage,
    costUsd: costIn(json),
    ...(shown && {latents: shown}),
    ...(said.thoughts.trim() !== '' && {thoughts: true}),
    ...(!finish.known && {unknownFinish: shortReason(reason!)}),
  }
  if (continuation === undefined) return {kind: 'reply', reply}
  const logProbs = tailLogProbs(at(json, 'prompt_logprobs'), continuation)
  return {kind: 'reply', reply: {...reply, text: '', stop: 'eos', ...(logProbs === undefined ? {} : {logProbs})}}
}

/** A single word; anything else is not repeated. */
function shortReason(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.length} characters`
}

const longestReason = 1_000

/** Gemini and Azure omit the choices if a filter blocked the prompt. Other bodies may contain an error. */
function withoutChoice(json: unknown, body: string): Reading {
  const blocked =
    firstOf(at(json, 'promptFeedback'), 'blockReason') ?? firstOf(at(json, 'prompt_feedback'), 'block_reason')
  const filtered = listOf(at(json, 'prompt_filter_results')).some(result =>
    /"filtered":true/.test(JSON.stringify(result)),
  )
  if (blocked !== undefined || filtered)
    return {kind: 'reply', reply: {text: '', stop: 'refusal', usage: usageIn(json), costUsd: costIn(json)}}
  const said = saidError(body)
  return said.message === ''
    ? {kind: 'malformed', why: 'the reply is no chat completion (it has no choices)', isPage: false}
    : {kind: 'error', said}
}

function usageIn(json: unknown): Usage {
  const usage = at(json, 'usage')
  const count = (...path: string[]) => countOf(at(usage, ...path))
  const thoughts = count('completion_tokens_details', 'reasoning_tokens') ?? count('reasoning_tokens')
  return {
    ...unknownUsage,
    promptTokens: count('prompt_tokens') ?? count('input_tokens'),
    imageTokens: count('prompt_tokens_details', 'image_tokens'),
    textTokens: count('completion_tokens') ?? count('output_tokens'),
    ...(thoughts !== null && {thoughtTokens: thoughts}),
  }
}

/** OpenRouter gives a number, Perplexity an object. */
function costIn(json: unknown): number | null {
  const cost = at(json, 'usage', 'cost')
  return countOf(cost) ?? countOf(at(cost, 'total_cost'))
}
