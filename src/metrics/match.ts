// Compares open answers with accepted texts without a judge: exactly, and after normalisation.
import {answerTags, plainText, visibleText} from './extraction/visible-text.js'
import {normalisedAnswer} from './normalised-answer.js'

/**
 * The text of an open answer: the last closed answer tag, else the text without special tokens and thoughts, on one
 * line.
 */
export function openAnswer(text: string): string {
  const visible = visibleText(text)
  const {closed, open} = answerTags(visible)
  const inside = visible.trim() === '' ? answerTags(plainText(text)).closed : undefined
  const part = closed ?? inside ?? open
  return (part?.text ?? visible.replace(/<\/?answer>/gi, ' ')).replace(/\s+/g, ' ').trim()
}

/** 1 or 0 for equality as written, and as normalised. An empty gold text matches nothing. */
export function matchOpen(answer: string, gold: readonly string[]): {exact: number; match: number} {
  const accepted = gold.filter(text => text.trim() !== '')
  const forms = [normalisedAnswer(answer), normalisedAnswer(declared(answer))].filter(form => form !== '')
  return {
    exact: accepted.some(text => text.trim() === answer) ? 1 : 0,
    match: accepted.some(text => text.trim() === answer || forms.includes(normalisedAnswer(text))) ? 1 : 0,
  }
}

/** The text after the last "the answer is" or "answer:", which a model may put before an open answer too. */
export function declared(answer: string): string {
  const announcement = /\banswer\s{0,9}(?:is|:)\s{0,9}/gi
  const last = Array.from(answer.matchAll(announcement)).at(-1)
  return last === undefined ? answer : answer.slice(last.index + last[0].length)
}
