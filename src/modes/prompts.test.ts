import type {Sample} from '../core/sample.js'
import {answerContract, blinkDisclaimer, buildPrompt, modeLines, type PromptStyle, promptStyles} from './prompts.js'

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
const textOf = (sample: Sample, style: PromptStyle) =>
  buildPrompt(sample, 'latent', style)
    .parts.map(part => (part.type === 'text' ? part.text : '[image]'))
    .join('')

// The literal strings of design/benchmarks.md 2.5 and 3.5, which come from running the peers' own code.
const blink: Record<PromptStyle, string> = {
  official: 'Is the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
  lantern: 'Is the car beneath the cat?\nOptions:\nA. yes\nB. no\n',
  vlmevalkit:
    'Question: Is the car beneath the cat?\nOptions:\nA. yes\nB. no\nPlease select the correct answer from the options above. \n',
  lmms: 'Note: You only need to respond with A, B without providing any additional information.\nIs the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
}
const vstar: Partial<Record<PromptStyle, string>> = {
  lantern: 'What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather',
  vlmevalkit:
    'Question: What is the material of the glove?\nOptions:\nA. rubber\nB. cotton\nC. kevlar\nD. leather\nPlease select the correct answer from the options above. \n',
  lmms: "What is the material of the glove?\nA. rubber\nB. cotton\nC. kevlar\nD. leather\nAnswer with the option's letter from the given choices directly.\nAnswer with the option's letter from the given choices directly.",
}

describe('prompt styles', () => {
  it.each(promptStyles)('writes a BLINK question as %s does', style => {
    expect(textOf(spatial, style)).toContain(blink[style])
  })

  it.each(Object.keys(vstar) as PromptStyle[])('writes a V* question as %s does', style => {
    expect(textOf(glove, style)).toContain(vstar[style])
  })

  it('puts pictures after the text in the official BLINK style and before it elsewhere', () => {
    expect(buildPrompt(spatial, 'direct', 'official').parts.map(part => part.type)).toEqual(['text', 'image'])
    expect(buildPrompt(spatial, 'direct', 'lantern').parts.map(part => part.type)).toEqual(['image', 'text'])
  })

  it('puts the disclaimer before the three subtasks of the official evaluation only', () => {
    expect(textOf({...spatial, subtask: 'Jigsaw'}, 'official')).toContain(blinkDisclaimer.text)
    expect(textOf(spatial, 'official')).not.toContain(blinkDisclaimer.text)
    expect(textOf({...spatial, subtask: 'Jigsaw'}, 'lantern')).not.toContain(blinkDisclaimer.text)
  })

  it('builds the official question from the options when the data have no prompt column', () => {
    const {officialPrompt: _, ...bare} = spatial
    expect(textOf(bare, 'official')).toContain(blink.official)
  })

  it('refuses a style that has no form for a benchmark', () => {
    expect(() => buildPrompt({...glove, benchmark: 'viscot'}, 'direct', 'lmms')).toThrow('no form for viscot')
  })

  it('leaves braces in a question as they are', () => {
    expect(textOf({...glove, question: 'What is {options}?'}, 'lantern')).toContain('What is {options}?')
  })
})

describe('modes', () => {
  it('end with the same answer contract in every mode and style', () => {
    for (const style of promptStyles) {
      for (const mode of ['direct', 'text-cot', 'latent'] as const) {
        const text = buildPrompt(spatial, mode, style).parts.find(part => part.type === 'text')!
        expect(
          text.type === 'text' &&
            text.text.endsWith(`\n${modeLines[mode]}${modeLines[mode] && '\n'}${answerContract.choice}`),
        ).toBe(true)
      }
    }
  })

  it('ask for the answer itself where there are no options', () => {
    const {options: _o, letters: _l, ...open} = glove
    expect(textOf({...open, benchmark: 'viscot'}, 'official')).toContain(answerContract.open)
  })
})
