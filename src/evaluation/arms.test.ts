import {blink} from '../benchmarks/blink.js'
import {viscot} from '../benchmarks/viscot.js'
import {vstar} from '../benchmarks/vstar.js'
import {promptFormOf} from '../modes/prompts.js'
import type {ModelIdentity} from '../runners/runner.js'
import {armsOf, maxNewTokensOf} from './arms.js'

const checkpoint = {ref: 'm', observesLatents: true, latent: {protocol: 'lantern', size: 8}} as ModelIdentity
const endpoint = {ref: 'openai:m', observesLatents: false, latent: null} as ModelIdentity

test('a checkpoint with latent tokens runs in latent mode, anything else in direct mode', () => {
  expect(armsOf(checkpoint, {interventions: ['own']}).map(({id}) => id)).toEqual(['m|latent|lantern:8|own'])
  expect(armsOf(endpoint, {interventions: ['own']}).map(({id}) => id)).toEqual(['openai:m|direct'])
})

test('latent arms are multiplied by the interventions, others are not', () => {
  const arms = armsOf(checkpoint, {modes: ['latent', 'direct'], latentSizes: [4], interventions: ['own', 'zeros']})
  expect(arms.map(({id}) => id)).toEqual(['m|latent|lantern:4|own', 'm|latent|lantern:4|zeros', 'm|direct'])
})

test('latent arms are multiplied by the numbers of latents too, 0 among them', () => {
  const arms = armsOf(checkpoint, {latentSizes: [0, 2], interventions: ['own', 'zeros']})
  expect(arms.map(({latentSize, intervention}) => [latentSize, intervention])).toEqual([
    [0, 'own'],
    [0, 'zeros'],
    [2, 'own'],
    [2, 'zeros'],
  ])
})

test('limits of new tokens are those of the flag, else of the style, of the benchmark, of the house', () => {
  const limit = (benchmark: typeof blink, style: Parameters<typeof promptFormOf>[1], asked?: number) =>
    maxNewTokensOf(benchmark, promptFormOf(benchmark, style), 'direct', asked)
  expect(limit(vstar, 'lmms', 7)).toBe(7)
  expect([limit(vstar, 'lmms'), limit(vstar, 'lantern'), limit(blink, 'lmms')]).toEqual([16, 512, 1024])
  // Sentences of flickr30k do not fit into the 16 of a letter.
  expect([limit(viscot, 'lantern-eval'), limit(viscot, 'viscot-official')]).toEqual([128, 128])
  expect(limit(blink, 'lantern-eval')).toBe(16)
})

test('a protocol is checked before anything is opened or written', () => {
  expect(() => armsOf(checkpoint, {protocol: 'lanterm', interventions: ['own']})).toThrow(
    expect.objectContaining({code: 'usage'}),
  )
  expect(() => armsOf(checkpoint, {protocol: 'coconut', interventions: ['own']})).toThrow(
    expect.objectContaining({code: 'unsupported'}),
  )
})

test('an intervention needs latents within reach', () => {
  expect(() => armsOf(endpoint, {modes: ['latent'], interventions: ['zeros']})).toThrow(
    expect.objectContaining({code: 'unsupported'}),
  )
})
