// `bench pull`: fetches the official data of a benchmark to where runs look for them. The transfer itself is in hub/.
import {existsSync} from 'node:fs'
import {rename} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {LanternError} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {type DownloadEvent, downloadFiles} from '../hub/download-files.js'
import {downloadRepo, isOffline} from '../hub/download-repo.js'
import {type Benchmark, type Pull, splitOf} from './benchmark.js'
import {pulledData} from './data-places.js'

export interface PullOptions {
  /** Default: the benchmark's usual split. */
  readonly split?: string
  readonly cacheDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly notify: (event: DownloadEvent) => void
}

export interface Pulled {
  readonly bench: string
  readonly split: string
  readonly folder: string
  readonly revision: string
  readonly files: number
  readonly bytes: number
  /** Bytes transferred now; the other files were already there. */
  readonly fetched: number
  readonly licence: string
  /** What the data lack, if anything. */
  readonly note: string | null
}

/**
 * Fetches one split. Throws LanternError: `usage` (nothing to fetch, no such split), `data-absent`, `disk`, `bad-file`,
 * `interrupted` (hub/download-repo.ts says when).
 */
export async function pullBenchmark(benchmark: Benchmark, options: PullOptions): Promise<Pulled> {
  const {id, origin} = benchmark
  const split = splitOf(benchmark, options.split)
  const {pull} = origin
  if (pull === undefined)
    throw new LanternError('usage', `${id} is generated, not fetched.`, `Generate it: ${origin.url}.`)
  const facts = {bench: id, split, licence: origin.licence}
  if (pull.from === 'web')
    return {...facts, revision: origin.revision, note: pull.note, ...(await pullFromWeb(id, pull, options))}
  const {env, signal, notify} = options
  const wanted = pull.files[split]!
  const repo = {kind: 'dataset', name: origin.repo, revision: origin.revision} as const
  const {commit, ...downloaded} = await downloadRepo(repo, {env, signal, notify, include: path => wanted.test(path)})
  return {...facts, ...downloaded, revision: commit, note: null}
}

type WebPull = Extract<Pull, {from: 'web'}>

/** The folder appears only when every file in it is complete. Until then the files are in a draft folder beside it. */
async function pullFromWeb(id: string, {base, files}: WebPull, {cacheDir, env, signal, notify}: PullOptions) {
  const folder = pulledData(cacheDir, id)
  const bytes = files.reduce((sum, {size}) => sum + size, 0)
  if (existsSync(folder)) return {folder, files: files.length, bytes, fetched: 0}
  if (isOffline(env))
    throw new LanternError(
      'data-absent',
      `${id} cannot be fetched: HF_HUB_OFFLINE is set.`,
      'Unset it, or give --data DIR.',
    )
  const draft = `${folder}.draft`
  await makeFolder(dirname(folder))
  const fetched = await downloadFiles(
    files.map(({path, size, sha256}) => ({
      name: path,
      url: `${base}/${path}`,
      target: join(draft, path),
      size,
      digest: {algorithm: 'sha256', hex: sha256},
    })),
    {env, folder: dirname(folder), signal, notify},
  )
  await rename(draft, folder)
  return {folder, files: files.length, bytes, fetched}
}
