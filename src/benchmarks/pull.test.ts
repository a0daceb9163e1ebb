import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {commit, startHubServer} from '../../test/support/hub-server.js'
import {sha256} from '../core/hash.js'
import type {Benchmark, Pull} from './benchmark.js'
import {blink} from './blink.js'
import {pulledData} from './data-places.js'
import {hops} from './hops.js'
import {pullBenchmark} from './pull.js'
import {viscotPull} from './viscot-files.js'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pull-'))
})
afterEach(() => rm(home, {recursive: true}))

const options = (env: Record<string, string> = {}) => ({
  cacheDir: home,
  env: {HF_HOME: home, ...env},
  signal: new AbortController().signal,
  notify: () => {},
})

it('fetches the split that was asked for, and nothing else', async () => {
  const file = (path: string) => ({path, bytes: randomBytes(1000), lfs: true})
  const hub = await startHubServer(
    ['Art_Style/val-00000-of-00001.parquet', 'Art_Style/test-00000-of-00001.parquet', 'README.md'].map(file),
  )
  try {
    const pulled = await pullBenchmark(blink, options({HF_ENDPOINT: hub.endpoint}))
    expect(pulled).toMatchObject({bench: 'blink', split: 'val', revision: commit, files: 1, bytes: 1000, note: null})
    expect(await readdir(join(pulled.folder, 'Art_Style'))).toEqual(['val-00000-of-00001.parquet'])
  } finally {
    await hub.close()
  }
})

it('names the command that generates data which are not fetched', async () => {
  await expect(pullBenchmark(hops, options())).rejects.toMatchObject({
    code: 'usage',
    suggestion: expect.stringContaining('bench make hops'),
  })
})

it('names the splits for one that does not exist', async () => {
  await expect(pullBenchmark(blink, {...options(), split: 'dev'})).rejects.toMatchObject({
    code: 'usage',
    suggestion: expect.stringContaining('val, test'),
  })
})

describe('files from the web', () => {
  const contents: Record<string, string> = {'benchmark/a.json': '[1]', 'benchmark_det/a.jsonl': '{}'}
  let server: Server
  let broken: string | null

  beforeEach(async () => {
    broken = null
    server = createServer((incoming, response) => {
      const path = incoming.url!.slice(1)
      response.end(path === broken ? 'wrong' : contents[path])
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => new Promise(resolve => server.close(resolve)))

  function benchmark(): Benchmark {
    const pull: Pull = {
      from: 'web',
      base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      files: Object.entries(contents).map(([path, text]) => ({path, size: text.length, sha256: sha256(text)})),
      note: 'no pictures',
    }
    return {...blink, id: 'web', origin: {...blink.origin, pull}}
  }

  it('appear together, once all are complete', async () => {
    broken = 'benchmark_det/a.jsonl'
    await expect(pullBenchmark(benchmark(), options())).rejects.toMatchObject({
      code: expect.stringMatching(/bad-file|data-absent/),
    })
    expect(existsSync(pulledData(home, 'web'))).toBe(false)
    broken = null
    const pulled = await pullBenchmark(benchmark(), options())
    expect(pulled).toMatchObject({folder: pulledData(home, 'web'), files: 2, bytes: 5, note: 'no pictures'})
    expect(readFileSync(join(pulled.folder, 'benchmark/a.json'), 'utf8')).toBe('[1]')
    expect((await pullBenchmark(benchmark(), options())).fetched).toBe(0)
  })
})

const shared = fileURLToPath(new URL('../../../shared/data/viscot/', import.meta.url))
const withShared = existsSync(shared) ? it : it.skip
withShared('lists the VisCoT files as they are (needs ../shared/data/viscot)', () => {
  if (viscotPull.from !== 'web') throw new Error('VisCoT comes from the web')
  expect(viscotPull.files).toHaveLength(26)
  for (const {path, size, sha256: expected} of viscotPull.files) {
    const bytes = readFileSync(join(shared, path))
    expect([path, bytes.length, sha256(bytes)]).toEqual([path, size, expected])
  }
})
