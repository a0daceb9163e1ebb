// Which run folders a path means: itself, or those under it.
import {readdir, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {lockFile, logFile} from '../run-folder/reader.js'
import {type Run, readRun} from './read-run.js'

const defaultResults = 'results'

/** Deep enough for results/<experiment>/<run>; a run never lies in a run. */
const depth = 3

interface Found {
  readonly dir: string
  /** The path itself is the run; else it was found below the path. */
  readonly named: boolean
}

/**
 * The run folders that the paths name or hold, in the order of their names. Throws `usage` for a path that is not there
 * or holds none.
 */
async function findRuns(paths: readonly string[]): Promise<Found[]> {
  // `results/x` and `results/x/` are one run; named is named, though it lies below another path too.
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
 * Reads the runs that were asked for; without any, all under results/. A run that was not named and cannot be read
 * costs a warning, not the table, and one that was edited the exit code of `provenance`; one without a record is no run
 * yet.
 * Throws as `findRuns` and, for named runs, as `readRun`.
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

async function hasRecords(dir: string): Promise<boolean> {
  return stat(join(dir, logFile)).then(
    ({size}) => size > 0,
    () => false,
  )
}
