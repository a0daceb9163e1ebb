// Downloads several files at once. Keeps files that are already there, checks disk space before the first byte, and
// reports progress in bytes.
import {stat, statfs} from 'node:fs/promises'
import pLimit from 'p-limit'
import {LanternError} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {type Environment, otherHome} from './cache-layout.js'
import {type Digest, downloadFile} from './download-file.js'

export type DownloadEvent =
  /** What will be downloaded: `bytes` in `files`, of which `present` bytes are already on disk. */
  | {readonly type: 'plan'; readonly files: number; readonly bytes: number; readonly present: number}
  | {readonly type: 'progress'; readonly done: number; readonly total: number}
  | {readonly type: 'retry'; readonly file: string; readonly reason: string}

export interface WantedFile {
  /** Shown to the user. */
  readonly name: string
  readonly url: string
  readonly target: string
  readonly size: number
  readonly digest: Digest
}

export interface TransferOptions {
  readonly env: Environment
  /** A folder on the disk that receives the files. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly notify: (event: DownloadEvent) => void
  readonly authorization?: string
  /** Number of files downloaded at once. */
  readonly parallel?: number
  readonly retryMs?: number
}

const defaultParallel = 8
/** Space to leave free on the disk. */
const spareBytes = 256 << 20

/**
 * Downloads the files that are missing and returns how many bytes were missing. A file gets its name only after it was
 * verified, so checking its size is enough.
 * Throws LanternError `disk`, `interrupted`, or what downloadFile throws.
 */
export async function downloadFiles(files: readonly WantedFile[], options: TransferOptions): Promise<number> {
  const {env, folder, signal, notify, authorization, parallel = defaultParallel, retryMs} = options
  await makeFolder(folder, otherHome)
  const missing: WantedFile[] = []
  for (const file of files) if ((await stat(file.target).catch(() => undefined))?.size !== file.size) missing.push(file)
  const total = sum(files)
  const toFetch = sum(missing)
  await checkSpace(folder, toFetch)
  let done = total - toFetch
  notify({type: 'plan', files: files.length, bytes: total, present: done})

  const limit = pLimit(parallel)
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const downloads = missing.map(file =>
    limit(() =>
      downloadFile({
        ...file,
        env,
        signal: either,
        ...(authorization === undefined ? {} : {authorization}),
        ...(retryMs === undefined ? {} : {retryMs}),
        onBytes(count) {
          done += count
          notify({type: 'progress', done, total})
        },
        onRetry: reason => notify({type: 'retry', file: file.name, reason}),
      }),
    ),
  )
  try {
    await Promise.all(downloads)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(downloads)
    throw signal.aborted
      ? new LanternError('interrupted', 'The download was interrupted.', 'Run it again: it resumes where it stopped.')
      : error
  }
  return toFetch
}

function sum(files: readonly WantedFile[]): number {
  return files.reduce((total, {size}) => total + size, 0)
}

async function checkSpace(folder: string, bytes: number): Promise<void> {
  const {bavail, bsize} = await statfs(folder)
  if (bytes + spareBytes <= bavail * bsize) return
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`
  throw new LanternError(
    'disk',
    `The download needs ${gigabytes(bytes)}, but only ${gigabytes(bavail * bsize)} are free at ${folder}.`,
    'Free some space, or set HF_HOME (LANTERN_EVAL_CACHE_DIR for files that are not on the hub) to a folder on a larger disk.',
  )
}
