// Runs that lie inside the folder of a diagnosis, one for each benchmark: own answers generated a second time, and own
// latents of samples that were not selected but give theirs to others.
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {systemCodeOf} from '../core/errors.js'

export type SideRun = 'again' | 'donors'

/** The folder of a run beside the main one, for a benchmark. */
export function sideRun(runDir: string, kind: SideRun, bench: string): string {
  return join(runDir, kind, encodeURIComponent(bench))
}

/** The folders of one kind that a run has, in order. */
export async function sideRuns(runDir: string, kind: SideRun): Promise<string[]> {
  try {
    return (await readdir(join(runDir, kind))).sort().map(name => join(runDir, kind, name))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  }
}
