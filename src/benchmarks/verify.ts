// What `bench verify` finds: counts per subtask against the official ones, the label revision, and everything that is
// wrong. Prints nothing.
import {LanternError} from '../core/errors.js'
import type {DataProblem, DataSet} from './benchmark.js'
import {countOf} from './data-set.js'

type Problem = Omit<DataProblem, 'severity'>

/** The JSON of `bench verify` (design/contract.md, "Other JSON"); `notes` holds findings that are not problems. */
export interface VerifyReport {
  readonly bench: string
  readonly split: string
  readonly kind: string
  readonly layout: string
  readonly pictures: boolean
  readonly revision: string | null
  readonly labels: 'old' | 'new' | 'unknown'
  /** Whether the benchmark has several revisions of labels. */
  readonly labelled: boolean
  /** Whether counts and ids are the published ones. */
  readonly verified: boolean
  readonly dataSha256: string
  /** `expected` is null where no official count is known, as for generated samples. */
  readonly subtasks: readonly {readonly name: string; readonly found: number; readonly expected: number | null}[]
  readonly problems: readonly Problem[]
  readonly notes: readonly Problem[]
  readonly ok: boolean
}

/** Reads the whole data set, pictures too. Broken data are problems in the report, never an exception. */
export async function verifyData(data: DataSet): Promise<VerifyReport> {
  const found = await countSubtasks(data)
  const problems: Problem[] = []
  const notes: Problem[] = data.notes.map(message => ({id: null, kind: 'recognised', message}))
  for await (const {severity, ...problem} of data.problems()) (severity === 'note' ? notes : problems).push(problem)
  const {revision, labels, dataSha256} = await data.identity()
  const official = data.kind !== 'builtin'
  const names = official ? data.benchmark.subtasks.map(({name}) => name) : []
  return {
    bench: data.benchmark.id,
    split: data.split,
    kind: data.kind,
    layout: data.layout,
    pictures: data.hasImages,
    revision,
    labels: labels ?? 'unknown',
    labelled: labels !== null,
    verified: await isVerified(data),
    dataSha256,
    subtasks: [...new Set([...names, ...found.keys()])].map(name => ({
      name,
      found: countOf(name, found),
      expected:
        (official && data.benchmark.subtasks.find(subtask => subtask.name === name)?.expected[data.split]) || null,
    })),
    problems,
    notes,
    ok: problems.length === 0,
  }
}

/** Data with a broken record are reported among the problems; they are not the published ones. */
async function isVerified(data: DataSet): Promise<boolean> {
  try {
    return await data.verified()
  } catch (error) {
    if (!(error instanceof LanternError)) throw error
    return false
  }
}

async function countSubtasks(data: DataSet): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  try {
    for await (const {subtask} of data.samples()) found.set(subtask, (found.get(subtask) ?? 0) + 1)
  } catch (error) {
    // A broken record is thrown after the last good sample, and reported among the problems.
    if (!(error instanceof LanternError)) throw error
  }
  return found
}
