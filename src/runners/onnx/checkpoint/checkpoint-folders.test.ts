// A folder that transformers loads is loaded to the same model, or refused with the reason and the way out
// (design/checkpoint-folders.md). Each case is a tiny checkpoint with one thing changed.

import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cpuWatch} from '../../../../test/support/cpu.js'
import {editedCheckpoints, floats, type Header, type Json} from '../../../../test/support/edited-checkpoints.js'
import {tinySizes, tokenId, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import type {LanternError} from '../../../core/errors.js'
import type {TensorSource} from '../../../core/safetensors.js'
import {loadPromptTools} from '../load.js'
import type {Checkpoint} from '../types.js'
import {openCheckpoint} from './checkpoint.js'
import {loadTokenizer} from './tokenizer.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-folders-'))
const good = join(folder, 'good')
const sharded = join(folder, 'sharded')
const untied = join(folder, 'untied')
const {copied, having, changed, without, folderOf, reheadered, rewritten} = editedCheckpoints(folder)
let goodTensors: string[]
beforeAll(async () => {
  await writeTinyCheckpoint(good)
  await writeTinyCheckpoint(sharded, {shards: 3})
  await writeTinyCheckpoint(untied, {text: {...tinySizes.text, tied: false}})
  goodTensors = [...(await openCheckpoint(good)).tensors.keys()].sort()
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

/** The config with its text part in `text_config`, as newer tools write it. */
const nested = (config: Json, text: Json) => {
  const {model_type, vision_config, ...rest} = config
  return {model_type, vision_config, text_config: {...rest, ...text}, ...pick(rest, /_id$|^latent/)}
}
const pick = (value: Json, names: RegExp) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => names.test(name)))
const renamed = (from: string, rename: (name: string) => string) =>
  rewritten(from, source => ({...source, name: rename(source.name)}))
