// The part of a response that may hold its answer, for this project's own rule. Special tokens and thoughts are
// blanked, answer tags are found.
// Every step keeps the length of the text, so an offset always means the same place.
import {nextSpeaker, thoughtMarks, turnEnd, turnHead} from './marks.js'
import type {Slice} from './python.js'

/**
 * Tokens that a decoder may leave in a text: chat and latent markers (`<|im_end|>`, `<|lvr_start|>`,
 * `<abs_vis_token>`), `<s>`, padding.
 */
const specialToken =
  /<\|[^|<>]{1,60}\|>|<\/?s>|<\/?(?:pad|unk|bos|eos|eot|mask|image|video|start_of_turn|end_of_turn|end_of_utterance|abs_vis_token|abs_vis_token_pad)>/gi

const answerTag = /<(\/?)(?:final[_-])?answer>/gi
const markup =
  /[*`#~\u200b-\u200d\u2060]|&nbsp;|<\/?(?:answer|b|i|p|strong|em|u|div|span|code|br|final|output|response|result|conclusion|solution|summary)\s?\/?>/gi

const blank = (match: string) => ' '.repeat(match.length)

/** Full-width Latin letters, digits and brackets (Ａ, （) become ASCII; the text after the turn's end becomes spaces. */
export function plainText(text: string): string {
  const narrow = text.replace(/[\uff01-\uff5e]/g, wide => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
  return upTo(narrow, firstAfterWords(narrow, turnEnd)).replace(turnHead, blank)
}

/** The part of a response meant for the user: one turn, without thoughts and special tokens. */
export function visibleText(text: string): string {
  const told = withoutThoughts(plainText(text)).replace(specialToken, blank)
  return upTo(told, firstAfterWords(told, nextSpeaker))
}

/** The first offset of a mark that follows something other than spaces and special tokens. */
function firstAfterWords(text: string, mark: RegExp): number | undefined {
  let from = 0
  for (const {index, 0: found} of text.matchAll(mark)) {
    if (text.slice(from, index).replace(specialToken, '').trim() !== '') return index
    from = index + found.length
  }
  return undefined
}

function upTo(text: string, end: number | undefined): string {
  return end === undefined ? text : text.slice(0, end) + ' '.repeat(text.length - end)
}

/** Blanks emphasis, headings and stray tags around an answer. */
export function withoutMarkup(text: string): string {
  return text.replace(markup, blank)
}

/**
 * Blanks closed thoughts, everything before an unopened closing mark (the prompt may have opened it), and everything
 * after an unclosed opening mark: an unfinished thought is not an answer.
 */
function withoutThoughts(text: string): string {
  const kept: string[] = []
  let from = 0
  let open: number | undefined
  for (const mark of marksOf(text)) {
    if (mark.opens && open === undefined) {
      open = mark.start
      kept.push(text.slice(from, open))
      from = open
    } else if (!mark.opens) {
      if (open === undefined) kept.splice(0, kept.length, ' '.repeat(mark.end))
      else kept.push(' '.repeat(mark.end - open))
      open = undefined
      from = mark.end
    }
  }
  kept.push(open === undefined ? text.slice(from) : ' '.repeat(text.length - from))
  return kept.join('')
}

/** The thought marks of a text, in order. */
function marksOf(text: string) {
  const found = (pattern: RegExp | null, opens: boolean) =>
    pattern === null
      ? []
      : Array.from(text.matchAll(pattern), ({index, 0: mark}) => ({start: index, end: index + mark.length, opens}))
  return thoughtMarks
    .flatMap(({open, close}) => [...found(open, true), ...found(close, false)])
    .sort((a, b) => a.start - b.start)
}

export interface AnswerTags {
  /** The content of the last closed pair of answer tags. */
  readonly closed: Slice | undefined
  /** The text after the last opening tag, if that tag is never closed. */
  readonly open: Slice | undefined
}

/** The answer tags of a text; if opening tags are nested, the innermost counts. */
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
 * Whether the response holds a closed answer that is not blank. If so, the length limit did not cut the answer off
 * (design/contract.md, "Outcomes").
 */
export function hasClosedAnswer(text: string): boolean {
  const {closed} = answerTags(plainText(text))
  return closed !== undefined && closed.text.trim() !== ''
}
