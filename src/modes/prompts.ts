// Builds the prompt of a sample: the benchmark's form in the chosen style, then the mode's own line and the answer
// contract, which is the same for every arm. The exact form of another harness gets neither. What a user gives instead
// (--system, --prompt-template, --stop) becomes part of the form here. This file knows no benchmark: forms come from
// the adapters.
import {LanternError} from '../core/errors.js'
import type {Mode, Prompt, PromptPart} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {
  type PictureRow,
  type PromptForm,
  type PromptForms,
  type PromptStyle,
  promptStyles,
} from '../core/prompt-form.js'
import {renderTemplate} from '../core/prompt-template.js'
import {letterOf, type Sample} from '../core/sample.js'
import {joinedPicture} from './picture-row.js'

/**
 * What a mode adds after the question and options. `latent` adds nothing: a latent model decides by itself whether to
 * open a block.
 */
export const modeLines: Readonly<Record<Mode, string>> = {
  direct: 'Answer directly, without reasoning.',
  'text-cot': 'Think step by step before you answer.',
  latent: '',
}

/** The answer contract. All arms share one, so that no extractor favours an arm. */
export const answerContract: Readonly<Record<'choice' | 'open', string>> = {
  choice: 'End with the letter of your answer: <answer>LETTER</answer>',
  open: 'End with your answer: <answer>ANSWER</answer>',
}

/** The form of a benchmark in a style. Throws `unsupported`, naming the styles the benchmark has. */
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

/** What a user gives instead of the form's own settings. */
export interface OwnPrompt {
  readonly system?: string
  /** The source of a jinja template. Nothing is appended to its output. */
  readonly template?: string
  readonly stop?: readonly string[]
}

/** The form to use: that of the style, with the user's settings applied. Throws like `promptFormOf`. */
export function askedForm(
  benchmark: {readonly id: string; readonly prompts: PromptForms},
  style: PromptStyle,
  {system, template, stop}: OwnPrompt = {},
): PromptForm {
  const form = promptFormOf(benchmark, style)
  const own = template === undefined ? form : {template, text: '', option: '', images: form.images, exact: true}
  return {...own, ...(system !== undefined && {system}), ...(stop !== undefined && {stop})}
}

/**
 * Hash over exactly the strings that a form can send to a model, in any mode. Part of the lock. It does not depend on
 * other benchmarks, other styles or token limits.
 */
export function promptsSha256({maxNewTokens: _limits, ...form}: PromptForm): string {
  return hashOf(form.exact ? {form} : {form, modeLines, answerContract})
}

/**
 * The prompt of one sample in one mode: pictures in the order of the data, each exactly once, and the text. Throws
 * LanternError `bad-file` if a template cannot be filled in.
 */
export function buildPrompt(sample: Sample, mode: Mode, form: PromptForm): Prompt {
  const text: PromptPart = {type: 'text', text: textOf(sample, mode, form)}
  const {images, join, detail} = form
  const pictures = join && joins(sample, join) ? [joinedPicture(sample.images, join)] : sample.images
  const shown = pictures.map((image): PromptPart => ({type: 'image', image, ...(detail && {detail})}))
  return {system: form.system ?? null, parts: images === 'first' ? [...shown, text] : [text, ...shown]}
}

/** A single picture is also made a row if the row has its own height. */
function joins({images}: Sample, {height}: PictureRow): boolean {
  return images.length > (height === undefined ? 1 : 0)
}

function textOf(sample: Sample, mode: Mode, form: PromptForm): string {
  const contract = answerContract[sample.options || sample.letters ? 'choice' : 'open']
  const {preamble} = form
  const before = preamble?.subtasks.includes(sample.subtask) ? preamble.text : ''
  const ours = form.exact ? [] : [modeLines[mode], contract]
  const asked =
    form.template === undefined
      ? question(sample, form)
      : renderTemplate(form.template, {
          question: sample.question,
          options: sample.options ?? [],
          letters: lettersOf(sample),
          prompt: sample.officialPrompt ?? '',
          subtask: sample.subtask,
          mode,
          mode_line: modeLines[mode],
          contract,
        })
  return [before + asked, ...ours.filter(line => line !== '')].reduce((whole, line) =>
    whole.endsWith('\n') ? whole + line : `${whole}\n${line}`,
  )
}

function lettersOf({letters, options}: Sample): readonly string[] {
  return letters ?? options?.map((_, index) => letterOf(index)) ?? []
}

function question(sample: Sample, form: PromptForm): string {
  const letters = lettersOf(sample)
  const wanted = sample.options ? (form.choices ?? form.text) : form.text
  const absent = wanted.includes('{prompt}') && sample.officialPrompt === undefined
  const template = absent ? (form.fallback ?? wanted) : wanted
  return fill(template, {
    question: sample.question,
    prompt: sample.officialPrompt ?? '',
    options: optionLines(sample.options ?? [], letters, form),
    letters: letters.join(', '),
  })
}

function optionLines(
  options: readonly string[],
  letters: readonly string[],
  {option, lastOption = option, losesBracketedOptions}: PromptForm,
): string {
  return options
    .map((text, index) => ({text, line: index === options.length - 1 ? lastOption : option}))
    .filter(({text}) => !(losesBracketedOptions && /[()]/.test(text)))
    .map(({text, line}, index) => fill(line, {letter: letters[index]!, text}))
    .join('\n')
}

/** Fills {name} places in one pass, so that braces inside a question stay as they are. */
function fill(form: string, values: Readonly<Record<string, string>>): string {
  return form.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)
}
