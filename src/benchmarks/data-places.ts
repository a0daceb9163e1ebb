// Where the data of a benchmark lie: given, fetched, drawn, or answers alone. One rule for every command. Paths only;
// nothing is opened here.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {LanternError} from '../core/errors.js'
import {type Environment, repoFolder, resolveInHubCache} from '../hub/cache-layout.js'
import type {Benchmark} from './benchmark.js'

/** `fixtures/` of this package; src/ and dist/ lie at the same depth below it. */
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))

/** Folder of the samples that were drawn for this benchmark and ship with the package, or undefined. */
export function builtinData(id: string): string | undefined {
  return existing(join(fixtures, 'builtin', id))
}

/**
 * Folder of official gold answers without pictures that ship with the package, or undefined. Only saved answers can use
 * it.
 */
export function answersOnlyData({shippedAnswers}: Pick<Benchmark, 'shippedAnswers'>): string | undefined {
  return shippedAnswers === undefined ? undefined : existing(join(fixtures, shippedAnswers))
}

/** Where `bench pull` puts the data of a benchmark. */
export function pulledData(cacheDir: string, id: string): string {
  return join(cacheDir, 'data', id)
}

/** Where things lie on this machine: our cache folder, and the environment that names the hub's. */
export interface Machine {
  readonly cacheDir: string
  readonly env: Environment
}

/** What lies on this machine, by what it is; null where there is none. */
export interface Places {
  readonly official: string | null
  readonly builtin: string | null
  readonly answers: string | null
}

/** Where data of a benchmark lie on this machine. */
export async function placesOf(benchmark: Benchmark, machine: Machine): Promise<Places> {
  return {
    official: (await localData(benchmark, machine)) ?? null,
    builtin: builtinData(benchmark.id) ?? null,
    answers: answersOnlyData(benchmark) ?? null,
  }
}

/** What is wanted of the data of one benchmark. */
export interface DataWish {
  /** The value of `--data` for it, as `dataGiven` finds it: a path, or `builtin`. */
  readonly given: string | undefined
  /** True when somebody looks at the pictures; else gold answers alone will do. */
  readonly pictures: boolean
  /** Built-in samples: `always` (nothing else), `last` (where nothing else is), `named` (only by `--data builtin`). */
  readonly builtin: 'always' | 'last' | 'named'
}

export interface DataPlace {
  readonly path: string
  readonly kind: 'given' | 'builtin' | 'official' | 'answers'
}

/** The value of `--data` for a benchmark: its own, else the one for all. */
export function dataGiven(data: Readonly<Record<string, string>>, id: string): string | undefined {
  return data[id] ?? data['*']
}

/**
 * The place of a benchmark's data: what was given, else what was fetched, else gold answers alone, else the built-in
 * samples; a benchmark that is drawn and not published has nothing but these.
 * Throws `data-absent` with the command that helps.
 */
export async function findData(benchmark: Benchmark, wish: DataWish, machine: Machine): Promise<DataPlace> {
  const {id, origin} = benchmark
  const {given, pictures} = wish
  if (given !== undefined && given !== 'builtin') return {path: given, kind: 'given'}
  const builtin = builtinData(id)
  if (given === 'builtin' || wish.builtin === 'always' || (origin.pull === undefined && builtin !== undefined)) {
    if (builtin !== undefined) return {path: builtin, kind: 'builtin'}
    throw new LanternError('data-absent', `There are no built-in samples of ${id}.`, 'Give a folder: --data DIR.')
  }
  const {official, answers} = await placesOf(benchmark, machine)
  if (official !== null) return {path: official, kind: 'official'}
  if (answers !== null && !pictures) return {path: answers, kind: 'answers'}
  if (builtin !== undefined && wish.builtin === 'last') return {path: builtin, kind: 'builtin'}
  const ways = [
    ...(origin.pull === undefined ? [] : [`fetch them with \`lantern-eval bench pull ${id}\``]),
    'give --data DIR',
    ...(builtin === undefined ? [] : ['take the built-in samples with --data builtin']),
  ].join(', or ')
  throw new LanternError(
    'data-absent',
    `The data of ${id} are not on this machine.`,
    `${ways[0]!.toUpperCase()}${ways.slice(1)}.`,
  )
}

/**
 * The official data of a benchmark on this machine: pulled by us, else the pinned (or any) snapshot in the hub's own
 * cache.
 */
async function localData({id, origin}: Benchmark, {cacheDir, env}: Machine): Promise<string | undefined> {
  const pulled = existing(pulledData(cacheDir, id))
  if (pulled) return pulled
  const {repo: name, revision, pull} = origin
  if (pull?.from !== 'hub') return undefined
  const repo = {kind: 'dataset', name, revision} as const
  const pinned = await resolveInHubCache(repo, env)
  if (pinned) return pinned
  const snapshots = join(repoFolder(repo, env), 'snapshots')
  const others = await readdir(snapshots).catch(() => [])
  return others.length > 0 ? join(snapshots, others.sort()[0]!) : undefined
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}
