import {blink} from '../benchmarks/blink.js'
import {hops} from '../benchmarks/hops.js'
import {viscot} from '../benchmarks/viscot.js'
import {vstar} from '../benchmarks/vstar.js'
import {type Mode, modes} from '../core/generation.js'
import {type PromptForm, type PromptStyle, promptStyles} from '../core/prompt-form.js'
import type {Sample} from '../core/sample.js'
import {
  answerContract,
  askedForm,
  buildPrompt,
  modeLines,
  type OwnPrompt,
  promptFormOf,
  promptsSha256,
} from './prompts.js'

const image = {source: 'a.png', orientation: 'ignore' as const, bytes: async () => new Uint8Array()}
const spatial: Sample = {
  id: 'val_Spatial_Relation_1',
  benchmark: 'blink',
  subtask: 'Spatial_Relation',
  images: [image],
  question: 'Is the car beneath the cat?',
  officialPrompt: 'Is the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
  options: ['yes', 'no'],
  letters: ['A', 'B'],
  gold: 'B',
}
const glove: Sample = {
  id: '0',
  benchmark: 'vstar',
  subtask: 'direct_attributes',
  images: [image],
  question: 'What is the material of the glove?',
  options: ['rubber', 'cotton', 'kevlar', 'leather'],
  letters: ['A', 'B', 'C', 'D'],
  gold: 'A',
}
const benchmarks = {blink, vstar, viscot, hops}
const formFor = ({benchmark}: Sample, style: PromptStyle) =>
  promptFormOf(benchmarks[benchmark as keyof typeof benchmarks], style)
const written = (sample: Sample, form: PromptForm, mode: Mode = 'latent') =>
  buildPrompt(sample, mode, form)
    .parts.map(part => (part.type === 'text' ? part.text : '[image]'))
    .join('')
const textOf = (sample: Sample, style: PromptStyle) => written(sample, formFor(sample, style))
const sent = (sample: Sample, mode: Mode, style: PromptStyle) => written(sample, formFor(sample, style), mode)

// The literal strings of design/benchmarks.md 2.5 and 3.5, which come from running the peers' own code. What arrives at
// an endpoint under each recipe is held in src/cli/recipes.test.ts.
const fromPrompt = 'Is the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no'
const asLantern = 'Is the car beneath the cat?\nOptions:\nA. yes\nB. no\n'
const asVlmEvalKit =
  'Question: Is the car beneath the cat?\nOptions:\nA. yes\nB. no\nPlease select the correct answer from the options above. \n'
const instruction = "Answer with the option's letter from the given choices directly."
const blinkText: Partial<Record<PromptStyle, string>> = {
  'lantern-eval': fromPrompt,
  lantern: asLantern,
  lvr: `${asLantern}\n${instruction}`,
  vlmevalkit: asVlmEvalKit,
  'vlmevalkit-one-picture': asVlmEvalKit,
  lmms: `Note: You only need to respond with A, B without providing any additional information.\n${fromPrompt}`,
  laser: `${asLantern}${instruction} Give your final answer in <answer>X</answer> format.`,
  realvr: `${fromPrompt}\nAnswer with the option letter directly. Put the final answer in <answer>...</answer>.`,
  mull: `${fromPrompt}\nPlease think about this question deeply. It's encouraged to include self-reflection or verification in the reasoning process. Provide your final answer between the <answer> </answer> tags. Please provide only the single option letter (e.g., A, B, C, D, etc.) within the <answer> </answer> tags.`,
  lavit: fromPrompt,
  'blink-official': fromPrompt,
  'blink-official-one-picture': fromPrompt,
}
const asLmms = `What is the material of the glove?\nA. rubber\nB. cotton\nC. kevlar\nD. leather\n${instruction}`
const vstarText: Partial<Record<PromptStyle, string>> = {
  lantern: 'What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather',
  lvr: `What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\n${instruction}\n${instruction}`,
  vlmevalkit:
    'Question: What is the material of the glove?\nOptions:\nA. rubber\nB. cotton\nC. kevlar\nD. leather\nPlease select the correct answer from the options above. \n',
  lavit: `What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\n${instruction}`,
  lmms: `${asLmms}\n${instruction}`,
  'lmms-reasoning': asLmms,
  'vstar-official': 'What is the material of the glove?',
}

