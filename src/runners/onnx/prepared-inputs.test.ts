// What the tokenizer gets of a prompt that a protocol changes. How prompts run is tested with the engine.
import {plainDecoding} from '../../modes/latent-machine.js'
import {machineOf} from './machines.js'
import {editOf, PreparedInputs, type PromptTools} from './prepared-inputs.js'

const turns = [
  '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n',
  '<|im_start|>user\nIs it red?<|im_end|>\n',
  '<|im_start|>assistant\n',
]
const markers = ['<|latent_start|>', '<|latent_pad|>', '<|latent_end|>']
/** A marker is a token, and so is every other sign. */
const tokenizer = {
  encode: (text: string) =>
    Array.from(text.matchAll(/<\|latent_(?:start|pad|end)\|>|./gs), ([token]) =>
      markers.includes(token) ? markers.indexOf(token) : 1000 + token.charCodeAt(0),
    ),
}
const decoded = (ids: readonly number[]) => ids.map(id => markers[id] ?? String.fromCharCode(id - 1000)).join('')
const checkpoint = {dir: 'DIR', latent: null, ids: {image: -1}, vision: {merge: 2}, text: {hidden: 1, deepstack: 0}}
const tools = {
  model: {checkpoint, embed: (ids: readonly number[]) => new Float32Array(ids.length)},
  tokenizer,
  template: async () => turns.join(''),
} as unknown as PromptTools
const request = {prompt: {system: null, parts: [{type: 'text', text: 'Is it red?'}]}} as const

test('Mull-Tokens deletes the end of every turn and writes its prefix, as its README does', async () => {
  const arm = {id: 'a', model: 'm', mode: 'latent', protocol: 'mull', latentSize: null, intervention: 'own'} as const
  const machine = machineOf({arm}, {checkpoint, tokenizer})
  const {ids} = await new PreparedInputs(tools).input(request, editOf(machine))
  expect(decoded(ids)).toBe(
    `<|im_start|>system\nYou are a helpful assistant.<|im_start|>user\nIs it red?<|im_start|>assistant\n<think>${'<|latent_pad|>'.repeat(20)}</think>\n`,
  )
})

test('another arm of the same sample keeps the prompt as the template writes it', async () => {
  const inputs = new PreparedInputs(tools)
  await inputs.input(request, {prefix: [], deleted: ['<|im_end|>\n']})
  const {ids} = await inputs.input(request, editOf(plainDecoding({start: -1, pad: -1, end: -1})))
  expect(decoded(ids)).toBe(turns.join(''))
})
