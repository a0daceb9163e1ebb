// Detects what a user should know about a complete reply: that it has no answer, or ended for an unknown reason.
import {quoted} from './failure.js'
import type {ChatReply} from './reply.js'

export interface Oddity {
  /** The kinds of oddity. Each is reported once. */
  readonly what: string
  readonly message: string
}

const thinkLess = `turn thinking off (for many servers --extra-body '{"chat_template_kwargs": {"enable_thinking": false}}')`

/** The oddities of a reply of `ref`. */
export function odditiesOf({text, stop, thoughts, unknownFinish}: ChatReply, ref: string): Oddity[] {
  const finish =
    unknownFinish === undefined
      ? []
      : [
          {
            what: `finish ${unknownFinish}`,
            message: `${ref} ends a reply for a reason that is not known here, "${quoted(unknownFinish)}"; it is read as a stop.`,
          },
        ]
  return text.trim() === '' ? [...finish, ...emptiness(stop, thoughts === true, ref)] : finish
}

/**
 * Two causes of an empty answer: a reasoning model spends all its tokens on thoughts (inspect_ai issue 5467), or its
 * server takes the whole reply for a thought (vllm-project/vllm issue 45736).
 */
function emptiness(stop: ChatReply['stop'], thoughts: boolean, ref: string): Oddity[] {
  if (stop === 'refusal') return []
  if (stop === 'length') {
    const advice = thoughts ? `raise --max-new-tokens, or ${thinkLess}` : 'raise --max-new-tokens'
    return [{what: 'spent', message: `${ref} spent all its new tokens without a word of answer; ${advice}.`}]
  }
  if (thoughts) {
    const sentence = `${ref} put a whole reply into its reasoning and left the answer empty`
    return [{what: 'thoughts', message: `${sentence}. Reasoning is not read for answers: ${thinkLess}.`}]
  }
  const sentence = `${ref} gave an empty reply, which counts as unanswered`
  return [
    {
      what: 'empty',
      message: `${sentence}. Look at the server's log: its context or its chat template may be to blame.`,
    },
  ]
}
