// What of a whole reply a user should know: that it holds no answer, or ended for a reason that nobody here has seen.
import {quoted} from './failure.js'
import type {ChatReply} from './reply.js'

export interface Oddity {
  /** Told once each. */
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
 * A reasoning model that spends all its tokens on thoughts answers nothing (inspect_ai issue 5467); one whose server
 * takes the whole reply for a thought neither (vllm-project/vllm issue 45736).
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
