// Where the data of a benchmark are: given, fetched, generated, or answers alone. Every command uses this rule. Paths
// only; nothing is opened here.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {LanternError} from '../core/errors.js'
import {type Environment, repoFolder, resolveInHubCache} from '../hub/cache-layout.js'
import type {Benchmark} from './benchmark.js'

/** `fixtures/` of this package; src/ and dist/ are at the same depth below it. */
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))

/** Folder of the generated samples of this benchmark that ship with the package, or undefined. */
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

/** Places on this machine: our cache folder, and the environment that names the hub's. */
export interface Machine {
  readonly cacheDir: string
  readonly env: Environment
}

/** Data on this machine, by kind; null where there are none. */
export interface Places {
  readonly official: string | null
  readonly builtin: string | null
  readonly answers: string | null
  /** Where a user's own definition says. */
  readonly own?: string
}

/** Where the data of a benchmark are on this machine. */
export async function placesOf(benchmark: Benchmark, machine: Machine): Promise<Places> {
  return {
    official: (await localData(benchmark, machine)) ?? null,
    builtin: builtinData(benchmark.id) ?? null,
    answers: answersOnlyData(benchmark) ?? null,
    ...(benchmark.home !== undefined && {own: benchmark.home}),
  }
}

/** Which data of one benchmark are wanted. */
export interface DataWish {
  /** The value of `--data` for it, from `dataGiven`: a path, or `builtin`. */
  readonly given: string | undefined
  /** True when pictures are needed; otherwise gold answers alone are enough. */
  readonly pictures: boolean
  /**
   * Built-in samples: `always` (nothing else), `last` (if nothing else is found), `named` (only with `--data builtin`).
   */
  readonly builtin: 'always' | 'last' | 'named'
}

export interface DataPlace {
  readonly path: string
  readonly kind: 'given' | 'builtin' | 'official' | 'answers'
}

/** The value of `--data` for a benchmark: its own, else the common one. */
export function dataGiven(data: Readonly<Record<string, string>>, id: string): string | undefined {
  return data[id] ?? data['*']
}

/**
 * The place of a benchmark's data: the given one, else fetched data, else gold answers alone, else the built-in
 * samples. A generated benchmark has only the built-in samples.
 * Throws `data-absent` with the command that helps.
 */
export async function findData(benchmark: Benchmark, wish: DataWish, machine: Machine): Promise<DataPlace> {
  const {id, origin, home} = benchmark
  const {given, pictures} = wish
  if (given !== undefined && given !== 'builtin') return {path: given, kind: 'given'}
  if (given === undefined && home !== undefined) return {path: home, kind: 'given'}
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
    ...(origin.pull === undefined ? [] : [`fetch them with \`lantern-eval bench pull ${benchmark.definition ?? id}\``]),
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
