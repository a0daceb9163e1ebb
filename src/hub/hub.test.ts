import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {lstat, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {commit, type HubFile, type HubServer, startHubServer} from '../../test/support/hub-server.js'
import {type HubRepo, parseRepo, repoFolder, resolveInHubCache} from './cache-layout.js'
import type {DownloadEvent} from './download-files.js'
import {type Downloaded, type DownloadOptions, downloadRepo} from './download-repo.js'

const large: HubFile = {path: 'Art Style/val-0.parquet', bytes: randomBytes(3_000_000), lfs: true}
const small: HubFile = {path: 'README.md', bytes: Buffer.from('a data card'), lfs: false}
const repo: HubRepo = {kind: 'dataset', name: 'owner/name', revision: 'main'}

let hub: HubServer
let home: string
let events: DownloadEvent[]

beforeEach(async () => {
  hub = await startHubServer([large, small])
  home = await mkdtemp(join(tmpdir(), 'hub-'))
  events = []
})
afterEach(async () => {
  await hub.close()
  await rm(home, {recursive: true})
})

const env = (more: Record<string, string> = {}) => ({HF_HOME: home, HF_ENDPOINT: hub.endpoint, ...more})
const blobs = () => join(repoFolder(repo, env()), 'blobs')

function download(more: Partial<DownloadOptions> = {}): Promise<Downloaded> {
  return downloadRepo(repo, {env: env(), notify: event => events.push(event), retryMs: 5, ...more})
}

async function expectWhole(folder: string): Promise<void> {
  for (const {path, bytes} of [large, small]) expect((await readFile(join(folder, path))).equals(bytes)).toBe(true)
  expect((await readdir(blobs())).filter(name => name.endsWith('.part'))).toEqual([])
}

describe('a download', () => {
  it('uses the layout of the hub, links included, and reports its sizes', async () => {
    const {folder, ...rest} = await download()
    expect(rest).toEqual({commit, files: 2, bytes: 3_000_011, fetched: 3_000_011})
    expect(folder).toBe(join(home, 'hub', 'datasets--owner--name', 'snapshots', commit))
    await expectWhole(folder)
    expect((await lstat(join(folder, small.path))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(repoFolder(repo, env()), 'refs', 'main'), 'utf8')).toBe(commit)
    expect(events[0]).toEqual({type: 'plan', files: 2, bytes: 3_000_011, present: 0})
    expect(events.at(-1)).toEqual({type: 'progress', done: 3_000_011, total: 3_000_011})
  })

  it('fetches nothing twice', async () => {
    await download({include: path => path === small.path})
    expect(hub.transfers).toHaveLength(1)
    await expectWhole((await download()).folder)
    expect((await download()).fetched).toBe(0)
    expect(hub.transfers).toHaveLength(2)
  })

  it('resumes where a broken connection stopped', async () => {
    hub.trouble = (path, attempt) => (path === large.path && attempt < 3 ? {kind: 'break', after: 700_000} : undefined)
    await expectWhole((await download()).folder)
    const starts = hub.transfers
      .filter(({path}) => path === large.path)
      .map(({range}) => Number(range?.slice(6, -1) ?? 0))
    expect(starts).toHaveLength(4)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(starts[3]).toBeGreaterThan(0)
  })

  it('resumes where another process stopped', async () => {
    await download({include: path => path === small.path})
    const {digest} = {digest: (await import('../core/hash.js')).sha256(large.bytes)}
    await writeFile(join(blobs(), `${digest}.999999999.part`), large.bytes.subarray(0, 1_000_000))
    await expectWhole((await download()).folder)
    expect(hub.transfers.at(-1)!.range).toBe('bytes=1000000-')
  })

  it('recovers from a truncated transfer, a server error and a server without range support', async () => {
    const troubles = [{kind: 'truncate', after: 100}, {kind: 'status', status: 503}, {kind: 'no-ranges'}] as const
    hub.trouble = (path, attempt) => (path === large.path ? troubles[attempt] : undefined)
    await expectWhole((await download()).folder)
    expect(events.filter(({type}) => type === 'retry').length).toBeGreaterThanOrEqual(2)
  })

  it('discards a file with a wrong hash and fetches it again', async () => {
    hub.trouble = (path, attempt) => (path === large.path && attempt === 0 ? {kind: 'wrong-bytes'} : undefined)
    await expectWhole((await download()).folder)
  })

  it('keeps neither a file whose hash stays wrong nor a snapshot without it', async () => {
    hub.trouble = path => (path === large.path ? {kind: 'wrong-bytes'} : undefined)
    await expect(download()).rejects.toMatchObject({code: 'bad-file'})
    expect(await readdir(blobs())).toHaveLength(1)
    expect(await resolveInHubCache(repo, env())).toBeUndefined()
  })

  it('gives up on a server that never delivers, and keeps what arrived', async () => {
    hub.trouble = (path, attempt) =>
      path !== large.path ? undefined : attempt === 0 ? {kind: 'break', after: 500_000} : {kind: 'status', status: 500}
    await expect(download()).rejects.toMatchObject({code: 'data-absent', exitCode: 4})
    hub.trouble = () => undefined
    await expectWhole((await download()).folder)
    expect(hub.transfers.at(-1)!.range).toMatch(/^bytes=[1-9]/)
  })

  it('can be interrupted and resumed', async () => {
    const stop = new AbortController()
    const notify = (event: DownloadEvent) => event.type === 'progress' && event.done > 200_000 && stop.abort()
    await expect(download({signal: stop.signal, notify})).rejects.toMatchObject({code: 'interrupted', exitCode: 130})
    await expectWhole((await download()).folder)
  })

  it('accepts a shortened commit', async () => {
    const {folder} = await downloadRepo({...repo, revision: commit.slice(0, 7)}, {env: env()})
    expect(folder.endsWith(commit)).toBe(true)
    expect(await resolveInHubCache({...repo, revision: commit.slice(0, 7)}, env())).toBe(folder)
  })
})

describe('the token', () => {
  it('is sent to the hub and never to the target of a redirect', async () => {
    await download({env: env({HF_TOKEN: 'hf_secret'})})
    expect(hub.transfers.map(({cdn, authorization}) => [cdn, authorization]).sort()).toEqual([
      [false, 'Bearer hf_secret'],
      [true, undefined],
    ])
  })
})

describe('a failure is explained', () => {
  it('a gated repository', async () => {
    hub.refuse = {status: 401, code: 'GatedRepo'}
    await expect(download()).rejects.toMatchObject({
      code: 'data-absent',
      suggestion: expect.stringContaining('Agree to its terms'),
    })
  })

  it('an unknown repository or revision', async () => {
    hub.refuse = {status: 404, code: 'RevisionNotFound'}
    await expect(download()).rejects.toMatchObject({message: expect.stringContaining('no revision main')})
    hub.refuse = {status: 401, code: 'RepoNotFound'}
    await expect(download()).rejects.toMatchObject({message: expect.stringContaining('does not exist')})
  })

  it('offline mode, unless the repository is in the cache', async () => {
    const offline = env({HF_HUB_OFFLINE: '1'})
    await expect(download({env: offline})).rejects.toMatchObject({
      code: 'data-absent',
      message: expect.stringContaining('HF_HUB_OFFLINE'),
    })
    const {folder} = await download()
    expect((await download({env: offline})).folder).toBe(folder)
  })

  it('no network', async () => {
    await expect(download({env: env({HF_ENDPOINT: 'http://127.0.0.1:9'})})).rejects.toMatchObject({
      message: expect.stringContaining('cannot be reached'),
    })
  })

  it('a repository with files outside its folder', async () => {
    await hub.close()
    hub = await startHubServer([{...small, path: '../evil'}])
    await expect(download()).rejects.toMatchObject({code: 'bad-file'})
    expect(existsSync(join(home, 'evil'))).toBe(false)
  })
})

it('parses the name of a repository', () => {
  expect(parseRepo('owner/name', 'model')).toEqual({kind: 'model', name: 'owner/name', revision: 'main'})
  expect(parseRepo('owner/name@v1.0', 'model')).toEqual({kind: 'model', name: 'owner/name', revision: 'v1.0'})
  for (const wrong of ['name', 'a/b/c', '../x', 'a/..', 'a/b@']) expect(() => parseRepo(wrong, 'model')).toThrow(wrong)
})
