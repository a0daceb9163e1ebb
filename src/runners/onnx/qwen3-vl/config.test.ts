import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {tinyOf, tinySizes, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {openCheckpoint} from '../checkpoint/checkpoint.js'
import {ropeAxes} from '../model/rope-axes.js'
import {visionPlan} from './vision-plan.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-qwen3-vl-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

type Config = Record<string, unknown> & {text_config: object; vision_config: object}

let made = 0
/** A Qwen3-VL checkpoint with another config.json. */
async function checkpointWith(change: (config: Config) => object, tied = true): Promise<string> {
  const text = {...tinySizes.text, ...tinyOf['qwen3_vl']!.text, tied}
  const dir = await writeTinyCheckpoint(join(folder, String(made++)), {...tinyOf['qwen3_vl'], text})
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))))
  return dir
}
const inText = (more: object) => (config: Config) => ({...config, text_config: {...config.text_config, ...more}})
const inVision = (more: object) => (config: Config) => ({...config, vision_config: {...config.vision_config, ...more}})

describe('the head is tied', () => {
  const without = (root: boolean | undefined, text: boolean | undefined) => (config: Config) => ({
    ...config,
    tie_word_embeddings: root,
    text_config: {...config.text_config, tie_word_embeddings: text},
  })
  it.each<[what: string, root: boolean | undefined, text: boolean | undefined]>([
    ['if the root says so', true, undefined],
    ['if text_config says so', undefined, true],
    ['if the two disagree', false, true],
    ['if no head was saved', undefined, undefined],
  ])('%s', async (_what, root, text) => {
    expect((await openCheckpoint(await checkpointWith(without(root, text)))).text.tied).toBe(true)
  })
  it('unless a head was saved and no flag says so', async () => {
    expect((await openCheckpoint(await checkpointWith(without(undefined, false), false))).text.tied).toBe(false)
  })
})

it('the size of a head is a key of its own', async () => {
  const {text} = await openCheckpoint(await checkpointWith(config => config))
  expect([text.headDim, text.hidden / text.heads]).toEqual([32, 16])
})

describe('biases of attention', () => {
  const biasesOf = async (attention_bias: boolean) => {
    const text = {...tinySizes.text, ...tinyOf['qwen3_vl']!.text, attentionBiases: ['q', 'k', 'v', 'o'] as const}
    const dir = await writeTinyCheckpoint(join(folder, String(made++)), {...tinyOf['qwen3_vl'], text})
    const file = join(dir, 'config.json')
    writeFileSync(file, JSON.stringify(inText({attention_bias})(JSON.parse(readFileSync(file, 'utf8')))))
    const {tensors, assumed} = await openCheckpoint(dir)
    return {found: [...tensors.keys()].filter(name => /^model\..*bias$/.test(name)).length, assumed}
  }
  it('are read where the config says so', async () => {
    expect(await biasesOf(true)).toEqual({found: 8, assumed: []})
  })
  it('are left alone otherwise, and that is said', async () => {
    expect(await biasesOf(false)).toEqual({
      found: 0,
      assumed: [expect.stringMatching(/^8 tensors of the weights are not part/)],
    })
  })
})

it.each<[what: string, change: (config: Config) => object, message: string]>([
  ['sections one after another', inText({rope_scaling: {mrope_interleaved: false}}), 'mrope_interleaved false'],
  ['another activation in the tower', inVision({hidden_act: 'silu'}), 'vision_config.hidden_act "silu"'],
  ['patches of 14 pixels', inVision({patch_size: 14}), '14 x 2 pixels a side is not one of Qwen3-VL (16 x 2)'],
  ['positions that are no square', inVision({num_position_embeddings: 15}), '15 is not the square of a whole number'],
  ['a level of a block that is not there', inVision({deepstack_visual_indexes: [0, 9]}), '[0, 9] are not distinct'],
  ['more levels than layers', inVision({deepstack_visual_indexes: [0, 1, 2]}), '3 entries, the decoder 2 layers'],
])('refuses %s', async (_what, change, message) => {
  await expect(openCheckpoint(await checkpointWith(change))).rejects.toThrow(message)
})

it('interleaves time, row and column as published for (24, 20, 20)', () => {
  const axes = ropeAxes({headDim: 128, mropeSection: [24, 20, 20], mropeInterleaved: true})
  const of = (axis: number) => [...axes.keys()].filter(j => axes[j] === axis)
  expect(of(1)).toEqual(Array.from({length: 20}, (_, i) => 1 + 3 * i))
  expect(of(2)).toEqual(Array.from({length: 20}, (_, i) => 2 + 3 * i))
  expect(of(0).slice(-5)).toEqual([57, 60, 61, 62, 63])
})

it('the corners of a picture lie on the corners of the table of positions', async () => {
  const {vision} = await openCheckpoint(await checkpointWith(config => config))
  const plan = visionPlan({rows: 6, columns: 10}, vision as Parameters<typeof visionPlan>[1])
  const value = (name: string, n: number) => plan[name]!.values[n]!
  const at = (n: number) =>
    ['upper.left', 'upper.right', 'lower.left', 'lower.right'].flatMap(corner =>
      value(`share.${corner}`, n) === 0 ? [] : [[value(`position.${corner}`, n), value(`share.${corner}`, n)]],
    )
  expect([at(0), at(59)]).toEqual([[[0, 1]], [[15, 1]]])
  for (let n = 0; n < 60; n++) expect(at(n).reduce((sum, [, share]) => sum + share!, 0)).toBeCloseTo(1, 6)
})
