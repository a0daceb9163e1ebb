// Compares open answers with accepted texts without a judge: exactly, and after normalisation.
import {answerTags, plainText, visibleText, withoutMarkup} from './extraction/visible-text.js'

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
  const forms = [normalised(answer), normalised(declared(answer))].filter(form => form !== '')
  return {
    exact: accepted.some(text => text.trim() === answer) ? 1 : 0,
    match: accepted.some(text => text.trim() === answer || forms.includes(normalised(text))) ? 1 : 0,
  }
}

/** The text after the last "the answer is" or "answer:", which a model may put before an open answer too. */
function declared(answer: string): string {
  const announcement = /\banswer\s{0,9}(?:is|:)\s{0,9}/gi
  const last = Array.from(answer.matchAll(announcement)).at(-1)
  return last === undefined ? answer : answer.slice(last.index + last[0].length)
}

const numerals = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

/**
 * Lower case, compatibility forms (NFKC), no articles, no punctuation except between digits, number words as digits.
 * These are the steps common to GT-Vision-Lab/VQA: PythonEvaluationTools (vqaEval.py) and to SQuAD's evaluation,
 * followed in spirit and not to the letter.
 */
function normalised(text: string): string {
  return withoutMarkup(text.normalize('NFKC'))
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/(?<=\p{N}),(?=\p{N}{3}(?!\p{N}))/gu, '')
    .replace(/(?<!\p{N})[^\p{L}\p{N}\p{M}]|[^\p{L}\p{N}\p{M}](?!\p{N})/gu, match =>
      /[-+%$€£°]/.test(match) ? match : ' ',
    )
    .split(/\s+/)
    .filter(word => word !== '' && word !== 'a' && word !== 'an' && word !== 'the')
    .map(word => (numerals.includes(word) ? String(numerals.indexOf(word)) : word))
    .join(' ')
}
