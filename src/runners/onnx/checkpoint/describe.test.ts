import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {checkpointFolder, isCheckpointRef} from '../checkpoint-folder.js'
import {listModels} from '../list-models.js'
import {probe} from '../model/probe.js'
import {openCheckpoint} from './checkpoint.js'
import {describeCheckpoint} from './describe.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-describe-'))
const hubHome = join(folder, 'hf')
const snapshot = join(hubHome, 'hub', 'models--owner--name', 'snapshots', 'main')
const env = {HF_HOME: hubHome, HF_HUB_OFFLINE: '1'}
beforeAll(async () => {
  await writeTinyCheckpoint(join(folder, 'here'))
  mkdirSync(snapshot, {recursive: true})
  await writeTinyCheckpoint(snapshot, {type: 'BF16', shards: 2})
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

it('describes a folder in the form given by design/contract.md', async () => {
  const ref = join(folder, 'here')
  expect(await describeCheckpoint(ref, {env})).toMatchObject({
    ref,
    architecture: 'qwen2_5_vl',
    dtype: 'F32',
    shards: 1,
    latent: {protocol: 'lantern', size: 3, ids: {start: 263, pad: 264, end: 265}},
    image: {minPixels: 3136, maxPixels: 50_176, patch: 14, merge: 2},
    memoryMb: expect.any(Number),
    providers: expect.arrayContaining(['cpu']),
  })
})

it('counts every weight once', async () => {
  const {parameters, memoryMbBy} = await describeCheckpoint(join(folder, 'here'), {env})
  const text = 272 * 64 + 2 * (2 * 64 + 64 * 65 + 2 * 32 * 65 + 64 * 64 + 3 * 64 * 96) + 64
  const vision = 32 * 1176 + 2 * (2 * 32 + 96 * 33 + 32 * 33 + 2 * 48 * 33 + 32 * 49) + 32 + 128 * 129 + 64 * 129
  expect(parameters).toBe(text + vision)
  expect(memoryMbBy.fp32).toBe(Math.ceil((4 * parameters) / 1e6))
})

it('finds a model in the hub cache without the network', async () => {
  expect(await describeCheckpoint('hub:owner/name', {env})).toMatchObject({dtype: 'BF16', shards: 2, folder: snapshot})
  await expect(checkpointFolder('hub:owner/absent', {env})).rejects.toMatchObject({code: 'data-absent'})
})

it('lists the hub cache and nearby folders', async () => {
  const listed = await listModels(folder, env)
  expect(listed).toContainEqual({ref: 'hub:owner/name', source: 'hub'})
  expect(listed).toContainEqual({ref: './here', source: 'folder'})
})

it('distinguishes a checkpoint from an endpoint by the form of its reference', () => {
  expect(['./dir', 'C:\\models', 'hub:a/b', 'builtin:nano', 'name'].map(isCheckpointRef)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
  expect(['openai:gpt', 'replay:x'].map(isCheckpointRef)).toEqual([false, false])
})

it('refuses a built-in model that does not exist', async () => {
  await expect(checkpointFolder('builtin:nothing', {env})).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/no built-in model "nothing"/),
  })
})

describe('the probe', () => {
  const goldens = fileURLToPath(new URL('../../../../../shared/data/goldens/checkpoints/', import.meta.url))
  const skipped = existsSync(goldens) ? '' : ' (skipped: the shared goldens are absent)'
  const measure = async (name: string) =>
    probe(await openCheckpoint(join(goldens, name)), ['q8'], {
      device: 'cpu',
      threads: 1,
      cacheDir: join(folder, 'cache'),
    })
  const onGoldens = existsSync(goldens) ? it : it.skip

  onGoldens(
    `measures the growth that the goldens state for random weights, about 1.6 per latent${skipped}`,
    async () => {
      const {growthPerStep, precisions} = await measure('tiny-fp32')
      expect(growthPerStep).toBeGreaterThan(1.4)
      expect(growthPerStep).toBeLessThan(1.9)
      expect(precisions.q8!.differences).toHaveLength(16)
    },
  )

  onGoldens(`finds no growth in the trained checkpoint${skipped}`, async () => {
    expect((await measure('nano-latent')).growthPerStep).toBeLessThan(1.1)
  })
})
