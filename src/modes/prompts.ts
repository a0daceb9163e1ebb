// Builds the prompt of a sample: the benchmark's form in the chosen style, then the mode's own line and the answer
// contract, which is the same for every arm. The exact form of another harness gets neither. What a user gives instead
// (--system, --prompt-template, --stop) becomes part of the form here. This file knows no benchmark: forms come from
// the adapters.
import {LanternError} from '../core/errors.js'
import type {Mode, Prompt, PromptPart, Turn} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {
  type CropForm,
  type PictureRow,
  type PromptForm,
  type PromptForms,
  type PromptStyle,
  promptStyles,
} from '../core/prompt-form.js'
import {renderTemplate} from '../core/prompt-template.js'
import {type ImageRef, letterOf, type Sample} from '../core/sample.js'
import {joinedPicture} from './picture-row.js'

/**
 * What a mode adds after the question and options. `latent` adds nothing: a latent model decides by itself whether to
 * open a block. `crop` adds nothing: only exact forms have it.
 */
export const modeLines: Readonly<Record<Mode, string>> = {
  direct: 'Answer directly, without reasoning.',
  'text-cot': 'Think step by step before you answer.',
  latent: '',
  crop: '',
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
  const {images, join} = form
  const pictures = join && joins(sample, join) ? [joinedPicture(sample.images, join)] : sample.images
  const shown = shownOf(pictures, form)
  return {system: form.system ?? null, parts: images === 'first' ? [...shown, text] : [text, ...shown]}
}

/** How a form asks in the mode `crop`. Throws `unsupported` naming the style if it does not. */
export function cropFormOf({crop}: PromptForm, bench: string, style: PromptStyle): CropForm {
  if (crop) return crop
  throw new LanternError(
    'unsupported',
    `The mode crop has no form for ${bench} in the prompt style "${style}".`,
    'Use --recipe viscot-official --bench viscot --mode crop.',
  )
}

/** The first request of the mode `crop`: the pictures, and the request for a box. */
export function boxPrompt(sample: Sample, form: PromptForm, crop: CropForm): Prompt {
  return {system: form.system ?? null, parts: [...shownOf(sample.images, form), filled(crop.box, sample)]}
}

/**
 * The second request of the mode `crop`, with the answer to the first as it was given and the picture inside its box.
 */
export function cropPrompt(
  sample: Sample,
  form: PromptForm,
  {crop, answer, picture}: {readonly crop: CropForm; readonly answer: string; readonly picture: ImageRef},
): Prompt {
  const earlier: Turn[] = [
    {role: 'user', parts: [...shownOf(sample.images, form), filled(crop.before, sample)]},
    {role: 'assistant', parts: [{type: 'text', text: answer}]},
  ]
  return {system: form.system ?? null, earlier, parts: [...shownOf([picture], form), filled(crop.after, sample)]}
}

/**
 * The prompts of one sample for a forecast: those of its requests. The second of the mode `crop` depends on an answer;
 * it is counted with a box of the usual length and with the whole picture, which no crop exceeds.
 */
export function foreseenPrompts(sample: Sample, mode: Mode, form: PromptForm): Prompt[] {
  const {crop} = form
  const [picture] = sample.images
  if (mode !== 'crop' || !crop || !picture) return [buildPrompt(sample, mode, form)]
  const answer = '[0.000, 0.000, 1.000, 1.000]'
  return [boxPrompt(sample, form, crop), cropPrompt(sample, form, {crop, answer, picture})]
}

function shownOf(images: readonly ImageRef[], {detail}: PromptForm): PromptPart[] {
  return images.map((image): PromptPart => ({type: 'image', image, ...(detail && {detail})}))
}

function filled(template: string, {question}: Sample): PromptPart {
  return {type: 'text', text: fill(template, {question, lower_question: question.toLowerCase()})}
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
