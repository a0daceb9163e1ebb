// What of a response may hold its answer, for our own rule: special tokens and thoughts are blanked, answer tags are
// found.
// Every step keeps the length of the text, so that an offset always means the same place.
import type {Slice} from './python.js'

/**
 * Tokens that a decoder leaves in a text: chat and latent markers (`<|im_end|>`, `<|lvr_start|>`, `<abs_vis_token>`),
 * `<s>`, padding.
 */
const specialToken =
  /<\|[^|<>]{1,60}\|>|<\/?s>|<\/?(?:pad|unk|bos|eos|eot|mask|image|video|start_of_turn|end_of_turn|end_of_utterance|abs_vis_token|abs_vis_token_pad)>/gi

const thoughtTags = [
  'think',
  'thinking',
  'thought',
  'thoughts',
  'analysis',
  'reasoning',
  'reason',
  'rationale',
  'scratchpad',
]
const thoughtTag = new RegExp(`<(/?)(${thoughtTags.join('|')})>`, 'gi')
const answerTag = /<(\/?)answer>/gi
const markup = /[*`#~]|<\/?(?:answer|b|i|p|strong|em|final|output|result|conclusion|summary)>/gi

const blank = (match: string) => ' '.repeat(match.length)

/** Full-width Latin letters, digits and brackets (Ａ, （) as their ASCII twins; special tokens as spaces. */
export function plainText(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, wide => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(specialToken, blank)
}

/** Blanks emphasis, headings and stray tags that stand around an answer and are no part of it. */
export function withoutMarkup(text: string): string {
  return text.replace(markup, blank)
}

/**
 * Blanks closed thoughts, everything before a closing tag that was never opened (the prompt may have opened it), and
 * everything after an opening tag that is never closed: a thought that was cut off is no answer.
 */
export function withoutThoughts(text: string): string {
  const kept: string[] = []
  let from = 0
  let open: number | undefined
  for (const tag of text.matchAll(thoughtTag)) {
    const end = tag.index + tag[0].length
    if (tag[1] === '' && open === undefined) {
      open = tag.index
      kept.push(text.slice(from, open))
      from = open
    } else if (tag[1] === '/') {
      if (open === undefined) kept.splice(0, kept.length, ' '.repeat(end))
      else kept.push(' '.repeat(end - open))
      open = undefined
      from = end
    }
  }
  kept.push(open === undefined ? text.slice(from) : ' '.repeat(text.length - from))
  return kept.join('')
}

export interface AnswerTags {
  /** What the last closed pair of answer tags holds. */
  readonly closed: Slice | undefined
  /** What follows the last opening tag if it is never closed. */
  readonly open: Slice | undefined
}

/** The answer tags of a text; of nested opening tags the innermost counts. */
export function answerTags(text: string): AnswerTags {
  let start: number | undefined
  let closed: Slice | undefined
  for (const tag of text.matchAll(answerTag)) {
    if (tag[1] === '') start = tag.index + tag[0].length
    else if (start !== undefined) {
      closed = {text: text.slice(start, tag.index), start}
      start = undefined
    }
  }
  return {closed, open: start === undefined ? undefined : {text: text.slice(start), start}}
}

/**
 * True if the response holds a closed answer that is not blank: then a length limit did not cut the answer off
 * (design/contract.md, "Outcomes").
 */
export function hasClosedAnswer(text: string): boolean {
  const {closed} = answerTags(plainText(text))
  return closed !== undefined && closed.text.trim() !== ''
}
