import type {ModelIdentity} from '../runners/runner.js'
import {armsOf} from './arms.js'

const checkpoint = {ref: 'm', observesLatents: true, latent: {protocol: 'lantern', size: 8}} as ModelIdentity
const endpoint = {ref: 'openai:m', observesLatents: false, latent: null} as ModelIdentity

test('a checkpoint with latent tokens runs in latent mode, anything else in direct mode', () => {
  expect(armsOf(checkpoint, {interventions: ['own']}).map(({id}) => id)).toEqual(['m|latent|lantern:8|own'])
  expect(armsOf(endpoint, {interventions: ['own']}).map(({id}) => id)).toEqual(['openai:m|direct'])
})

test('latent arms are multiplied by the interventions, others are not', () => {
  const arms = armsOf(checkpoint, {modes: ['latent', 'direct'], latentSize: 4, interventions: ['own', 'zeros']})
  expect(arms.map(({id}) => id)).toEqual(['m|latent|lantern:4|own', 'm|latent|lantern:4|zeros', 'm|direct'])
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
