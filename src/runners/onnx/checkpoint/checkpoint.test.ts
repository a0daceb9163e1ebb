import {mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {editedCheckpoints, type Header} from '../../../../test/support/edited-checkpoints.js'
import {tinySizes, tokenId, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {openCheckpoint} from './checkpoint.js'
import {checkpointSha256} from './checkpoint-hash.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-checkpoint-'))
const good = join(folder, 'good')
const {copied, changed, without, folderOf, reheadered: reheaderedFrom} = editedCheckpoints(folder)
const reheadered = (change: (header: Header) => void) => reheaderedFrom(good, change)
const sharded = join(folder, 'sharded')
beforeAll(async () => {
  await writeTinyCheckpoint(good)
  await writeTinyCheckpoint(sharded, {
    shards: 3,
    type: 'BF16',
    layout: 'nested',
    latentSize: 5,
    repetitionPenalty: 1.05,
  })
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

describe('opening a checkpoint', () => {
  it('reads sizes, ids, limits and decoding from the files', async () => {
    const checkpoint = await openCheckpoint(good)
    expect(checkpoint).toMatchObject({
      text: tinySizes.text,
      vision: tinySizes.vision,
      dtype: 'F32',
      shards: 1,
      latent: {protocol: 'lantern', size: 3, ids: {start: tokenId('<|lvr_start|>')}},
      generation: {eos: [tokenId('<|im_end|>'), tokenId('<|endoftext|>')], repetitionPenalty: 1},
      image: {minPixels: 3136, maxPixels: 50_176},
    })
  })

  it('reads shards, bf16, the nested config and the newer tensor names to the same model', async () => {
    const checkpoint = await openCheckpoint(sharded)
    expect(checkpoint).toMatchObject({
      text: tinySizes.text,
      dtype: 'BF16',
      shards: 3,
      latent: {size: 5},
      generation: {repetitionPenalty: 1.05},
    })
    expect([...checkpoint.tensors.keys()].sort()).toEqual([...(await openCheckpoint(good)).tensors.keys()].sort())
  })

  it('fills in vision fields that an exporter left out, then reports tensors that are not of the published size', async () => {
    const dir = changed(good, 'config.json', config => ({...config, vision_config: undefined}))
    await expect(openCheckpoint(dir)).rejects.toThrow(
      /visual\.patch_embed\.proj\.weight has the shape \[32, 3, 2, 14, 14\].*\[1280, 3, 2, 14, 14\]/,
    )
  })

  it('has no latent tokens when neither config nor tokenizer names them', async () => {
    const dir = await writeTinyCheckpoint(join(folder, 'plain'), {latentSize: null})
    expect((await openCheckpoint(dir)).latent).toBeNull()
  })

  it('finds latent tokens in the tokenizer when the config has none', async () => {
    const dir = changed(good, 'config.json', config => ({
      ...config,
      lvr_start_id: undefined,
      lvr_sep_id: undefined,
      lvr_end_id: undefined,
    }))
    expect((await openCheckpoint(dir)).latent).toMatchObject({protocol: 'lantern', ids: {pad: tokenId('<|lvr_sep|>')}})
  })

  it('accepts a tokenizer without latent tokens when appending them gives the right ids', async () => {
    const dir = changed(good, 'tokenizer.json', tokenizer => ({
      ...tokenizer,
      added_tokens: tokenizer.added_tokens.slice(0, 7),
    }))
    expect((await openCheckpoint(dir)).latent?.ids).toEqual({start: 263, pad: 264, end: 265})
  })

  it('hashes contents, independent of the location of the folder', async () => {
    const copy = copied(good)
    const cache = join(folder, 'cache')
    const hash = await checkpointSha256(await openCheckpoint(good), cache)
    expect(await checkpointSha256(await openCheckpoint(copy), cache)).toBe(hash)
    const other = changed(good, 'generation_config.json', config => ({...config, repetition_penalty: 1.1}))
    expect(await checkpointSha256(await openCheckpoint(other), cache)).not.toBe(hash)
  })
})

function truncated(): string {
  const dir = copied(sharded)
  truncateSync(join(dir, 'model-00002-of-00003.safetensors'), 9_000)
  return dir
}
function cutTokenizer(): string {
  const dir = copied(good)
  writeFileSync(join(dir, 'tokenizer.json'), '{')
  return dir
}
const q = 'model.layers.1.self_attn.q_proj.weight'

const broken: [what: string, dir: () => string, code: string, message: RegExp][] = [
  ['a missing folder', () => join(folder, 'nowhere'), 'bad-checkpoint', /Cannot open the checkpoint .*nowhere/],
  ['an empty folder', () => folderOf(), 'bad-checkpoint', /has no config\.json/],
  [
    'a folder without weights',
    () => folderOf('config.json'),
    'bad-checkpoint',
    /has no model\.safetensors or model\.safetensors\.index\.json/,
  ],
  ['an ONNX export', () => folderOf('config.json', 'decoder_model_merged.onnx'), 'unsupported', /holds an ONNX export/],
  [
    'an onnxruntime-genai export',
    () => folderOf('genai_config.json', 'model.onnx.data'),
    'unsupported',
    /holds an ONNX export/,
  ],
  [
    'a PyTorch pickle',
    () => folderOf('config.json', 'pytorch_model.bin'),
    'unsupported',
    /format other than safetensors/,
  ],
  [
    'a missing shard',
    () => without(sharded, 'model-00003-of-00003.safetensors'),
    'bad-checkpoint',
    /model-00003-of-00003\.safetensors is missing/,
  ],
  [
    'a truncated shard',
    truncated,
    'bad-checkpoint',
    /model-00002-of-00003\.safetensors: tensor \S+ lies outside the file/,
  ],
  [
    'an index that names files elsewhere',
    () => changed(sharded, 'model.safetensors.index.json', () => ({weight_map: {a: '../../etc/passwd'}})),
    'bad-checkpoint',
    /names a file outside its folder/,
  ],
  [
    'an index without a map',
    () => changed(sharded, 'model.safetensors.index.json', () => ({})),
    'bad-checkpoint',
    /has no weight_map/,
  ],
  [
    'another architecture',
    () => changed(good, 'config.json', config => ({...config, model_type: 'llava'})),
    'unsupported',
    /unknown architecture "llava"/,
  ],
  [
    'a config without sizes',
    () => changed(good, 'config.json', config => ({...config, hidden_size: undefined})),
    'bad-checkpoint',
    /config\.json: hidden_size/,
  ],
  [
    'rotary sections that do not add up',
    () => changed(good, 'config.json', config => ({...config, rope_scaling: {mrope_section: [1, 1, 1]}})),
    'bad-checkpoint',
    /mrope_section \[1,1,1\] does not add up to 8/,
  ],
  [
    'a config that claims a billion layers',
    () => changed(good, 'config.json', config => ({...config, num_hidden_layers: 1e9})),
    'bad-checkpoint',
    /no weight file holds the tensor model\.layers\.2\./,
  ],
  [
    'a header with a wrong size',
    () => reheadered(header => (header[q]!.shape = [64, 640])),
    'bad-checkpoint',
    /model\.safetensors: tensor model\.layers\.1\.self_attn\.q_proj\.weight of type F32 and shape \[64, 640\] needs 163840 bytes/,
  ],
  [
    'a wrong shape',
    () => reheadered(header => (header[q]!.shape = [32, 128])),
    'bad-checkpoint',
    /q_proj\.weight has the shape \[32, 128\], config\.json asks for \[64, 64\]/,
  ],
  [
    'overlapping tensors',
    () => reheadered(header => (header[q]!.data_offsets = header[q]!.data_offsets.map(n => n - 4))),
    'bad-checkpoint',
    /overlap/,
  ],
  [
    'a renamed tensor',
    () => reheadered(header => rename(header, q, 'model.layers.1.self_attn.x_proj.weight')),
    'bad-checkpoint',
    /holds the tensor model\.layers\.1\.self_attn\.q_proj\.weight/,
  ],
  [
    'integer weights',
    () => reheadered(header => (header[q]!.dtype = 'I32')),
    'unsupported',
    /q_proj\.weight has the type I32/,
  ],
  ['a missing tokenizer', () => without(good, 'tokenizer.json'), 'bad-checkpoint', /tokenizer\.json is missing/],
  ['a tokenizer that is not JSON', cutTokenizer, 'bad-checkpoint', /tokenizer\.json cannot be read as JSON/],
  [
    'latent ids outside the vocabulary',
    () => changed(good, 'config.json', config => ({...config, lvr_end_id: 5000})),
    'bad-checkpoint',
    /the id 5000 of <\|lvr_end\|> lies outside the vocabulary: model\.embed_tokens\.weight has 272 rows/,
  ],
  [
    'a tokenizer with other tokens in place of the latent tokens',
    () =>
      changed(good, 'tokenizer.json', t => ({
        ...t,
        added_tokens: t.added_tokens.map((x: {content: string}) => ({...x, content: x.content.replace('lvr', 'odd')})),
      })),
    'bad-checkpoint',
    /tokenizer\.json has no <\|lvr_start\|>, and its id 263 \(config\.json\) is "<\|odd_start\|>" there/,
  ],
  [
    'a tokenizer that would append the latent tokens under other ids',
    () => changed(good, 'tokenizer.json', t => ({...t, added_tokens: t.added_tokens.slice(0, 5)})),
    'bad-checkpoint',
    /tokenizer\.json has no <\|lvr_start\|>; if appended, it would get the id 261, but config\.json says 263/,
  ],
  [
    'no end of sequence',
    () => changed(good, 'generation_config.json', () => ({})),
    'bad-checkpoint',
    /gives an eos_token_id/,
  ],
]
function rename(header: Record<string, unknown>, from: string, to: string): void {
  header[to] = header[from]
  delete header[from]
}

describe('a broken checkpoint', () => {
  it.each(broken)('with %s gives one clear error', async (_, dir, code, message) => {
    const path = dir()
    const error = await openCheckpoint(path).then(
      () => null,
      (thrown: unknown) => thrown as Error & {suggestion?: string},
    )
    expect(error).toMatchObject({name: 'LanternError', code, message: expect.stringMatching(message)})
  })

  it('leaves nothing behind in the checkpoint folder', () => {
    expect(readdirSync(good).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'preprocessor_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
  })
})
