import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type HubServer, startHubServer} from '../../test/support/hub-server.js'
import type {DownloadEvent} from '../hub/download-files.js'
import {downloadRepo} from '../hub/download-repo.js'
import {hubAdapter, hubCheckpoint} from './hub-checkpoint.js'

const index = JSON.stringify({weight_map: {a: 'model-1.safetensors', b: 'model-2.safetensors'}})
const files = [
  'config.json',
  'tokenizer.json',
  'model-1.safetensors',
  'model-2.safetensors',
  'pytorch_model.bin',
  'optimizer/state.safetensors',
]

let hub: HubServer
let home: string
beforeEach(async () => {
  hub = await startHubServer([
    ...files.map(path => ({path, bytes: Buffer.from(`content of ${path}`), lfs: path.endsWith('s')})),
    {path: 'model.safetensors.index.json', bytes: Buffer.from(index), lfs: false},
  ])
  home = await mkdtemp(join(tmpdir(), 'hub-'))
})
afterEach(async () => {
  await hub.close()
  await rm(home, {recursive: true})
})

it('downloads only the checkpoint, reports progress, and uses the cache from then on', async () => {
  const events: DownloadEvent[] = []
  const env = {HF_HOME: home, HF_ENDPOINT: hub.endpoint}
  const folder = await hubCheckpoint('hub:owner/name', {env, notify: event => events.push(event)})
  expect((await readdir(folder)).sort()).toEqual([
    'config.json',
    'model-1.safetensors',
    'model-2.safetensors',
    'model.safetensors.index.json',
    'tokenizer.json',
  ])
  expect(events.at(-1)).toMatchObject({type: 'progress'})
  await hub.close()
  expect(await hubCheckpoint('hub:owner/name', {env, notify: () => {}})).toBe(folder)
})

it('completes a download that another tool left partial', async () => {
  const env = {HF_HOME: home, HF_ENDPOINT: hub.endpoint}
  await downloadRepo(
    {kind: 'model', name: 'owner/name', revision: 'main'},
    {env, include: path => path !== 'model-2.safetensors'},
  )
  expect(await readdir(await hubCheckpoint('hub:owner/name', {env, notify: () => {}}))).toContain('model-2.safetensors')
})

describe('a LoRA adapter', () => {
  const lora = ['adapter_config.json', 'adapter_model.safetensors', 'tokenizer_config.json']
  const serve = async (paths: readonly string[]) => {
    await hub.close()
    hub = await startHubServer(paths.map(path => ({path, bytes: Buffer.from(`of ${path}`), lfs: path.endsWith('s')})))
    return {HF_HOME: home, HF_ENDPOINT: hub.endpoint}
  }

  it.each([hubAdapter, hubCheckpoint])('is downloaded whole, once (%p)', async fetchIt => {
    const env = await serve([...lora, 'optimizer.pt'])
    const folder = await fetchIt('hub:owner/lora', {env})
    expect((await readdir(folder)).sort()).toEqual(lora)
    await hub.close()
    expect(await hubAdapter('hub:owner/lora', {env})).toBe(folder)
    expect(await hubCheckpoint('hub:owner/lora', {env})).toBe(folder)
  })

  it('beside a whole model is fetched as what it is named for', async () => {
    const env = await serve([...lora, 'config.json', 'tokenizer.json', 'model.safetensors'])
    const model = await readdir(await hubCheckpoint('hub:owner/lora', {env}))
    expect(model).toContain('model.safetensors')
    expect(model).not.toContain('adapter_model.safetensors')
    const {length} = hub.transfers
    expect(await readdir(await hubAdapter('hub:owner/lora', {env}))).toContain('adapter_model.safetensors')
    expect(hub.transfers.slice(length).map(({path}) => path)).toEqual(['adapter_model.safetensors'])
  })
})
