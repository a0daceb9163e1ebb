// Finds the run folders that a path stands for: itself, or those below it.
import {readdir, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {lockFile, logFile, openRunFolder} from '../run-folder/reader.js'
import {type Run, readRun} from './read-run.js'

const defaultResults = 'results'

/** Deep enough for results/<experiment>/<run>. Runs are never nested. */
const depth = 3

interface Found {
  readonly dir: string
  /** True if the path itself is the run; false if the run was found below it. */
  readonly named: boolean
}

/**
 * The run folders at or below the paths, in the order of their names. Throws `usage` for a path that does not exist or
 * holds no run.
 */
async function findRuns(paths: readonly string[]): Promise<Found[]> {
  // `results/x` and `results/x/` are the same run. A run counts as named even if it also lies below another path.
  const found = new Map<string, Found>()
  for (const path of paths) {
    const below = await runsUnder(path, depth)
    if (below.length === 0) {
      const why = (await isFolder(path)) ? 'holds no run (no lock.json)' : 'does not exist'
      throw noRun(path, why)
    }
    for (const dir of below) {
      const key = resolve(dir)
      const before = found.get(key)
      found.set(key, {dir: before?.dir ?? dir, named: before?.named === true || dir === path})
    }
  }
  return [...found.values()]
}

function noRun(path: string, why: string): LanternError {
  return new LanternError(
    'usage',
    `${path} ${why}.`,
    'Give a folder that `lantern-eval run` wrote, or one that holds such folders.',
  )
}

/** The run folders at or below a path, without reading them; none where the path is no folder. */
export function runFoldersBelow(path: string): Promise<string[]> {
  return runsUnder(path, depth)
}

async function runsUnder(path: string, levels: number): Promise<string[]> {
  let entries: {name: string; isDirectory(): boolean}[]
  try {
    entries = await readdir(path, {withFileTypes: true})
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  }
  if (entries.some(({name}) => name === lockFile)) return [path]
  if (levels === 0) return []
  const folders = entries.filter(entry => entry.isDirectory()).map(({name}) => name)
  const below = await Promise.all(folders.sort().map(name => runsUnder(join(path, name), levels - 1)))
  return below.flat()
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

/**
 * Reads the runs at the given paths, or all under results/ if there are none. If a run that was not named cannot be
 * read, that is only a warning; if it was edited, the exit code is that of `provenance`; if it has no record yet, it is
 * skipped.
 * Throws like `findRuns` and, for named runs, like `readRun`.
 */
export async function readRuns(paths: readonly string[]): Promise<{runs: Run[]; warnings: string[]; exitCode: number}> {
  const asked = paths.length > 0 ? paths : [defaultResults]
  const runs: Run[] = []
  const warnings: string[] = []
  let exitCode = 0
  for (const {dir, named} of await findRuns(asked)) {
    try {
      if (named || (await hasRecords(dir))) runs.push(await readRun(dir))
    } catch (error) {
      if (named || !(error instanceof LanternError)) throw error
      if (error.code === 'provenance') exitCode = error.exitCode
      warnings.push(`Left out: ${error.message}`)
    }
  }
  if (runs.length === 0 && warnings.length === 0) throw noRun(asked.join(', '), 'holds no run with a sample')
  return {runs, warnings, exitCode}
}

/**
 * The folders at the given paths, or all under results/ if there are none, that are whole runs; of those that were not
 * named and cannot be read, a warning. Throws like `findRuns` and, for named runs, like `openRunFolder`.
 */
export async function readableRuns(paths: readonly string[]): Promise<{dirs: string[]; warnings: string[]}> {
  const asked = paths.length > 0 ? paths : [defaultResults]
  const dirs: string[] = []
  const warnings: string[] = []
  for (const {dir, named} of await findRuns(asked)) {
    try {
      await openRunFolder(dir)
      dirs.push(dir)
    } catch (error) {
      if (named || !(error instanceof LanternError)) throw error
      warnings.push(`Left out: ${error.message}`)
    }
  }
  if (dirs.length === 0) throw noRun(asked.join(', '), 'holds no run that can be read')
  return {dirs, warnings}
}

async function hasRecords(dir: string): Promise<boolean> {
  return stat(join(dir, logFile)).then(
    ({size}) => size > 0,
    () => false,
  )
}
