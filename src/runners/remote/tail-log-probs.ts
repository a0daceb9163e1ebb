// Reads the log-probabilities of a continuation from those of the whole prompt. Pure.
import {z} from 'zod'

/** One token of the prompt: a map of its id to its value (vllm-project/vllm: vllm/logprobs.py). */
const entrySchema = z.record(z.string(), z.looseObject({logprob: z.number(), decoded_token: z.string()}))

/**
 * Natural-log probabilities of the tokens of `continuation`: the shortest tail of the prompt that spells it. Blanks are
 * ignored, because a token that is decoded alone may lose its leading blank. Undefined if the reply has no such list,
 * or if its prompt does not end with the continuation.
 * @param promptLogProbs `prompt_logprobs` of a reply to `prompt_logprobs: 0`: null for the first token, then one map of
 * one token each
 *   (vllm-project/vllm: vllm/entrypoints/openai/chat_completion/protocol.py, vllm/v1/engine/logprobs.py)
 */
export function tailLogProbs(promptLogProbs: unknown, continuation: string): number[] | undefined {
  if (!Array.isArray(promptLogProbs)) return undefined
  const wanted = withoutBlanks(continuation)
  const logProbs: number[] = []
  let tail = ''
  for (let index = promptLogProbs.length - 1; index >= 0 && tail.length < wanted.length; index--) {
    const tokens = Object.values(entrySchema.safeParse(promptLogProbs[index]).data ?? {})
    if (tokens.length !== 1) return undefined
    logProbs.unshift(tokens[0]!.logprob)
    tail = withoutBlanks(tokens[0]!.decoded_token) + tail
  }
  return logProbs.length > 0 && tail === wanted ? logProbs : undefined
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '')
}