describe('prompt styles', () => {
  const peersOf = (bench: 'blink' | 'vstar') =>
    promptStyles.filter(style => style !== 'lantern-eval' && benchmarks[bench].prompts[style])

  it.each(peersOf('blink'))('sends of a BLINK question exactly what %s does, in every mode', style => {
    for (const mode of modes) {
      const shown = formFor(spatial, style).images === 'first' ? ['[image]', ''] : ['', '[image]']
      expect(sent(spatial, mode, style)).toBe(shown.join(blinkText[style]))
    }
  })

  it.each(peersOf('vstar'))('sends of a V* question exactly what %s does, in every mode', style => {
    for (const mode of modes) expect(sent(glove, mode, style)).toBe(`[image]${vstarText[style]}`)
  })

  it('sends LanteRn’s four options as they stand in its file', () => {
    const prompt = 'What colour?\nOptions:\nA. red\nB) blue'
    const item = {...glove, benchmark: 'viscot', options: ['red', 'blue'], letters: ['A', 'B'], officialPrompt: prompt}
    expect(sent(item, 'direct', 'lantern')).toBe(`[image]${prompt}`)
    // In another order of the options there is no prompt of the file any more.
    const moved = {...item, question: 'What colour?', options: ['blue', 'red'], officialPrompt: undefined}
    expect(sent(moved, 'direct', 'lantern')).toBe('[image]What colour?\nOptions:\nA. blue\nB. red')
  })

  it('writes a BLINK question of our own style as the official evaluation does', () => {
    expect(textOf(spatial, 'lantern-eval')).toContain(fromPrompt)
  })

  it('puts pictures after the text as the official BLINK does, and before it elsewhere', () => {
    const order = (style: PromptStyle) =>
      buildPrompt(spatial, 'direct', formFor(spatial, style)).parts.map(part => part.type)
    expect(order('lantern-eval')).toEqual(['text', 'image'])
    expect(order('lantern')).toEqual(['image', 'text'])
  })

  it('puts the disclaimer before the three subtasks of the official evaluation only', () => {
    const disclaimer =
      /^Disclaimer: This is not to make unfair assumptions .* the information I gave you\.\n\nIs the car/
    for (const subtask of ['Forensic_Detection', 'Jigsaw', 'Art_Style'])
      expect(textOf({...spatial, subtask}, 'lantern-eval')).toMatch(disclaimer)
    expect(textOf(spatial, 'lantern-eval')).not.toContain('Disclaimer')
    expect(textOf({...spatial, subtask: 'Jigsaw'}, 'lantern')).not.toContain('Disclaimer')
  })

  it('builds the official question from the options when the data have no prompt column', () => {
    const {officialPrompt: _, ...bare} = spatial
    expect(textOf(bare, 'lantern-eval')).toContain(fromPrompt)
  })

  it('refuses a style that has no form for a benchmark', () => {
    expect(() => promptFormOf(viscot, 'lmms')).toThrow('no form for viscot')
  })

  it('leaves braces in a question as they are', () => {
    expect(textOf({...glove, question: 'What is {options}?'}, 'lantern')).toContain('What is {options}?')
  })
})

describe('modes', () => {
  it('end with the same answer contract in every mode and benchmark', () => {
    for (const {id: benchmark} of Object.values(benchmarks)) {
      for (const mode of ['direct', 'text-cot', 'latent'] as const) {
        const sample = {...spatial, benchmark}
        const text = buildPrompt(sample, mode, formFor(sample, 'lantern-eval')).parts.find(
          part => part.type === 'text',
        )!
        expect(
          text.type === 'text' &&
            text.text.endsWith(`\n${modeLines[mode]}${modeLines[mode] && '\n'}${answerContract.choice}`),
        ).toBe(true)
      }
    }
  })

  it('ask for the answer itself where there are no options', () => {
    const {options: _o, letters: _l, ...open} = glove
    expect(textOf({...open, benchmark: 'viscot'}, 'lantern-eval')).toContain(answerContract.open)
  })

  it('add nothing to a style that is sent exactly, which may have a system prompt', () => {
    const exact: PromptForm = {...vstar.prompts.lantern!, exact: true, system: 'Think first.'}
    for (const mode of ['direct', 'text-cot', 'latent'] as const) {
      const {system, parts} = buildPrompt(glove, mode, exact)
      expect([system, parts.at(-1)]).toEqual(['Think first.', {type: 'text', text: vstarText.lantern}])
    }
  })
})

describe('an own prompt', () => {
  const own = (prompt: OwnPrompt, style: PromptStyle = 'lantern-eval') => askedForm(blink, style, prompt)

  it('stands in place of the texts of the style, with nothing of ours', () => {
    const template = '{{ subtask }}|{{ question }}|{{ options | join(",") }}|{{ letters | join("") }}|{{ prompt }}'
    const text = `Spatial_Relation|Is the car beneath the cat?|yes,no|AB|${fromPrompt}`
    for (const mode of modes) expect(written(spatial, own({template}), mode)).toBe(`${text}[image]`)
  })

  it('of a definition is followed by the line of the mode and the answer contract', () => {
    const form: PromptForm = {template: 'Q: {{ question }}', text: '', option: '', images: 'first'}
    const lines = ['[image]Q: Is the car beneath the cat?', modeLines.direct, answerContract.choice]
    expect(written(spatial, form, 'direct')).toBe(lines.join('\n'))
    expect(promptsSha256(form)).not.toBe(promptsSha256({...form, exact: true}))
  })

  it('may ask for our own lines', () => {
    const form = own({template: '{{ question }}\n{{ mode_line }}\n{{ contract }}'})
    expect(written(spatial, form, 'text-cot')).toBe(
      `Is the car beneath the cat?\n${modeLines['text-cot']}\n${answerContract.choice}[image]`,
    )
  })

  it('may be a system message or stop strings alone, over those of the style', () => {
    expect(own({system: 'Think.', stop: ['\n']}, 'lantern')).toEqual({
      ...blink.prompts.lantern,
      system: 'Think.',
      stop: ['\n'],
    })
    expect(buildPrompt(glove, 'direct', askedForm(vstar, 'lmms-reasoning', {system: ''})).system).toBe('')
  })
})

describe('the hash for the lock', () => {
  const form = blink.prompts['lantern-eval']

  it('is that of the strings that can reach a model, each of them', () => {
    const changed: Partial<PromptForm>[] = [
      {text: '{prompt}.'},
      {fallback: '{question}'},
      {option: '{letter}) {text}'},
      {images: 'first'},
      {preamble: {subtasks: ['Jigsaw'], text: 'Note.'}},
      {system: 'Think.'},
      {exact: true},
      {stop: ['\n']},
      {template: '{{ question }}'},
      {detail: 'low'},
      {join: {margin: 10, align: 'centre'}},
      {lastOption: '{text}'},
      {losesBracketedOptions: true},
    ]
    const hashes = [form, ...changed.map(change => ({...form, ...change}))].map(promptsSha256)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('does not depend on limits of tokens, which the lock records by themselves', () => {
    expect(promptsSha256({...form, maxNewTokens: {direct: 1}})).toBe(promptsSha256(form))
  })
})
