// What a chat completion says: text, why it stopped, what it used. Anything else is a failure, never an answer.
import {z} from 'zod'
import {type Stop, type Usage, unknownUsage} from '../../core/generation.js'
import {tailLogProbs} from './tail-log-probs.js'

export interface ChatReply {
  readonly text: string
  readonly stop: Exclude<Stop, 'abort' | 'error'>
  readonly usage: Usage
  /** What it cost, where the endpoint says so. */
  readonly costUsd: number | null
  /** Natural-log probability of each token of the continuation that was asked about, where the endpoint gives them. */
  readonly logProbs?: readonly number[]
}

const count = z.number().nonnegative().nullish()

const completionSchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z
            .union([z.string(), z.array(z.looseObject({type: z.string(), text: z.string().optional()}))])
            .nullish(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.looseObject({image_tokens: count}).nullish(),
      cost: count,
    })
    .nullish(),
  prompt_logprobs: z.unknown().optional(),
})

/** How each reason to finish is read; a reason that is not listed makes the reply a failure. */
const finishReasons: Readonly<Record<string, ChatReply['stop']>> = {
  stop: 'eos',
  eos: 'eos',
  end_turn: 'eos',
  stop_sequence: 'eos',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  content_filter: 'refusal',
  refusal: 'refusal',
  safety: 'refusal',
}

/**
 * Reads the body of a 200. A reply without a reason to finish counts as cut when it used all of `maxNewTokens`.
 * With a `continuation` the reply is its log-probabilities and whole without text: what the model says after it is no
 * answer.
 * Returns a sentence where it is no completion: HTML, cut JSON, no choice, an unknown reason.
 */
export function parseReply(body: string, maxNewTokens: number, continuation?: string): ChatReply | string {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return isPage(body) ? 'the reply is a web page, not JSON' : 'the reply is not JSON, or was cut'
  }
  const parsed = completionSchema.safeParse(json)
  if (!parsed.success) {
    const said = errorMessageIn(json)
    const issue = parsed.error.issues[0]!
    return said === undefined
      ? `the reply is no chat completion (${issue.path.join('.')}: ${issue.message})`
      : `the reply is an error: ${said}`
  }
  const {choices, usage} = parsed.data
  const {message, finish_reason: reason} = choices[0]!
  const used = usage?.completion_tokens ?? null
  const finished =
    reason == null ? (used !== null && used >= maxNewTokens ? 'length' : 'eos') : finishReasons[reason.toLowerCase()]
  if (finished === undefined) return `the reply finished for the unknown reason "${reason}"`
  const content =
    typeof message.content === 'string'
      ? message.content
      : (message.content ?? []).map(part => part.text ?? '').join('')
  const reply: ChatReply = {
    text: content === '' && message.refusal ? message.refusal : content,
    stop: message.refusal ? 'refusal' : finished,
    usage: {
      ...unknownUsage,
      promptTokens: usage?.prompt_tokens ?? null,
      imageTokens: usage?.prompt_tokens_details?.image_tokens ?? null,
      textTokens: used,
    },
    costUsd: usage?.cost ?? null,
  }
  if (continuation === undefined) return reply
  const logProbs = tailLogProbs(parsed.data.prompt_logprobs, continuation)
  return {...reply, text: '', stop: 'eos', ...(logProbs === undefined ? {} : {logProbs})}
}

/** Whether a body is HTML or XML. */
export function isPage(body: string): boolean {
  return /^\s*</.test(body)
}

const errorSchema = z.union([
  z.looseObject({error: z.looseObject({message: z.string(), code: z.union([z.string(), z.number()]).nullish()})}),
  z.looseObject({error: z.string()}),
  z.looseObject({message: z.string(), code: z.union([z.string(), z.number()]).nullish()}),
])

export interface SaidError {
  readonly message: string
  /** OpenAI's word for it, e.g. `insufficient_quota`. */
  readonly code: string
}

/**
 * What the body of a failed request says, in the forms of OpenAI, vLLM, llama.cpp and others; empty where it says
 * nothing readable.
 */
export function saidError(body: string): SaidError {
  try {
    const parsed = errorSchema.safeParse(JSON.parse(body))
    if (!parsed.success) return {message: '', code: ''}
    const error = 'error' in parsed.data ? parsed.data.error : parsed.data
    if (typeof error === 'string') return {message: error, code: ''}
    const {message, code} = error as {message: string; code?: string | number | null}
    return {message, code: String(code ?? '')}
  } catch {
    return {message: '', code: ''}
  }
}

function errorMessageIn(json: unknown): string | undefined {
  const {message} = saidError(JSON.stringify(json))
  return message === '' ? undefined : message
}
