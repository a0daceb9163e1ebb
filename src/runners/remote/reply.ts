// What a chat completion says: text, why it stopped, what it used. Only what is used here must be right: fields and
// words that nobody here knows never make a reply unreadable. What is no completion is a failure, never an answer.
import {type Stop, type Usage, unknownUsage} from '../../core/generation.js'
import {limits} from '../../core/limits.js'
import {isEventStream, joinedEvents} from './event-stream.js'
import {at, countOf, firstOf, listOf, parsed} from './fields.js'
import {type Finish, finishOf} from './finish.js'
import {saidIn} from './message-text.js'
import {errorIn, isPage, type SaidError, saidError} from './said-error.js'
import {tailLogProbs} from './tail-log-probs.js'

export interface ChatReply {
  readonly text: string
  readonly stop: Exclude<Stop, 'abort' | 'error'>
  readonly usage: Usage
  /** What it cost, where the endpoint says so. */
  readonly costUsd: number | null
  /** Natural-log probability of each token of the continuation that was asked about, where the endpoint gives them. */
  readonly logProbs?: readonly number[]
  /** Whether the server kept thoughts apart from the text. */
  readonly thoughts?: boolean
  /** A reason to finish that nobody here has seen; it was read as a stop. */
  readonly unknownFinish?: string
}

/** What a body with status 200 turns out to be. */
export type Reading =
  | {readonly kind: 'reply'; readonly reply: ChatReply}
  /** An error of the server's, or of one behind it. */
  | {readonly kind: 'error'; readonly said: SaidError}
  /** The end of a sentence; `isPage` speaks for a wrong URL. Another attempt may fare better, unless it is `final`. */
  | {readonly kind: 'malformed'; readonly why: string; readonly isPage: boolean; readonly final?: boolean}

/**
 * Reads the body of a 200. A reply without a reason to finish counts as cut when it used all of `maxNewTokens`.
 * With a `continuation` the reply is its log-probabilities and whole without text: what the model says after it is no
 * answer.
 */
export async function readReply(body: string, maxNewTokens: number, continuation?: string): Promise<Reading> {
  const json = await jsonIn(body)
  if (json === undefined) {
    const page = isPage(body)
    const why = page ? 'the reply is a web page, not JSON' : 'the reply is not JSON, or was cut'
    return {kind: 'malformed', why: body.trim() === '' ? 'the reply is empty' : why, isPage: page}
  }
  const choice = listOf(at(json, 'choices'))[0]
  const error = errorIn(firstOf(choice, 'error') ?? firstOf(json, 'error'))
  if (error !== undefined) return {kind: 'error', said: error}
  if (typeof choice !== 'object' || choice === null) return withoutChoice(json, body)
  return replyOf(json, choice, maxNewTokens, continuation)
}

/** JSON, or events; gateways also put the end mark of a stream behind a whole reply. */
async function jsonIn(body: string): Promise<unknown> {
  const value = parsed(body)
  if (value !== undefined) return value
  if (isEventStream(body)) {
    const joined = await joinedEvents(body)
    if (joined !== undefined) return joined
  }
  const end = body.trimEnd()
  const mark = /data:\s{0,4}\[DONE\]$/.exec(end.slice(-20))
  return mark === null ? undefined : parsed(end.slice(0, -mark[0].length))
}

function replyOf(json: unknown, choice: object, maxNewTokens: number, continuation?: string): Reading {
  const usage = usageIn(json)
  const reason = at(choice, 'finish_reason')
  const used = usage.textTokens
  const finish: Finish =
    typeof reason === 'string' && reason.trim() !== ''
      ? finishOf(reason)
      : {stop: used !== null && used >= maxNewTokens ? 'length' : 'eos', known: true}
  if (finish.stop === 'error')
    return {kind: 'malformed', why: `the reply broke off ("${String(reason)}")`, isPage: false}
  const said = saidIn(firstOf(choice, 'message', 'delta') ?? {content: at(choice, 'text')})
  if (said.text.length > limits.answerChars) {
    const why = `the answer has ${said.text.length} characters, more than any answer should`
    return {kind: 'malformed', why, isPage: false, final: true}
  }
  // OpenRouter says "stop" for an upstream that broke off, and the truth beside it.
  const native = at(choice, 'native_finish_reason')
  if (said.text === '' && typeof native === 'string' && finishOf(native).stop === 'error')
    return {kind: 'malformed', why: `the reply broke off ("${native}")`, isPage: false}
  const reply: ChatReply = {
    text: said.text === '' ? said.refusal : said.text,
    stop: said.refusal === '' ? finish.stop : 'refusal',
    usage,
    costUsd: costIn(json),
    ...(said.thoughts.trim() !== '' && {thoughts: true}),
    ...(!finish.known && {unknownFinish: shortReason(String(reason))}),
  }
  if (continuation === undefined) return {kind: 'reply', reply}
  const logProbs = tailLogProbs(at(json, 'prompt_logprobs'), continuation)
  return {kind: 'reply', reply: {...reply, text: '', stop: 'eos', ...(logProbs === undefined ? {} : {logProbs})}}
}

/** A word; what is no word is not repeated. */
function shortReason(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.length} characters`
}

const longestReason = 1_000

/** Gemini and Azure leave the choices out where a filter blocked the prompt; other bodies may say what went wrong. */
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

/** OpenRouter says a number, Perplexity an object. */
function costIn(json: unknown): number | null {
  const cost = at(json, 'usage', 'cost')
  return countOf(cost) ?? countOf(at(cost, 'total_cost'))
}
