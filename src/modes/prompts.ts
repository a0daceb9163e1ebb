// How a question is put to a model: the benchmark's form in the style asked for, then (but for a peer's exact form) the
// mode's own line and the answer contract, which is the same for every arm. Knows no benchmark: forms come from the
// adapters.
import {LanternError} from '../core/errors.js'
import type {Mode, Prompt, PromptPart} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {type PromptForm, type PromptForms, type PromptStyle, promptStyles} from '../core/prompt-form.js'
import {letterOf, type Sample} from '../core/sample.js'

/**
 * What a mode adds after question and options. `latent` adds nothing: a latent model decides by itself to open a block.
 */
export const modeLines: Readonly<Record<Mode, string>> = {
  direct: 'Answer directly, without reasoning.',
  'text-cot': 'Think step by step before you answer.',
  latent: '',
}

/** The answer contract: one for all arms, so that no extractor favours one of them. */
export const answerContract: Readonly<Record<'choice' | 'open', string>> = {
  choice: 'End with the letter of your answer: <answer>LETTER</answer>',
  open: 'End with your answer: <answer>ANSWER</answer>',
}

/** The form of a benchmark in a style. Throws `unsupported`, naming the styles that it has. */
export function promptFormOf(
  {id, prompts}: {readonly id: string; readonly prompts: PromptForms},
  style: PromptStyle,
): PromptForm {
  const form = prompts[style]
  if (form) return form
  const able = promptStyles.filter(name => prompts[name])
  throw new LanternError(
    'unsupported',
    `Prompt style "${style}" has no form for ${id}.`,
    `Use --prompt-style ${able.join(' or ')}.`,
  )
}

/**
 * Hash over exactly the strings that can reach a model under a form, in any mode: part of the lock. Another benchmark,
 * another style or a limit of tokens changes nothing here.
 */
export function promptsSha256({maxNewTokens: _limits, ...form}: PromptForm): string {
  return hashOf(form.exact ? {form} : {form, modeLines, answerContract})
}

/**
 * The prompt of one sample in one mode: pictures in the order of the data, each exactly once, and the text.
 */
export function buildPrompt(sample: Sample, mode: Mode, form: PromptForm): Prompt {
  const {preamble} = form
  const before = preamble?.subtasks.includes(sample.subtask) ? preamble.text : ''
  const contract = answerContract[sample.options || sample.letters ? 'choice' : 'open']
  const ours = form.exact ? [] : [modeLines[mode], contract]
  const lines = [before + question(sample, form), ...ours.filter(line => line !== '')]
  const text: PromptPart = {
    type: 'text',
    text: lines.reduce((whole, line) => (whole.endsWith('\n') ? whole + line : `${whole}\n${line}`)),
  }
  const images: PromptPart[] = sample.images.map(image => ({type: 'image', image}))
  return {system: form.system ?? null, parts: form.images === 'first' ? [...images, text] : [text, ...images]}
}

function question(sample: Sample, form: PromptForm): string {
  const letters = sample.letters ?? sample.options?.map((_, index) => letterOf(index)) ?? []
  const wanted = sample.options ? (form.choices ?? form.text) : form.text
  const absent = wanted.includes('{prompt}') && sample.officialPrompt === undefined
  const template = absent ? (form.fallback ?? wanted) : wanted
  const options = (sample.options ?? [])
    .map((text, index) => fill(form.option, {letter: letters[index]!, text}))
    .join('\n')
  return fill(template, {
    question: sample.question,
    prompt: sample.officialPrompt ?? '',
    options,
    letters: letters.join(', '),
  })
}

/** Fills {name} places in one pass, so that braces inside a question stay as they are. */
function fill(form: string, values: Readonly<Record<string, string>>): string {
  return form.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)
}