const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 4242\n`

const readText = (dir: string, name: string) => readFileSync(join(dir, name), 'utf8')

type Expected = (checkpoint: Checkpoint) => void
const matches = (value: Json) => (checkpoint: Checkpoint) => expect(checkpoint).toMatchObject(value)

const read: [what: string, dir: () => string | Promise<string>, expected: Expected][] = [
  [
    'picture limits nested in processor_config.json',
    () =>
      having(without(good, 'preprocessor_config.json'), {
        'processor_config.json': {image_processor: {min_pixels: 4000, max_pixels: 50_000, image_std: [1, 1, 1]}},
      }),
    matches({image: {minPixels: 4000, maxPixels: 50_000, std: [1, 1, 1]}}),
  ],
  [
    'picture limits given as size',
    () => having(good, {'preprocessor_config.json': {size: {shortest_edge: 4000, longest_edge: 50_000}}}),
    matches({image: {minPixels: 4000, maxPixels: 50_000}}),
  ],
  [
    'picture limits given as pixels within size',
    () => having(good, {'preprocessor_config.json': {size: {min_pixels: 4000, max_pixels: 50_000}}}),
    matches({image: {minPixels: 4000, maxPixels: 50_000}}),
  ],
  [
    'a latent size of -1, for which the default of the method is assumed',
    () => changed(good, 'config.json', c => ({...c, latent_size: -1})),
    matches({latent: {size: 8}, assumed: [expect.stringMatching(/8 latents per block, the default of lantern/)]}),
  ],
  ...(
    [
      ['chat_template.json', (template: string) => ({chat_template: template})],
      ['processor_config.json', (template: string) => ({chat_template: template})],
      ['tokenizer_config.json', (template: string) => ({chat_template: template})],
      [
        'tokenizer_config.json',
        (template: string) => ({
          chat_template: [
            {name: 'rag', template: 'no'},
            {name: 'default', template},
          ],
        }),
      ],
      ['chat_template.json', (template: string) => ({chat_template: {default: template}})],
    ] as const
  ).map(([name, write], i): (typeof read)[number] => [
    `a template in ${name} (form ${i + 1})`,
    () => having(without(good, 'chat_template.jinja'), {[name]: write(readText(good, 'chat_template.jinja'))}),
    matches({architecture: 'qwen2_5_vl'}),
  ]),
  [
    'missing picture limits, which are assumed as published and said',
    () => without(good, 'preprocessor_config.json'),
    matches({
      image: {minPixels: 4 * 28 * 28, maxPixels: 16384 * 28 * 28},
      assumed: [expect.stringMatching(/picture limits 3136 to 12845056 pixels/), expect.stringMatching(/image_mean/)],
    }),
  ],
  [
    'one missing picture limit',
    () => having(good, {'preprocessor_config.json': {min_pixels: 4000}}),
    matches({
      image: {minPixels: 4000, maxPixels: 12_845_056},
      assumed: expect.arrayContaining([expect.stringMatching(/only one/)]),
    }),
  ],
  [
    'do_normalize false as values between 0 and 1',
    () => changed(good, 'preprocessor_config.json', c => ({...c, do_normalize: false, image_std: [0, 0, 0]})),
    matches({image: {mean: [0, 0, 0], std: [1, 1, 1]}}),
  ],
  [
    'end-of-sequence ids in text_config',
    () => changed(without(good, 'generation_config.json'), 'config.json', c => nested(c, {eos_token_id: [258, 256]})),
    matches({generation: {eos: [258, 256]}}),
  ],
  [
    'an end-of-sequence id at the root of config.json',
    () => changed(without(good, 'generation_config.json'), 'config.json', c => ({...c, eos_token_id: 258})),
    matches({generation: {eos: [258]}}),
  ],
  [
    'a tied head at the root against a stale nested one',
    () => changed(good, 'config.json', c => ({...nested(c, {tie_word_embeddings: false}), tie_word_embeddings: true})),
    matches({text: {tied: true}}),
  ],
  [
    'an untied head at the root against a stale nested one',
    () =>
      changed(untied, 'config.json', c => ({...nested(c, {tie_word_embeddings: true}), tie_word_embeddings: false})),
    matches({text: {tied: false}}),
  ],
  [
    'top_k -1 as all tokens',
    () => changed(good, 'generation_config.json', c => ({...c, top_k: -1, top_p: 0.9})),
    checkpoint => expect(checkpoint.generation).toEqual({eos: [258, 256], repetitionPenalty: 1, topP: 0.9}),
  ],
  [
    'settings of generate that are not done here, which is said',
    () => changed(good, 'generation_config.json', c => ({...c, num_beams: 4, no_repeat_ngram_size: 3, min_p: 0})),
    matches({assumed: ['generation_config.json asks for num_beams, no_repeat_ngram_size, which is not done here']}),
  ],
  [
    'mrope sections under the newer name',
    () =>
      changed(good, 'config.json', ({rope_scaling, rope_theta, ...c}) => ({
        ...c,
        rope_parameters: {rope_type: 'default', mrope_section: [4, 2, 2], rope_theta: 5e5},
      })),
    matches({text: {mropeSection: [4, 2, 2], ropeTheta: 5e5}}),
  ],
  [
    'YaRN',
    () =>
      changed(good, 'config.json', c => ({
        ...c,
        rope_scaling: {type: 'yarn', mrope_section: [2, 3, 3], factor: 4, original_max_position_embeddings: 32_768},
      })),
    matches({text: {ropeScaling: {name: 'yarn', attentionFactor: expect.closeTo(1.1386, 4)}}}),
  ],
  [
    'numbered shards without their index',
    () => without(sharded, 'model.safetensors.index.json'),
    matches({shards: 3, assumed: [expect.stringMatching(/3 numbered shards are the whole model/)]}),
  ],
  [
    'a complete model.safetensors beside an index, as transformers does',
    () =>
      having(good, {
        'model.safetensors.index.json': {weight_map: {'model.norm.weight': 'model-00001-of-00002.safetensors'}},
      }),
    matches({shards: 1, assumed: [expect.stringMatching(/beside it is not read/)]}),
  ],
  [
    'names without the outer model, as the inner model saves itself',
    () => renamed(good, name => (name.startsWith('visual.') ? name : name.replace(/^model\./, 'language_model.'))),
    checkpoint => expect([...checkpoint.tensors.keys()].sort()).toEqual(goodTensors),
  ],
  [
    'tokens that only added_tokens.json names',
    () => {
      const cut = changed(good, 'tokenizer.json', t => ({...t, added_tokens: t.added_tokens.slice(0, 5)}))
      return having(cut, {'added_tokens.json': Object.fromEntries(latentAndImage.map(text => [text, tokenId(text)]))})
    },
    matches({latent: {ids: {start: 263, pad: 264, end: 265}}}),
  ],
  [
    'tokens that only added_tokens_decoder names',
    () => {
      const cut = changed(good, 'tokenizer.json', t => ({...t, added_tokens: t.added_tokens.slice(0, 5)}))
      const decoder = Object.fromEntries(latentAndImage.map(content => [tokenId(content), {content, special: true}]))
      return changed(cut, 'tokenizer_config.json', c => ({...c, added_tokens_decoder: decoder}))
    },
    matches({latent: {ids: {start: 263, pad: 264, end: 265}}}),
  ],
  [
    'fewer layers than the weights have, which is said',
    () => changed(good, 'config.json', c => ({...c, num_hidden_layers: 1})),
    matches({
      text: {layers: 1},
      assumed: [expect.stringMatching(/\d+ tensors of the weights are not part of .* e\.g\. model\.layers\.1\./)],
    }),
  ],
  [
    'the value head of a trainer, which is said',
    () => rewritten(good, s => (s.name === q ? [s, floats('v_head.summary.weight', [1], new Float32Array(1))] : s)),
    matches({assumed: [expect.stringMatching(/1 tensors .* v_head\.summary\.weight/)]}),
  ],
  [
    'another number of tokens in config.json than in the weights, which is said',
    () => changed(good, 'config.json', c => ({...c, vocab_size: 1e6})),
    matches({text: {vocabulary: 272}, assumed: [expect.stringMatching(/272 tokens.*config\.json says 1000000/)]}),
  ],
]
const latentAndImage = ['<|image_pad|>', '<|video_pad|>', '<|lvr_start|>', '<|lvr_sep|>', '<|lvr_end|>']

describe('a checkpoint folder', () => {
  it.each(read)('reads %s', async (_, dir, expected) => {
    const checkpoint = await openCheckpoint(await dir())
    expected(checkpoint)
    // And prompts can be made with it.
    await loadPromptTools(checkpoint, {})
  })

  it('that gives everything leaves nothing to assume', async () => {
    expect((await openCheckpoint(good)).assumed).toEqual([])
  })

  it('encodes tokens of added_tokens.json as one id each', async () => {
    const cut = changed(good, 'tokenizer.json', t => ({...t, added_tokens: t.added_tokens.slice(0, 5)}))
    const dir = having(cut, {'added_tokens.json': {'<|image_pad|>': 261}})
    const tokenizer = await loadTokenizer([dir], null)
    expect(tokenizer.encode('a<|image_pad|>b')).toEqual([97, 261, 98])
  })

  it('is refused for pixel limits of the command line that no picture can have', async () => {
    const checkpoint = await openCheckpoint(good)
    await expect(loadPromptTools(checkpoint, {maxPixels: 1000})).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/At least 3136 pixels and at most 1000/),
    })
  })
})

const emptied = (source: TensorSource): TensorSource => floats(source.name, [0], new Float32Array(0))
const config = (change: (config: Json) => Json) => () => changed(good, 'config.json', change)
const pictures = (settings: Json) => () => changed(good, 'preprocessor_config.json', c => ({...c, ...settings}))
const rope = (scaling: Json) => config(c => ({...c, rope_scaling: {mrope_section: [2, 3, 3], ...scaling}}))
const quantised = (quantization_config: Json) => config(c => ({...c, quantization_config}))

function trainerOutput(step: (dir: string) => void): string {
  const dir = folderOf('trainer_state.json')
  for (const name of ['checkpoint-50', 'checkpoint-500']) {
    mkdirSync(join(dir, name))
    step(join(dir, name))
  }
  return dir
}
function bytesOf(from: string, name: string, bytes: number): string {
  const dir = copied(from)
  truncateSync(join(dir, name), bytes)
  return dir
}
function headerOf(text: string): string {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)))
  return having(good, {'model.safetensors': Buffer.concat([length, Buffer.from(text), Buffer.alloc(64)])})
}
const templated = (template: string) => () => having(good, {'chat_template.jinja': template})
const q = 'model.layers.1.self_attn.q_proj.weight'

const told: [
  what: string,
  dir: () => string | Promise<string>,
  code: LanternError['code'],
  message: RegExp,
  wayOut: RegExp,
][] = [
  [
    'the output of a training',
    () => trainerOutput(dir => writeFileSync(join(dir, 'model.safetensors'), '')),
    'bad-checkpoint',
    /output of a training.*the last with weights in checkpoint-500/,
    /Give .*checkpoint-500\./,
  ],
  [
    'the output of a training with DeepSpeed',
    () => trainerOutput(dir => writeFileSync(join(dir, 'zero_to_fp32.py'), '')),
    'unsupported',
    /output of a training; the last of its sub-folders, checkpoint-500, is a DeepSpeed checkpoint/,
    /zero_to_fp32\.py/,
  ],
  [
    'weights under another name',
    () => folderOf('config.json', 'consolidated.safetensors'),
    'bad-checkpoint',
    /a name that transformers does not read: consolidated\.safetensors/,
    /Rename/,
  ],
  [
    'a DeepSpeed checkpoint',
    () => having(folderOf('config.json'), {'zero_to_fp32.py': '', latest: 'global_step500', 'global_step500/x': ''}),
    'unsupported',
    /DeepSpeed checkpoint/,
    /python zero_to_fp32\.py \. merged --safe_serialization/,
  ],
  [
    "a DeepSpeed step's own folder",
    () => folderOf('zero_pp_rank_0_mp_rank_00_model_states.pt', 'zero_pp_rank_1_mp_rank_00_model_states.pt'),
    'unsupported',
    /training state of DeepSpeed \(zero_pp_rank/,
    /zero_to_fp32\.py in the folder above/,
  ],
  [
    'placeholders of ZeRO-3',
    () => rewritten(good, emptied),
    'bad-checkpoint',
    /has the shape \[0\]: DeepSpeed ZeRO-3 saved placeholders/,
    /zero_to_fp32\.py/,
  ],
  [
    'shards of verl',
    () => folderOf('config.json', 'model_world_size_2_rank_0.pt', 'model_world_size_2_rank_1.pt'),
    'unsupported',
    /FSDP training by verl/,
    /verl\.model_merger/,
  ],
  ['a GGUF file', () => folderOf('model-q4_k_m.gguf'), 'unsupported', /GGUF weights/, /llama-server/],
  [
    'a PyTorch pickle',
    () => folderOf('config.json', 'pytorch_model.bin'),
    'unsupported',
    /format other than safetensors/,
    /safe_serialization=True/,
  ],
  [
    'weights without a config.json',
    () => without(good, 'config.json'),
    'bad-checkpoint',
    /has weights but no config\.json/,
    /Copy config\.json/,
  ],
  [
    'a repository of the hub cache',
    () => having(folderOf(), {'snapshots/abc/config.json': {}, 'refs/main': 'abc'}),
    'bad-checkpoint',
    /a repository in the hub's cache/,
    /snapshots.abc/,
  ],
  ['AWQ weights', quantised({quant_method: 'awq', bits: 4}), 'unsupported', /quantised by AWQ/, /--precision q8 or q4/],
  ['GPTQ weights', quantised({quant_method: 'gptq'}), 'unsupported', /quantised by GPTQ/, /original checkpoint/],
  ['bitsandbytes weights', quantised({quant_method: 'bitsandbytes'}), 'unsupported', /bitsandbytes/, /openai:NAME/],
  ['FP8 weights', quantised({quant_method: 'fp8'}), 'unsupported', /quantised by FP8/, /original checkpoint/],
  [
    'FP8 weights without a quantization_config',
    () => reheadered(good, header => asBytes(header, q, 'F8_E4M3')),
    'unsupported',
    /quantised by FP8 \(model\.layers\.1\.self_attn\.q_proj\.weight\)/,
    /original checkpoint/,
  ],
  [
    'GPTQ weights without a quantization_config',
    () => renamed(good, name => (name === q ? name.replace(/weight$/, 'qweight') : name)),
    'unsupported',
    /GPTQ or AWQ/,
    /original checkpoint/,
  ],
  [
    'names of DataParallel',
    () => renamed(good, name => `module.${name}`),
    'bad-checkpoint',
    /named as DataParallel or DeepSpeed does, with "module\." in front/,
    /model\.module\.save_pretrained/,
  ],
  [
    'names of peft',
    () => renamed(good, name => `base_model.model.${name}`),
    'bad-checkpoint',
    /named as peft does/,
    /merge_and_unload/,
  ],
  [
    'names of another layout',
    () => renamed(good, name => name.replace(/^model\./, 'language_model.model.')),
    'bad-checkpoint',
    /"language_model\.model\." in front/,
    /Rename the tensors/,
  ],
  [
    'names of a class that holds the model',
    () => renamed(good, name => `policy.${name}`),
    'bad-checkpoint',
    /named as a class of its own does, with "policy\." in front/,
    /Rename the tensors without "policy\."/,
  ],
  [
    'an adapter that was saved with its base',
    () => rewritten(good, s => [s, ...(s.name === q ? [{...s, name: q.replace('weight', 'lora_A.weight')}] : [])]),
    'unsupported',
    /weights of a LoRA adapter/,
    /merge_and_unload/,
  ],
  [
    'one tensor under both names',
    () =>
      rewritten(good, s => [s, ...(s.name === q ? [{...s, name: q.replace('model.', 'model.language_model.')}] : [])]),
    'bad-checkpoint',
    /one tensor under two names, model\.layers\S+ and model\.language_model\./,
    /empty folder/,
  ],
  [
    'a stray model.safetensors beside the shards',
    () => {
      const dir = copied(sharded)
      writeFileSync(
        join(dir, 'model.safetensors'),
        Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]),
      )
      return dir
    },
    'bad-checkpoint',
    /holds model\.safetensors beside model\.safetensors\.index\.json, but the former lacks/,
    /Move model\.safetensors away/,
  ],
  [
    'a gap in numbered shards',
    () => without(sharded, 'model.safetensors.index.json', 'model-00002-of-00003.safetensors'),
    'bad-checkpoint',
    /of its 3 shards number 2 is missing/,
    /Fetch the missing shard/,
  ],
  [
    'a model and an adapter in one folder',
    () => having(good, {'adapter_config.json': {peft_type: 'LORA'}, 'adapter_model.safetensors': ''}),
    'bad-checkpoint',
    /holds a whole model and an adapter/,
    /Move adapter_config\.json/,
  ],
  [
    'a tensor in two shards',
    () => {
      const dir = copied(without(sharded, 'model.safetensors.index.json', 'model-00003-of-00003.safetensors'))
      renameSync(join(dir, 'model-00001-of-00003.safetensors'), join(dir, 'model-00001-of-00002.safetensors'))
      rmSync(join(dir, 'model-00002-of-00003.safetensors'))
      return having(dir, {'model-00002-of-00002.safetensors': readOf(sharded, 'model-00001-of-00003.safetensors')})
    },
    'bad-checkpoint',
    /The tensor \S+ is in model-00001-of-00002\.safetensors and in/,
    /another checkpoint/,
  ],
  [
    'weights that are a Git LFS pointer',
    () => having(good, {'model.safetensors': lfsPointer}),
    'bad-checkpoint',
    /model\.safetensors is a Git LFS pointer/,
    /git lfs pull/,
  ],
  [
    'a tokenizer that is a Git LFS pointer',
    () => having(good, {'tokenizer.json': lfsPointer}),
    'bad-checkpoint',
    /tokenizer\.json is a Git LFS pointer/,
    /git lfs pull/,
  ],
  [
    'a config that is a Git LFS pointer',
    () => having(good, {'config.json': lfsPointer}),
    'bad-checkpoint',
    /config\.json is a Git LFS pointer/,
    /git lfs pull/,
  ],
  [
    'InternVL',
    config(c => ({...c, model_type: 'internvl_chat'})),
    'unsupported',
    /"internvl_chat" \(InternVL\)/,
    /Qwen2\.5-VL \("qwen2_5_vl"\), Qwen3-VL .*openai:NAME/,
  ],
  [
    'Qwen3-VL with experts',
    config(c => ({...c, model_type: 'qwen3_vl_moe'})),
    'unsupported',
    /"qwen3_vl_moe" \(Qwen3-VL with experts\)/,
    /openai:NAME/,
  ],
  [
    'dynamic rope scaling',
    rope({type: 'dynamic', factor: 2}),
    'unsupported',
    /rope_scaling of the type "dynamic"/,
    /mrope_section/,
  ],
  [
    'YaRN with fields that change it',
    rope({type: 'yarn', factor: 4, mscale: 1}),
    'unsupported',
    /mscale/,
    /openai:NAME/,
  ],
  ['YaRN without its factor', rope({rope_type: 'yarn'}), 'bad-checkpoint', /rope_scaling\.factor/, /^$/],
  [
    'YaRN without the trained length',
    rope({rope_type: 'yarn', factor: 4}),
    'bad-checkpoint',
    /original_max_position_embeddings/,
    /32768/,
  ],
  [
    'a sliding window',
    config(c => ({...c, use_sliding_window: true, sliding_window: 64, max_window_layers: 0})),
    'unsupported',
    /use_sliding_window/,
    /openai:NAME/,
  ],
  ['another activation', config(c => ({...c, hidden_act: 'gelu'})), 'unsupported', /hidden_act "gelu"/, /openai:NAME/],
  [
    'rotary embeddings of a part of each head',
    config(c => ({...c, partial_rotary_factor: 0.5})),
    'unsupported',
    /partial_rotary_factor 0\.5/,
    /openai:NAME/,
  ],
  [
    'an end that no token is',
    () => changed(good, 'generation_config.json', c => ({...c, eos_token_id: 99_999})),
    'bad-checkpoint',
    /ends with the token 99999, but the model has 272 tokens/,
    /same checkpoint/,
  ],
  [
    'a share of tokens above 1',
    () => changed(good, 'generation_config.json', c => ({...c, top_p: 2})),
    'bad-checkpoint',
    /top_p/,
    /^$/,
  ],
  ...(
    [
      ['without an image_token_id, and tokens of its own', ({image_token_id, ...c}: Json) => c, 261, 151_655],
      ['with an image_token_id beyond its tokens', (c: Json) => ({...c, image_token_id: 99_999}), 261, 99_999],
      ['whose image_token_id is another token', (c: Json) => ({...c, image_token_id: 10}), 261, 10],
    ] as const
  ).map(([what, change, known, wrong]): (typeof told)[number] => [
    `a config ${what}`,
    config(change),
    'bad-checkpoint',
    new RegExp(`<\\|image_pad\\|> is the token ${known}, but image_token_id of config\\.json is ${wrong}`),
    /same checkpoint/,
  ]),
  [
    'a tokenizer that does not know the place of a picture',
    () =>
      changed(good, 'tokenizer.json', t => ({
        ...t,
        added_tokens: t.added_tokens.filter((token: Json) => token.content !== '<|image_pad|>'),
      })),
    'bad-checkpoint',
    /<\|image_pad\|> is no token of its own/,
    /same checkpoint/,
  ],
  [
    'a tokenizer with more tokens than the model',
    () => {
      const moved = (token: Json) => (token.content === '<|im_start|>' ? {...token, id: 4000} : token)
      return changed(good, 'tokenizer.json', t => ({...t, added_tokens: t.added_tokens.map(moved)}))
    },
    'bad-checkpoint',
    /the token 4000 of the tokenizer, but the model has 272 tokens/,
    /same checkpoint/,
  ],
  ...['_fsdp_wrapped_module.', '_checkpoint_wrapped_module.', '_orig_mod.'].map((part): (typeof told)[number] => [
    `${part} within names`,
    () => renamed(good, name => name.replace(/^(model\.layers\.\d+\.)/, `$1${part}`)),
    'bad-checkpoint',
    new RegExp(`hold a part of a wrapper, "${part.slice(0, -1)}"`),
    /Save the inner model/,
  ]),
  [
    'the names that peft gives to layers it trains',
    () => renamed(good, name => name.replace('q_proj.weight', 'q_proj.base_layer.weight')),
    'bad-checkpoint',
    /hold a part of a wrapper, "base_layer"/,
    /merge_and_unload/,
  ],
  [
    'the image processor of another model',
    pictures({image_processor_type: 'CLIPImageProcessor'}),
    'unsupported',
    /image_processor_type "CLIPImageProcessor"/,
    /openai:NAME/,
  ],
  ['do_resize false', pictures({do_resize: false}), 'unsupported', /do_resize false/, /openai:NAME/],
  ['do_rescale false', pictures({do_rescale: false}), 'unsupported', /do_rescale false/, /openai:NAME/],
  ['bilinear resampling', pictures({resample: 2}), 'unsupported', /resample 2/, /openai:NAME/],
  ['other patches', pictures({patch_size: 16}), 'unsupported', /another size of patches/, /openai:NAME/],
  [
    'a deviation of 0',
    pictures({image_std: [0, 0, 0]}),
    'bad-checkpoint',
    /image_std \[0, 0, 0\] must be above 0/,
    /Fetch/,
  ],
  [
    'limits the wrong way round',
    pictures({min_pixels: 9000, max_pixels: 5000}),
    'bad-checkpoint',
    /at least 9000 pixels and at most 5000/,
    /Fetch/,
  ],
  [
    'a processor that is null',
    () => having(good, {'processor_config.json': {image_processor: 7}}),
    'bad-checkpoint',
    /image_processor is not an object/,
    /^$/,
  ],
  [
    'files that disagree about an id',
    () => having(good, {'added_tokens.json': {'<|image_pad|>': 300}}),
    'bad-checkpoint',
    /to have the id 300 \(added_tokens\.json\), but in tokenizer\.json it has the id 261/,
    /saved together/,
  ],
  [
    'a slow tokenizer',
    () => having(without(good, 'tokenizer.json'), {'vocab.json': {}, 'merges.txt': ''}),
    'bad-checkpoint',
    /tokenizer\.json is missing/,
    /fast form/,
  ],
  // Templates: at the start, not at each sample.
  [
    'a template that drops pictures',
    templated(
      '{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}{% endfor %}',
    ),
    'unsupported',
    /for text alone: a prompt with one picture gets 0 places/,
    /Qwen2\.5-VL-3B-Instruct/,
  ],
  [
    'a template that fails on parts',
    templated(
      "{% for m in messages %}{{ '<|im_start|>' + m.content }}{% if m.content is not string %}{{ raise_exception('text only') }}{% endif %}{% endfor %}",
    ),
    'unsupported',
    /for text alone: it fails on a prompt with a picture/,
    /Qwen2\.5-VL-3B-Instruct/,
  ],
  [
    'a template with a mistake',
    templated('{% for m in messages %}'),
    'bad-checkpoint',
    /chat template in \S+chat_template\.jinja cannot be used/,
    /same checkpoint/,
  ],
  [
    'no template',
    () => without(good, 'chat_template.jinja'),
    'bad-checkpoint',
    /has no chat template/,
    /chat_template\.json/,
  ],
  [
    'a template in a form nobody writes',
    () =>
      having(without(good, 'chat_template.jinja'), {
        'chat_template.json': {chat_template: [{name: 'rag', template: ''}]},
      }),
    'bad-checkpoint',
    /one called "default"/,
    /Fetch/,
  ],
]

function asBytes(header: Header, name: string, dtype: string): void {
  const [start, end] = header[name]!.data_offsets as [number, number]
  header[name] = {dtype, shape: [end - start], data_offsets: [start, end]}
}
const readOf = (dir: string, name: string): Uint8Array => readFileSync(join(dir, name))

function piped(name: string): string {
  const dir = without(good, name)
  execFileSync('mkfifo', [join(dir, name)])
  return dir
}

const hostile: [what: string, dir: () => string, message: RegExp][] = [
  ...[
    'config.json',
    'tokenizer.json',
    'preprocessor_config.json',
    'generation_config.json',
    'tokenizer_config.json',
  ].flatMap((name): typeof hostile => [
    [`${name} that is null`, () => having(good, {[name]: 'null'}), new RegExp(`${name} is not a JSON object but null`)],
    [
      `${name} that is a list`,
      () => having(good, {[name]: '[]'}),
      new RegExp(`${name} is not a JSON object but a list`),
    ],
    [
      `${name} of brackets`,
      () => having(good, {[name]: '['.repeat(5_000_000)}),
      new RegExp(`${name} is nested more than 100`),
    ],
    [
      `${name} of numbers`,
      () => having(good, {[name]: `{"a": [${'0,'.repeat(9_000_000)}0]}`}),
      new RegExp(`${name} holds more than 4000000 values`),
    ],
  ]),
  [
    'a chat_template.json that is null',
    () => having(without(good, 'chat_template.jinja'), {'chat_template.json': 'null'}),
    /chat_template\.json is not a JSON object but null/,
  ],
  ['a tokenizer without a model', () => having(good, {'tokenizer.json': '{}'}), /tokenizer\.json: model/],
  [
    'a tokenizer whose model is empty',
    () => having(good, {'tokenizer.json': '{"model": {}}'}),
    /tokenizer\.json: model\.vocab/,
  ],
  [
    'a config with a key twice',
    () => having(good, {'config.json': '{"model_type": "qwen2_5_vl", "model_\\u0074ype": "llava"}'}),
    /config\.json holds "model_type" twice/,
  ],
  [
    'a header of 99 MB of brackets',
    () => headerOf('['.repeat(99_000_000)),
    /the header has 99000000 bytes; at most 16 MiB/,
  ],
  ['a header of brackets', () => headerOf('['.repeat(9_000_000)), /the header is nested more than 100 levels deep/],
  ['a header that names a tensor twice', () => headerOf('{"a": {}, "a": {}}'), /the header holds "a" twice/],
  ['a header that is null', () => headerOf('null'), /the header is not a JSON object but null/],
  [
    'a header longer than the file',
    () => bytesOf(good, 'model.safetensors', 100),
    /the header claims \d+ bytes, but the file has 100/,
  ],
  ['an empty weight file', () => bytesOf(good, 'model.safetensors', 0), /cut short: it has 0 bytes/],
  [
    'a tensor beyond the file',
    () => headerOf('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [1000000, 1000008]}}'),
    /lies outside the file/,
  ],
  [
    'overlapping tensors',
    () => reheadered(good, h => (h[q]!.data_offsets = h[q]!.data_offsets.map(n => n - 4))),
    /overlap/,
  ],
  [
    'an index of brackets',
    () => having(sharded, {'model.safetensors.index.json': '{"weight_map":'.repeat(100_000)}),
    /index\.json is nested more/,
  ],
  [
    'a weight file that is a folder',
    () => having(without(good, 'model.safetensors'), {'model.safetensors/x': ''}),
    /model\.safetensors: it is not a file|EISDIR/,
  ],
  [
    'a window larger than any picture',
    () => changed(good, 'config.json', c => ({...c, vision_config: {...c.vision_config, window_size: 28e6}})),
    /window_size 28000000 is more than 3584/,
  ],
  [
    'pictures enlarged without bound',
    pictures({min_pixels: 1e12, max_pixels: 1e13}),
    /at least 1000000000000 pixels; at most 12845056/,
  ],
  ['a file that is a pipe', () => piped('tokenizer_config.json'), /tokenizer_config\.json is not a file/],
  ['weights that are a pipe', () => piped('model.safetensors'), /model\.safetensors: it is not a file/],
  // Templates are programs.
  [
    'a template that never ends',
    templated('{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}'),
    /it does not end within 5 s/,
  ],
  [
    'a template that fills the memory',
    templated('{% for a in range(1000000000) %}{% endfor %}'),
    /more than 128 MB of memory|does not end/,
  ],
  [
    'a template that writes without end',
    templated('{% set x = "0123456789" * 1 %}{% for a in range(1000000) %}0123456789{% endfor %}'),
    /more than 8000000 characters|cannot be used/,
  ],
]

describe('a folder that cannot be loaded', () => {
  const failure = async (dir: string): Promise<LanternError> => {
    const error = await openCheckpoint(dir)
      .then(checkpoint => loadPromptTools(checkpoint, {}))
      .then(
        () => null,
        (thrown: unknown) => thrown as LanternError,
      )
    if (error === null) throw new Error('it was loaded')
    return error
  }

  it.each(told)('because it holds %s is told what it is and what to do', async (_, dir, code, message, wayOut) => {
    const error = await failure(await dir())
    expect(error).toMatchObject({name: 'LanternError', code, message: expect.stringMatching(message)})
    expect(error.suggestion ?? '').toMatch(wayOut)
  })

  it.each(hostile)('because of %s fails within bounds, naming file and place', async (_, dir, message) => {
    const path = dir()
    const ms = cpuWatch()
    const before = process.memoryUsage.rss()
    const error = await failure(path)
    expect(error).toMatchObject({name: 'LanternError', code: 'bad-checkpoint', message: expect.stringMatching(message)})
    expect(ms()).toBeLessThan(15_000)
    expect(process.memoryUsage.rss() - before).toBeLessThan(1e9)
    rmSync(path, {recursive: true})
  })
})
