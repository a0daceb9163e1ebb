// Maps a server's finish reason to the reason why a reply ended. Servers invent such words, so an unknown one does not
// invalidate an answer.
import type {Stop} from '../../core/generation.js'
import {at, firstOf} from './fields.js'

export interface Finish {
  readonly stop: Exclude<Stop, 'abort'>
  /** False for an unknown word. It is read as a stop, and a warning is given once. */
  readonly known: boolean
}

const words: ReadonlyMap<string, Finish['stop']> = new Map(
  Object.entries({
    // OpenAI, TGI, Anthropic, Cohere, llama.cpp, LM Studio.
    eos: 'stop eos eos_token eos_found end end_turn stop_sequence stop_token stop_str complete completed finished finish done eosfound stopstringfound',
    // OpenAI, Anthropic, Bedrock, Mistral, LM Studio.
    length:
      'length max_tokens max_length max_new_tokens max_output_tokens max_completion_tokens token_limit model_length model_context_window_exceeded context_length_exceeded contextlengthreached maxpredictedtokensreached',
    // OpenRouter, vLLM, DeepSeek, Zhipu.
    error:
      'error abort aborted cancelled canceled failed insufficient_system_resource network_error engine_error timeout',
  } satisfies Partial<Record<Stop, string>>).flatMap(([stop, list]) =>
    list.split(' ').map(word => [word, stop as Finish['stop']] as const),
  ),
)

/**
 * Words of filters: OpenAI `content_filter`, Gemini `SAFETY`, `RECITATION`, `BLOCKLIST`, `PROHIBITED_CONTENT`, `SPII`,
 * Bedrock `guardrail_intervened`, Anthropic `refusal`, Zhipu `sensitive`, Cohere `ERROR_TOXIC`.
 */
const filter =
  /filter|safety|unsafe|sensitiv|prohibit|block|recitation|moderat|refus|guardrail|spii|violat|polic|toxic|harm|censor/

/** Reads a finish reason. */
export function finishOf(reason: string): Finish {
  const word = reason
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  if (filter.test(word)) return {stop: 'refusal', known: true}
  const stop = words.get(word)
  return stop === undefined ? {stop: 'eos', known: false} : {stop, known: true}
}

/** The finish reason of a choice, under the names in use; some servers wrap it in an object or a list. */
export function reasonIn(choice: unknown): string | undefined {
  for (const name of ['finish_reason', 'finishReason', 'finish_details', 'stop_reason']) {
    const given = at(choice, name)
    const reason = firstOf(given, 'type', '0') ?? given
    if (typeof reason === 'string' && reason.trim() !== '') return reason
  }
  return undefined
}
