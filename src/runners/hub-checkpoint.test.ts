import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type HubServer, startHubServer} from '../../test/support/hub-server.js'
import type {DownloadEvent} from '../hub/download-files.js'
import {downloadRepo} from '../hub/download-repo.js'
import {hubCheckpoint} from './hub-checkpoint.js'

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
