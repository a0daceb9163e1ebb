// Units handed out by Redis, through BullMQ, for workers that come and go. A job is the index of a unit and nothing
// else. What is done or failed stands in the folder of the sweep alone, so every job is removed once its worker is
// through with it, and whoever finds the queue empty fills it again with what the folder says is left. That makes a
// queue that was lost, flushed or filled twice harmless: it costs no unit and runs none again.
import {randomUUID} from 'node:crypto'
import {link, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {partOf} from '../../core/part-file.js'
import {decoded, redactor} from '../../core/redact.js'

export interface Handed {
  readonly index: number
  /** Removes the job, whatever became of the unit. Waits for nothing. */
  through(): void
}

export interface UnitQueue {
  /** A unit that no other worker was given; null where none waits. */
  next(): Promise<Handed | null>
  /** Whether no unit waits and no worker has one. */
  isEmpty(): Promise<boolean>
  /** Adds units; one that is there already is left as it is. */
  add(indices: readonly number[]): Promise<void>
  /** Drops what waits, once no unit is left to do. A Redis that is away is let be. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** How long Redis may be away: at the start, and later. */
const patienceMs = {first: 5000, later: 300_000}

/**
 * A job whose worker did not renew it for this long is handed out again. The claim on the shared folder keeps two
 * workers off one unit, so this may be short.
 */
const lockMs = 15_000
const stalledCheckMs = 5000
const addedAtOnce = 1000
const closeMs = 2000

/**
 * Opens the queue of the sweep in `dir` at `redis[s]://[USER:PASSWORD@]HOST[:PORT][/DB]`.
 * Throws `endpoint` where Redis cannot be reached or refuses. So does every function of the queue, for a Redis that
 * stays away. An aborted `signal` ends every wait.
 * @param tell told, once each time, that Redis is away and that it is back
 */
export async function openQueue(
  dir: string,
  url: string,
  signal: AbortSignal,
  tell: (sentence: string) => void = () => {},
): Promise<UnitQueue> {
  const name = `lantern-eval-sweep-${await idOf(dir)}`
  const [{Redis}, {Queue, Worker}] = await Promise.all([import('ioredis'), import('bullmq')])
  const shown = shownUrl(url)
  const connections = [new Redis(optionsOf(url)), new Redis(optionsOf(url))] as const
  const presence = watch(connections[0], shown, tell)
  // The message of an error of the connection is kept by `watch`; without a listener it would end the process.
  for (const connection of connections) connection.on('error', () => undefined)
  const stopped = aborted(signal)
  const answered = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    if (signal.aborted) return otherwise
    try {
      return await Promise.race([work(), presence.gone, stopped.then(() => otherwise)])
    } catch (error) {
      throw error instanceof LanternError ? error : refusal(shown, error)
    }
  }
  try {
    // Its own answer: a database that does not exist would only be an event, and the first one used instead.
    await answered<unknown>(() => connections[0].select(connections[0].options.db ?? 0), null)
  } catch (error) {
    presence.end()
    for (const connection of connections) connection.disconnect()
    throw error
  }
  const queue = new Queue(name, {connection: connections[0], streams: {events: {maxLen: 100}}})
  const worker = new Worker(name, null, {
    connection: connections[1],
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    // A unit that killed its worker stays to be run: `status` shows it, and it is not for the queue to give it up.
    maxStalledCount: 1_000_000,
  })
  queue.on('error', () => undefined)
  worker.on('error', () => undefined)
  void worker.startStalledCheckTimer().catch(() => undefined)
  const token = randomUUID()
  const ends = new Set<Promise<unknown>>()
  return {
    async next() {
      const job = (await answered(() => worker.getNextJob(token, {block: false}), undefined)) as
        | import('bullmq').Job
        | undefined
      if (job === undefined) return null
      const renewal = setInterval(() => void job.extendLock(token, lockMs).catch(() => undefined), lockMs / 3)
      renewal.unref()
      return {
        index: Number(job.data.index),
        through() {
          clearInterval(renewal)
          // Where this fails, the job is handed out again, and dropped for what the folder says.
          const end = job.moveToCompleted(null, token, false).catch(() => undefined)
          ends.add(end)
          void end.then(() => ends.delete(end))
        },
      }
    },
    isEmpty: () =>
      answered(async () => {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
        return Object.values(counts).every(count => count === 0)
      }, false),
    async add(indices) {
      for (let k = 0; k < indices.length && !signal.aborted; k += addedAtOnce) {
        const jobs = indices.slice(k, k + addedAtOnce).map(index => ({
          name: 'unit',
          data: {index},
          opts: {jobId: `unit-${index}`, removeOnComplete: true, removeOnFail: true},
        }))
        await answered<unknown>(() => queue.addBulk(jobs), null)
      }
    },
    clear: () => within(closeMs, queue.drain()),
    async close() {
      await within(closeMs, Promise.all(ends))
      presence.end()
      // Forced: an orderly end would wait for a Redis that is away.
      await within(closeMs, Promise.all([worker.close(true), queue.close()]))
      for (const connection of connections) connection.disconnect()
    },
  }
}

/**
 * The name of a sweep in Redis: made by the first worker that needs it and kept in the folder, because hosts may see
 * the folder at different paths.
 */
async function idOf(dir: string): Promise<string> {
  const path = join(dir, 'queue-id')
  const draft = partOf(path)
  await writeFile(draft, randomUUID())
  try {
    await link(draft, path)
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(draft, {force: true})
  }
  return readFile(path, 'utf8')
}

/** What ioredis needs. Commands wait for a Redis that is away: `watch` says for how long. */
function optionsOf(text: string): import('ioredis').RedisOptions {
  const url = new URL(text)
  const db = url.pathname.slice(1)
  return {
    host: url.hostname === '' ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username !== '' && {username: decoded(url.username)}),
    ...(url.password !== '' && {password: decoded(url.password)}),
    ...(db !== '' && {db: Number(db)}),
    ...(url.protocol === 'rediss:' && {tls: {}}),
    maxRetriesPerRequest: null,
    connectTimeout: 5000,
    // ioredis waits so long for the end of a connection that has ended already, and the process with it.
    disconnectTimeout: 200,
    retryStrategy: times => Math.min(100 * times, 2000),
  }
}

