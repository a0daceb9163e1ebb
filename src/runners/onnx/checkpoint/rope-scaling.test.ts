// Expected values: the formulas of huggingface/transformers (modeling_rope_utils.py, _compute_yarn_parameters)
// evaluated in Python.
import {defaultFrequencies, ropeScalingOf} from './rope-scaling.js'

const qwen = {file: 'config.json', headDim: 128, ropeTheta: 1e6, maxPositions: 128_000}

it('reads the default under each of its names', () => {
  for (const rope of [{}, {type: 'mrope', mrope_section: [16, 24, 24]}, {rope_type: 'default', type: 'mrope'}])
    expect(ropeScalingOf(rope, qwen)).toBeNull()
})

it('computes YaRN as Qwen2.5-VL publishes it for long inputs', () => {
  const yarn = ropeScalingOf({type: 'yarn', factor: 4, original_max_position_embeddings: 32_768}, qwen)!
  expect(yarn.attentionFactor).toBeCloseTo(1.138629436111989, 14)
  const expected: [index: number, frequency: number][] = [
    [0, 1],
    [20, 0.01333521432163324],
    [23, 0.006978305848598663],
    [24, 0.005375321490790102],
    [30, 0.0010643609812470017],
    [38, 9.262301704129459e-5],
    [39, 6.490394320837028e-5],
    [40, 4.445698525097307e-5],
    [63, 3.102344401879299e-7],
  ]
  for (const [index, frequency] of expected) expect(yarn.frequencies[index]! / frequency).toBeCloseTo(1, 12)
})

it('takes the trained length from the config and the attention factor from the file', () => {
  const context = {...qwen, headDim: 16, maxPositions: 128}
  const yarn = ropeScalingOf({rope_type: 'yarn', factor: 4, attention_factor: 1.5}, context)!
  expect(yarn.attentionFactor).toBe(1.5)
  expect(yarn.frequencies[1]! / 0.11114246312743267).toBeCloseTo(1, 12)
})

it('divides all frequencies by a linear factor', () => {
  const linear = ropeScalingOf({type: 'linear', factor: 8}, qwen)!
  expect(linear).toEqual({
    name: 'linear',
    frequencies: defaultFrequencies(128, 1e6).map(frequency => frequency / 8),
    attentionFactor: 1,
  })
})
