// How a method is recognised. What a folder must hold beside that is in checkpoint.test.ts.
import {latentTokens} from './latent-tokens.js'

const known = (...texts: string[]) => new Map(texts.map((text, i) => [text, 100 + i]))
const named = (name: string) => known(`<|${name}_start|>`, `<|${name}|>`, `<|${name}_end|>`)
const idsNamed = (name: string) => ({[`${name}_start_id`]: 100, [`${name}_id`]: 101, [`${name}_end_id`]: 102})
const found = (config: object, tokens: ReadonlyMap<string, number>) =>
  latentTokens(config as Readonly<Record<string, unknown>>, tokens, 1000, 'DIR')

test.each<[protocol: string, tokens: string, config: object, size: number]>([
  ['laser', 'laser', {}, 8],
  ['hylar', 'canvas', {canvas_token_num: 16}, 32],
  ['swimbird', 'latent', {max_latent_token: 4}, 8],
  ['univlr', 'univlr', {univlr_slots_per_block: 12}, 12],
  ['lvr', 'lvr', {}, 8],
])('%s is recognised by its tokens, and by the ids in config.json', (protocol, tokens, config, size) => {
  const ids = {start: 100, pad: 101, end: 102}
  expect(found(config, named(tokens))).toMatchObject({protocol, size, ids, recognisedBy: 'the tokenizer'})
  expect(found({...config, ...idsNamed(tokens)}, named(tokens))).toMatchObject({
    protocol,
    size,
    ids,
    recognisedBy: 'config.json',
  })
})

test('a size that was not found is told, and so are methods with the same tokens', () => {
  const {assumed} = found({}, known('<|latent_start|>', '<|latent_pad|>', '<|latent_end|>'))!
  expect(assumed).toEqual([
    '8 latents per block, the default of mirage: config.json gives no latent_size',
    'the protocol mirage, by its tokens: those of ilvr, mull are the same; choose with --protocol',
  ])
  expect(found({max_latent_token: 4}, named('latent'))!.assumed).toEqual([])
})

test('no method is recognised by only a part of its tokens', () => {
  expect(found({}, known('<|laser_start|>', '<|laser_end|>'))).toBeNull()
})
