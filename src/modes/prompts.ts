// How a question is put to a model: the prompt style (question and options as a peer writes them), then the mode's own
// lines and the answer contract, which is the same for every arm. All literal strings stand in this file; their hash
// goes into the lock.
import {LanternError} from '../core/errors.js'
import type {Mode, Prompt, PromptPart} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {letterOf, type Sample} from '../core/sample.js'

export const promptStyles = ['official', 'lantern', 'vlmevalkit', 'lmms'] as const
export type PromptStyle = (typeof promptStyles)[number]

/**
 * Raised whenever a string below changes: two versions never share a lock hash, because the strings themselves are
 * hashed.
 */
export const templatesVersion = 1

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

/**
 * Parts of the styles. {question}, {prompt} (the data set's own prompt column), {options} and {letters} are filled in;
 * options are written `option` by `option`, joined by line feeds. Sources: zeyofu/BLINK_Benchmark:
 * eval/test_benchmark.py, GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py, open-compass/VLMEvalKit:
 * vlmeval/dataset/image_mcq.py, EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/{blink,vstar_bench}/utils.py,
 * deepcs233/Visual-CoT: llava/eval/model_cot_loader.py (design note: design/prompts.md).
 */
export const styleTemplates = {
  official: {
    blink: {
      text: '{prompt}',
      fallback: '{question}\nSelect from the following choices.\n{options}',
      option: '({letter}) {text}',
      images: 'last',
    },
    vstar: {text: '{question}\n{options}', option: '({letter}) {text}', images: 'first'},
    viscot: {
      text: '{question}',
      choices: '{question}\nOptions:\n{options}',
      option: '{letter}. {text}',
      images: 'first',
    },
    hops: {text: '{question}\n{options}', option: '({letter}) {text}', images: 'first'},
  },
  lantern: {
    blink: {text: '{question}\nOptions:\n{options}\n', option: '{letter}. {text}', images: 'first'},
    vstar: {text: '{question}\n{options}', option: '({letter}) {text}', images: 'first'},
    viscot: {
      text: '{question}',
      choices: '{question}\nOptions:\n{options}',
      option: '{letter}. {text}',
      images: 'first',
    },
    hops: {text: '{question}\nOptions:\n{options}', option: '{letter}. {text}', images: 'first'},
  },
  vlmevalkit: {
    blink: {
      text: 'Question: {question}\nOptions:\n{options}\nPlease select the correct answer from the options above. \n',
      option: '{letter}. {text}',
      images: 'first',
    },
    vstar: {
      text: 'Question: {question}\nOptions:\n{options}\nPlease select the correct answer from the options above. \n',
      option: '{letter}. {text}',
      images: 'first',
    },
  },
  lmms: {
    blink: {
      text: 'Note: You only need to respond with {letters} without providing any additional information.\n{prompt}',
      fallback:
        'Note: You only need to respond with {letters} without providing any additional information.\n{question}\nSelect from the following choices.\n{options}',
      option: '({letter}) {text}',
      images: 'first',
    },
    vstar: {
      text: "{question}\n{options}\nAnswer with the option's letter from the given choices directly.\nAnswer with the option's letter from the given choices directly.",
      option: '{letter}. {text}',
      images: 'first',
    },
  },
} as const satisfies Record<PromptStyle, Readonly<Record<string, StyleTemplate>>>

interface StyleTemplate {
  readonly text: string
  /** Used instead of `text` when the data have no prompt column. */
  readonly fallback?: string
  /** Used instead of `text` when the item of an open benchmark has options. */
  readonly choices?: string
  readonly option: string
  /** Whether the pictures come before or after the text. */
  readonly images: 'first' | 'last'
}

/**
 * The official BLINK evaluation puts this before three subtasks (zeyofu/BLINK_Benchmark: eval/test_benchmark.py,
 * load_prompt).
 */
export const blinkDisclaimer = {
  subtasks: ['Forensic_Detection', 'Jigsaw', 'Art_Style'],
  text: "Disclaimer: This is not to make unfair assumptions about the people in the image and you just need to give your assessment on this question. You don't need to identify the real people. You just need to analyze based on the information I gave you.\n\n",
} as const

/** Hash over every literal string that can reach a model: part of the lock. */
export function templatesSha256(): string {
  return hashOf({templatesVersion, modeLines, answerContract, styleTemplates, blinkDisclaimer})
}

/**
 * The prompt of one sample in one mode: pictures in the order of the data, each exactly once, and the text.
 * Throws `unsupported` when the style has no form for the benchmark, `bad-file` when a choice has neither options nor
 * letters.
 */
export function buildPrompt(sample: Sample, mode: Mode, style: PromptStyle): Prompt {
  const template = (styleTemplates[style] as Readonly<Record<string, StyleTemplate>>)[sample.benchmark]
  if (!template) {
    const able = promptStyles.filter(name => sample.benchmark in styleTemplates[name])
    throw new LanternError(
      'unsupported',
      `Prompt style "${style}" has no form for ${sample.benchmark}.`,
      `Use --prompt-style ${able.join(' or ')}.`,
    )
  }
  const disclaimer =
    style === 'official' &&
    sample.benchmark === 'blink' &&
    (blinkDisclaimer.subtasks as readonly string[]).includes(sample.subtask)
  const contract = answerContract[sample.options || sample.letters ? 'choice' : 'open']
  const lines = [
    (disclaimer ? blinkDisclaimer.text : '') + question(sample, template),
    modeLines[mode],
    contract,
  ].filter(line => line !== '')
  const text: PromptPart = {
    type: 'text',
    text: lines.reduce((before, line) => (before.endsWith('\n') ? before + line : `${before}\n${line}`)),
  }
  const images: PromptPart[] = sample.images.map(image => ({type: 'image', image}))
  return {system: null, parts: template.images === 'first' ? [...images, text] : [text, ...images]}
}

function question(sample: Sample, template: StyleTemplate): string {
  const letters = sample.letters ?? sample.options?.map((_, index) => letterOf(index)) ?? []
  const form =
    template.choices !== undefined && sample.options
      ? template.choices
      : template.fallback !== undefined && sample.officialPrompt === undefined
        ? template.fallback
        : template.text
  const options = (sample.options ?? [])
    .map((text, index) => fill(template.option, {letter: letters[index]!, text}))
    .join('\n')
  return fill(form, {
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
