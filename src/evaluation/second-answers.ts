// Where the answers are that a diagnosis generates a second time: in folders of the run, one for each benchmark.
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {systemCodeOf} from '../core/errors.js'

const folder = 'again'

/** The folder of the second answers to a benchmark. */
export function secondRun(runDir: string, bench: string): string {
  return join(runDir, folder, encodeURIComponent(bench))
}

/** The folders of second answers that a run has, in order. */
export async function secondRuns(runDir: string): Promise<string[]> {
  try {
    return (await readdir(join(runDir, folder))).sort().map(name => join(runDir, folder, name))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  }
}
