// Which run folders a path means: itself, or those under it.
import {readdir, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {lockFile} from '../run-folder/reader.js'
import {type Run, readRun} from './read-run.js'

const defaultResults = 'results'

/** Deep enough for results/<experiment>/<run>; a run never lies in a run. */
const depth = 3

/**
 * The run folders that the paths name or hold, in the order of their names. Throws `usage` for a path that is not there
 * or holds none.
 */
async function findRuns(paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    const below = await runsUnder(path, depth)
    if (below.length === 0) {
      const why = (await isFolder(path)) ? 'holds no run (no lock.json)' : 'does not exist'
      throw new LanternError(
        'usage',
        `${path} ${why}.`,
        'Give a folder that `lantern-eval run` wrote, or one that holds such folders.',
      )
    }
    found.push(...below)
  }
  // `results/x` and `results/x/` are one run.
  return [...new Map(found.map(dir => [resolve(dir), dir])).values()]
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
 * costs a warning, not the table. Throws as `findRuns` and, for named runs, as `readRun`.
 */
export async function readRuns(paths: readonly string[]): Promise<{runs: Run[]; warnings: string[]}> {
  const named = paths.length > 0
  const runs: Run[] = []
  const warnings: string[] = []
  for (const dir of await findRuns(named ? paths : [defaultResults])) {
    try {
      runs.push(await readRun(dir))
    } catch (error) {
      if (named || !(error instanceof LanternError)) throw error
      warnings.push(`Left out: ${error.message}`)
    }
  }
  return {runs, warnings}
}