/** The address without user and password. */
function shownUrl(text: string): string {
  const {protocol, host, pathname} = new URL(text)
  return `${protocol}//${host}${pathname}`
}

/** Whether Redis is there. `gone` rejects once it was away for too long. */
function watch(
  connection: import('ioredis').Redis,
  shown: string,
  tell: (sentence: string) => void,
): {readonly gone: Promise<never>; end(): void} {
  let timer: NodeJS.Timeout | undefined
  let reason = 'it does not answer'
  let seen = false
  let fail: (error: LanternError) => void
  const gone = new Promise<never>((_, reject) => {
    fail = reject
  })
  gone.catch(() => undefined)
  const away = () => {
    if (timer !== undefined) return
    const patience = seen ? patienceMs.later : patienceMs.first
    if (seen) tell(`Redis at ${shown} is away; waiting up to ${Math.ceil(patience / 1000)} s for it.`)
    timer = setTimeout(() => fail(unreachable(shown, reason)), patience)
  }
  connection.on('error', error => {
    // Node tries several addresses of a host, and then has several reasons.
    reason = messageOf(error) || (systemCodeOf(error) ?? reason)
  })
  connection.on('close', away)
  connection.on('ready', () => {
    if (seen && timer !== undefined) tell(`Redis at ${shown} is back.`)
    clearTimeout(timer)
    timer = undefined
    seen = true
  })
  away()
  return {
    gone,
    end() {
      connection.off('close', away)
      clearTimeout(timer)
    },
  }
}

function unreachable(shown: string, reason: string): LanternError {
  return new LanternError(
    'endpoint',
    `Redis at ${shown} cannot be reached: ${redact(reason)}.`,
    'Start redis-server there, check --queue, or leave it out to take units by claim files; what is done stays done.',
  )
}

function refusal(shown: string, error: unknown): LanternError {
  return new LanternError(
    'endpoint',
    `Redis at ${shown} refuses: ${redact(messageOf(error)).replace(/\.$/, '')}.`,
    'Check user, password and number of the database in --queue, and the rights of that user.',
  )
}

const redact = redactor([])

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), {once: true})
  })
}

/** Waits for `work`, whatever becomes of it, but not for longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new AbortController()
  await Promise.race([work.catch(() => undefined), sleep(ms, undefined, {signal: late.signal}).catch(() => undefined)])
  late.abort()
}
