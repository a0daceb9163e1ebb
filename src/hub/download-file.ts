// Downloads one file to disk. Resumes after interruptions, verifies the hash, and gives the file its final name only
// once it is complete and correct.
import {createHash, type Hash} from 'node:crypto'
import {createReadStream, createWriteStream} from 'node:fs'
import {readdir, rename, rm} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {isAlive} from '../core/process.js'
import {type Environment, otherHome} from './cache-layout.js'
import {type Answer, get, headerOf} from './http.js'

/** The expected digest: the sha256 of a large file, or git's object name of a small one. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git-sha1'
  readonly hex: string
}

export interface FileDownload {
  readonly url: string
  readonly target: string
  readonly size: number
  readonly digest: Digest
  readonly env: Environment
  readonly authorization?: string
  readonly signal: AbortSignal
  /** Called with the number of bytes added, or a negative number when wrong bytes were discarded. */
  readonly onBytes: (count: number) => void
  readonly onRetry: (reason: string) => void
  /** Milliseconds before the first retry. The delay doubles with each further retry. */
  readonly retryMs?: number
}

/** Consecutive attempts that may bring no bytes. */
const mostFruitless = 5
const mostWrong = 2
const longestRetryMs = 30_000
const longerThanListed = new Error('the server sends more than the file has')

/**
 * Downloads a file to `target`. A broken or truncated transfer resumes where it stopped, even in a later run. A file
 * with a wrong hash is discarded and fetched once more.
 * Throws LanternError: `data-absent` when the server does not deliver the file, `bad-file` for a wrong hash, `disk`
 * when the disk is full.
 */
export async function downloadFile(file: FileDownload): Promise<void> {
  const {target, size, signal, onRetry, retryMs = 500} = file
  await makeFolder(dirname(target), otherHome)
  const part = new Part(await adoptPart(target), file)
  await part.reload()
  let wrong = 0
  let fruitless = 0
  while (true) {
    const before = part.length
    let problem = 'the transfer ended early'
    let tooLong = false
    if (part.length < size) {
      try {
        await transfer(file, part)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof LanternError) throw error
        if (systemCodeOf(error) === 'ENOSPC') throw diskFull(target)
        problem = messageOf(error)
        tooLong = error === longerThanListed
      }
    }
    if (tooLong || part.length >= size) {
      if (!tooLong && part.isRight()) break
      await part.discard()
      if (++wrong === mostWrong) throw wrongHash(file)
      onRetry('the file does not have its published hash')
      continue
    }
    fruitless = part.length > before ? 0 : fruitless + 1
    if (fruitless > mostFruitless) throw absent(file.url, problem)
    onRetry(problem)
    await sleep(Math.min(retryMs * 2 ** fruitless, longestRetryMs), undefined, {signal})
  }
  await rename(part.path, target)
}

/** The unfinished file: its length so far and the hash of its content. */
class Part {
  readonly path: string
  readonly #file: FileDownload
  #hash: Hash
  #length = 0

  constructor(path: string, file: FileDownload) {
    this.path = path
    this.#file = file
    this.#hash = freshHash(file)
  }

  get length(): number {
    return this.#length
  }

  add(chunk: Buffer): void {
    this.#hash.update(chunk)
    this.#length += chunk.length
    this.#file.onBytes(chunk.length)
  }

  /** Starts again from zero, because the server sends the file from its beginning. */
  restart(): void {
    this.#file.onBytes(-this.#length)
    this.#hash = freshHash(this.#file)
    this.#length = 0
  }

  /** Reads what is actually on disk. */
  async reload(): Promise<void> {
    this.restart()
    try {
      for await (const chunk of createReadStream(this.path, {highWaterMark: 1 << 20})) this.add(chunk)
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error
    }
  }

  async discard(): Promise<void> {
    await rm(this.path, {force: true})
    this.restart()
  }

  /** Whether the file is complete and correct. May be called only once, because it finalises the hash. */
  isRight(): boolean {
    return this.#length === this.#file.size && this.#hash.digest('hex') === this.#file.digest.hex
  }
}

function freshHash({size, digest}: Pick<FileDownload, 'size' | 'digest'>): Hash {
  // git hashes the content of a file after this header (git-scm.com, "Git Internals - Git Objects").
  return digest.algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)
}

/** Appends what the server sends. What arrived before an interruption is kept. */
async function transfer({url, env, authorization, signal, size}: FileDownload, part: Part): Promise<void> {
  const range: Record<string, string> = part.length > 0 ? {range: `bytes=${part.length}-`} : {}
  const answer = await get(url, {
    env,
    headers: {'accept-encoding': 'identity', ...range},
    signal,
    ...(authorization === undefined ? {} : {authorization}),
  })
  if (answer.status >= 400) await refuse(answer, url)
  if (answer.status !== 206) part.restart()
  else if (startOf(answer) !== part.length) {
    // Destroying a body that nobody reads is an error event, which would end the process.
    answer.body.on('error', () => undefined).destroy()
    throw new Error('the server sent a different part of the file than requested')
  }
  // A listener costs less than another stream between the network and the disk.
  answer.body.on('data', (chunk: Buffer) => {
    part.add(chunk)
    if (part.length > size) answer.body.destroy(longerThanListed)
  })
  const output = createWriteStream(part.path, {flags: part.length > 0 ? 'a' : 'w', highWaterMark: 1 << 20})
  try {
    await pipeline(answer.body, output, {signal})
  } catch (error) {
    // Some of the bytes counted may not have reached the disk.
    await part.reload()
    throw error
  }
}

function startOf(answer: Answer): number {
  return Number(/^bytes (\d+)-/.exec(headerOf(answer, 'content-range') ?? '')?.[1] ?? Number.NaN)
}

/** Throws for an error status. Temporary errors are plain Errors and are retried; a LanternError is final. */
async function refuse(answer: Answer, url: string): Promise<never> {
  await answer.body.dump()
  if (answer.status === 416) throw new Error('the server has no more of the file')
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new Error(`HTTP ${answer.status}`)
  throw absent(url, headerOf(answer, 'x-error-message') ?? `HTTP ${answer.status}`)
}

/**
 * The path of this process's unfinished file. A file left behind by a dead process is taken over. A file that a living
 * process is writing is left alone; both processes then download, and the last to finish wins with the same bytes.
 */
async function adoptPart(target: string): Promise<string> {
  const own = `${target}.${process.pid}.part`
  const name = basename(target)
  for (const entry of await readdir(dirname(target))) {
    const pid = entry.startsWith(`${name}.`) ? /^\.(\d+)\.part$/.exec(entry.slice(name.length))?.[1] : undefined
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue
    await rename(join(dirname(target), entry), own).catch(() => {})
    break
  }
  return own
}

function absent(url: string, why: string): LanternError {
  return new LanternError(
    'data-absent',
    `${url} could not be downloaded: ${why}.`,
    'Run the same command again: it resumes where it stopped.',
  )
}

function wrongHash({url}: FileDownload): LanternError {
  return new LanternError(
    'bad-file',
    `${url} arrived ${mostWrong} times with a hash other than the published one, so it was not kept.`,
    'A proxy may have changed it: try another network, or check HF_ENDPOINT.',
  )
}

function diskFull(target: string): LanternError {
  return new LanternError(
    'disk',
    `The disk of ${dirname(target)} is full.`,
    'Free some space, or set HF_HOME to a larger disk; then run it again.',
  )
}
