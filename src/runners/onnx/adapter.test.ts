// A LoRA adapter and its base give the same tokens as weights that were merged before (in float64, by the test); what
// cannot be merged exactly is refused. The flag is tested where flags are.
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  editedCheckpoints,
  floats,
  type Json,
  type LoraSpec,
  sourcesOf,
  writeLora,
} from '../../../test/support/edited-checkpoints.js'
import {committedGoldens} from '../../../test/support/goldens.js'
import {startHubServer} from '../../../test/support/hub-server.js'
import {runnerOptions} from '../../../test/support/runner-options.js'
import {tinySizes, writeTinyCheckpoint} from '../../../test/support/tiny-checkpoint.js'
import type {LanternError} from '../../core/errors.js'
import type {Arm, Generation, Request} from '../../core/generation.js'
import {writeSafetensors} from '../../core/safetensors.js'
import {openRunner} from '../index.js'
import {openCheckpoint} from './checkpoint/checkpoint.js'
import {checkpointSha256} from './checkpoint/checkpoint-hash.js'
import {Engine} from './engine.js'
import {loadCheckpoint} from './load.js'
import type {Precision} from './types.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-adapter-'))
const base = join(folder, 'base')
const untied = join(folder, 'untied')
const cacheDir = join(folder, 'cache')
const {changed, having, without} = editedCheckpoints(join(folder, 'edited'))
beforeAll(async () => {
  mkdirSync(join(folder, 'edited'))
  await writeTinyCheckpoint(base)
  await writeTinyCheckpoint(untied, {text: {...tinySizes.text, tied: false}})
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const picture = readFileSync(join(committedGoldens, 'images', readdirSync(join(committedGoldens, 'images'))[0]!))

/** Two prompts, one of them with a picture, each answered directly and in latents. */
function requests(): Request[][] {
  const image = {source: 'picture', orientation: 'ignore' as const, bytes: async () => new Uint8Array(picture)}
  const arms: Arm[] = (['direct', 'latent'] as const).map(mode => ({
    id: mode,
    model: 'm',
    mode,
    protocol: null,
    latentSize: null,
    intervention: mode === 'latent' ? 'own' : null,
  }))
  return ['Where is it?', 'How many are there?'].map((question, i) => {
    const images = i === 0 ? [image] : []
    const sample = {id: String(i), benchmark: 'b', subtask: '', images, question, gold: null}
    const parts = [
      ...images.map(picture => ({type: 'image', image: picture}) as const),
      {type: 'text', text: question} as const,
    ]
    const decoding = {maxNewTokens: 16, temperature: 0, seed: 0}
    return arms.map(arm => ({sample, arm, prompt: {system: null, parts}, decoding}))
  })
}

async function answers(dir: string, adapter?: string, precision: Precision = 'fp32'): Promise<Record<string, unknown>> {
  const tools = await loadCheckpoint(dir, {
    precision,
    device: 'cpu',
    threads: 1,
    cacheDir,
    warn: () => {},
    ...(adapter !== undefined && {adapter}),
  })
  const engine = new Engine(tools, {batchSize: 2, keepLatents: false})
  async function* groups() {
    yield* requests()
  }
  const all: Generation[] = []
  for await (const generation of engine.generate(groups(), new AbortController().signal)) all.push(generation)
  await tools.model.close()
  return Object.fromEntries(
    all.map(({request, tokenIds, stop}) => [`${request.sample.id} ${request.arm.id}`, {tokenIds, stop}]),
  )
}

const attention = (layer: number) =>
  ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map(m => `model.layers.${layer}.self_attn.${m}`)
const everything = [
  ...[0, 1].flatMap(attention),
  ...['gate_proj', 'up_proj', 'down_proj'].map(name => `model.layers.0.mlp.${name}`),
  'visual.blocks.0.attn.qkv',
  'visual.blocks.1.mlp.down_proj',
  'visual.merger.mlp.2',
]
const layers = everything.slice(0, 4)
const newer = (name: string) =>
  `base_model.model.${name.replace(/^model\./, 'model.language_model.').replace(/^visual\./, 'model.visual.')}`

const kinds: [what: string, spec: LoraSpec, scaleOf: (target: string) => number][] = [
  ['on all linear layers', {targets: everything, rank: 4, alpha: 8}, () => 2],
  ['under the newer names', {targets: everything, rank: 4, alpha: 8, naming: newer}, () => 2],
  [
    'with the name of the adapter in the tensors',
    {
      targets: layers,
      rank: 2,
      alpha: 4,
      naming: name => `base_model.model.${name.replace(/lora_([AB])/, 'lora_$1.default')}`,
    },
    () => 2,
  ],
  ['with rank-stabilised scaling', {targets: layers, rank: 4, alpha: 3, config: {use_rslora: true}}, () => 1.5],
  [
    'with ranks and alphas of their own',
    {
      targets: layers,
      rank: 4,
      alpha: 4,
      ranks: {'model.layers.0.self_attn.q_proj': 2},
      config: {rank_pattern: {'layers.0.self_attn.q_proj': 2}, alpha_pattern: {q_proj: 6, k_proj: 8}},
    },
    target => (target.endsWith('q_proj') ? 3 : target.endsWith('k_proj') ? 2 : 1),
  ],
  [
    'with fan_in_fan_out, which peft ignores for linear layers',
    {targets: layers, rank: 4, alpha: 8, config: {fan_in_fan_out: true}},
    () => 2,
  ],
  [
    'with modules that were trained whole',
    {
      targets: layers,
      rank: 4,
      alpha: 8,
      whole: [
        floats(
          'model.norm.weight',
          [64],
          Float32Array.from({length: 64}, (_, i) => 0.5 + i / 64),
        ),
      ],
      config: {modules_to_save: ['norm']},
    },
    () => 2,
  ],
]

describe('an adapter', () => {
  let count = 0
  it.each(kinds)('%s gives the tokens of merged weights', async (_, spec, scaleOf) => {
    const {adapter, merged} = await writeLora(join(folder, `adapter-${count++}`), base, spec, scaleOf)
    const expected = await answers(merged)
    expect(await answers(base, adapter)).toEqual(expected)
    // And it does change the model.
    expect(await answers(base)).not.toEqual(expected)
  })

  it('on an untied head gives the tokens of merged weights', async () => {
    const spec = {targets: ['lm_head', ...layers], rank: 4, alpha: 8}
    const {adapter, merged} = await writeLora(join(folder, 'head'), untied, spec, () => 2)
    expect(await answers(untied, adapter)).toEqual(await answers(merged))
  })

  it('that was trained with more tokens brings both ends of the model', async () => {
    const ends = ['model.embed_tokens.weight', 'lm_head.weight'].map(name =>
      floats(
        name,
        [280, 64],
        Float32Array.from({length: 280 * 64}, (_, i) => Math.sin(i)),
      ),
    )
    const {adapter} = await writeLora(
      join(folder, 'ends'),
      base,
      {targets: layers, rank: 4, alpha: 8, whole: ends},
      () => 2,
    )
    const opened = await openCheckpoint(base, {adapter})
    expect(opened.text).toMatchObject({vocabulary: 280, tied: false})
    const all = await answers(base, adapter)
    expect(JSON.stringify(all)).not.toContain('error')
  })

  it('that is given alone finds its base, as a path and in the hub cache', async () => {
    const {adapter, merged} = await writeLora(
      join(folder, 'alone'),
      base,
      {targets: layers, rank: 4, alpha: 8},
      () => 2,
    )
    expect(await answers(adapter)).toEqual(await answers(merged))

    const hub = join(folder, 'hf', 'hub', 'models--owner--name')
    await writeTinyCheckpoint(join(hub, 'snapshots', 'abc'))
    mkdirSync(join(hub, 'refs'))
    writeFileSync(join(hub, 'refs', 'main'), 'abc')
    const named = changed(adapter, 'adapter_config.json', c => ({...c, base_model_name_or_path: 'owner/name'}))
    const opened = await openCheckpoint(named, {env: {HF_HOME: join(folder, 'hf')}})
    expect(opened).toMatchObject({dir: join(hub, 'snapshots', 'abc'), adapter: {dir: named}})
    await expect(openCheckpoint(named, {env: {HF_HOME: join(folder, 'nothing')}})).rejects.toMatchObject({
      code: 'data-absent',
      message: expect.stringMatching(/is a LoRA adapter; its base "owner\/name"/),
      suggestion: expect.stringMatching(/hub:owner\/name.*--model BASE --adapter/),
    })
  })

  it('is fetched from the hub where it is named so, and is the same model as from its folder', async () => {
    const {adapter} = await writeLora(join(folder, 'far'), base, {targets: layers, rank: 4, alpha: 8}, () => 2)
    const files = readdirSync(adapter).map(path => ({path, bytes: readFileSync(join(adapter, path)), lfs: true}))
    const hub = await startHubServer(files)
    try {
      const env = {HF_HOME: join(folder, 'fetched'), HF_ENDPOINT: hub.endpoint}
      const options = runnerOptions({common: {cacheDir, env, planOnly: true}})
      const hash = async (named: string) => {
        const session = await openRunner(base, {...options, local: {...options.local, adapter: named}})
        await session.close()
        return session.describe().sha256
      }
      expect(await hash('hub:owner/lora')).toBe(await hash(adapter))
    } finally {
      await hub.close()
    }
  })

  it('is part of the hash, so that neither the lock nor the cached weights confuse two adapters', async () => {
    const spec = {targets: layers, rank: 4, alpha: 8}
    const first = await writeLora(join(folder, 'first'), base, spec, () => 2)
    const second = changed(first.adapter, 'adapter_config.json', c => ({...c, lora_alpha: 16}))
    const hash = async (adapter?: string) =>
      checkpointSha256(await openCheckpoint(base, {...(adapter !== undefined && {adapter})}), cacheDir)
    expect(new Set([await hash(), await hash(first.adapter), await hash(second)]).size).toBe(3)
    for (const precision of ['fp32', 'q8'] as const) {
      const one = await answers(base, first.adapter, precision)
      expect(await answers(base, second, precision)).not.toEqual(one)
      expect(await answers(base, first.adapter, precision)).toEqual(one)
    }
  })

  it("brings its own tokenizer and template, and leaves the rest to the base's files", async () => {
    const {adapter} = await writeLora(join(folder, 'texts'), base, {targets: layers, rank: 4, alpha: 8}, () => 2)
    const template = `{# of the adapter #}${readFileSync(join(base, 'chat_template.jinja'), 'utf8')}`
    const own = having(adapter, {'chat_template.jinja': template})
    const {folders, adapter: opened, files} = await openCheckpoint(base, {adapter: own})
    expect([folders, opened!.dir]).toEqual([[own, base], own])
    expect(files).toContain(join(own, 'chat_template.jinja'))
    expect(files).toContain(join(base, 'tokenizer.json'))
  })
})

const plain = {targets: layers, rank: 4, alpha: 8}
const refused: [
  what: string,
  change: (config: Json) => Json,
  code: LanternError['code'],
  message: RegExp,
  wayOut: RegExp,
][] = [
  ['DoRA', c => ({...c, use_dora: true}), 'unsupported', /DoRA/, /merge_and_unload/],
  ['another kind of adapter', c => ({...c, peft_type: 'LOHA'}), 'unsupported', /peft_type "LOHA"/, /merge_and_unload/],
  ['PiSSA', c => ({...c, init_lora_weights: 'pissa_niter_16'}), 'unsupported', /pissa/, /merge_and_unload/],
  [
    'replicated layers',
    c => ({...c, layer_replication: [[0, 2]]}),
    'unsupported',
    /layer_replication/,
    /merge_and_unload/,
  ],
  ['LoRA biases', c => ({...c, lora_bias: true}), 'unsupported', /lora_bias/, /merge_and_unload/],
  [
    'a pattern',
    c => ({...c, alpha_pattern: {'.*q_proj': 3}}),
    'unsupported',
    /regular expressions/,
    /merge_and_unload/,
  ],
  ['a config without a rank', ({r, ...c}) => c, 'bad-checkpoint', /adapter_config\.json: r: /, /Fetch/],
  ['another rank', c => ({...c, r: 8}), 'bad-checkpoint', /has the rank 4, adapter_config\.json says 8/, /base/],
  ['no base', c => ({...c, base_model_name_or_path: null}), 'bad-checkpoint', /does not name its base/, /--adapter/],
]

describe('an adapter that cannot be merged', () => {
  let adapter: string
  beforeAll(async () => {
    adapter = (await writeLora(join(folder, 'plain'), base, plain, () => 2)).adapter
  })
  const failure = (dir: string, given?: string) =>
    openCheckpoint(dir, {...(given !== undefined && {adapter: given})}).then(
      () => null,
      (error: unknown) => error as LanternError,
    )

  it.each(refused)('because of %s is refused', async (_, change, code, message, wayOut) => {
    const error = await failure(changed(adapter, 'adapter_config.json', change))
    expect(error).toMatchObject({name: 'LanternError', code, message: expect.stringMatching(message)})
    expect(error!.suggestion).toMatch(wayOut)
  })

  it('because its base is another model is refused', async () => {
    const wide = await writeTinyCheckpoint(join(folder, 'wide'), {
      text: {...tinySizes.text, hidden: 32, heads: 2, kvHeads: 1},
    })
    expect(await failure(wide, adapter)).toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/do not fit model\.layers\.0\.self_attn\.q_proj\.weight \[32, 32\]/),
    })
  })

  it('because it changes one end of a tied model is refused', async () => {
    const {adapter: head} = await writeLora(
      join(folder, 'tied'),
      base,
      {...plain, targets: ['model.embed_tokens', ...layers]},
      () => 2,
    )
    expect(await failure(base, head)).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/one matrix for both ends/),
    })
  })

  it('because its base is an adapter itself is refused', async () => {
    const chained = changed(adapter, 'adapter_config.json', c => ({...c, base_model_name_or_path: adapter}))
    // Some trainers save the config of the base beside the adapter.
    const withConfig = having(adapter, {'config.json': readFileSync(join(base, 'config.json'))})
    const onThat = changed(chained, 'adapter_config.json', c => ({...c, base_model_name_or_path: withConfig}))
    for (const error of [await failure(onThat), await failure(adapter, chained)])
      expect(error).toMatchObject({code: 'unsupported', message: expect.stringMatching(/is an adapter itself/)})
  })

  it('because half of a pair is missing is refused', async () => {
    const half = having(adapter, {})
    const file = join(half, 'adapter_model.safetensors')
    await writeSafetensors(file, (await sourcesOf(join(adapter, 'adapter_model.safetensors'))).slice(1))
    expect(await failure(half)).toMatchObject({message: expect.stringMatching(/only one half is there/)})
  })

  it('because its weights are missing or no adapter is told', async () => {
    expect(await failure(without(adapter, 'adapter_model.safetensors'))).toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/is an adapter folder, but adapter_model\.safetensors is missing/),
    })
    expect(await failure(base, untied)).toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/is not a LoRA adapter/),
    })
  })
})
