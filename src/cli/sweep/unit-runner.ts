// A unit of a sweep as a run, by the machinery of `run`. Which unit, and when, is the business of the worker.
import {resolve} from 'node:path'
import {evaluate, type RunEnd} from '../../evaluation/evaluate.js'
import {type Prepared, prepare} from '../../evaluation/prepare.js'
import type {RunEvent} from '../../evaluation/spec.js'
import {type Sweep, unitDir} from '../../evaluation/sweep/plan.js'
import type {RunUnit} from '../../evaluation/sweep/work.js'
import {untilFree} from '../../run-folder/hold.js'
import {toSpec} from '../run-spec.js'
import {runSettings} from '../settings/index.js'
import {resolveSettings} from '../settings/resolve.js'
import {readValue, type Setting} from '../settings/setting.js'

const table: Readonly<Record<string, Setting<unknown>>> = runSettings

/**
 * Runs units of a sweep by the machinery of `run`, each in a folder of its own: a second start resumes.
 * @param tell told that a worker that lost the unit still has its folder, which is waited for
 */
export function unitRunner(
  {dir, plan}: Sweep,
  env: NodeJS.ProcessEnv,
  show: (event: RunEvent) => void,
  tell: (sentence: string) => void = () => {},
): RunUnit {
  const root = resolve(dir)
  return async (unit, signal) => {
    process.chdir(plan.folder)
    // Before the model is loaded.
    await untilFree(unitDir(root, unit), {tell, signal})
    const file = new Map<string, unknown>()
    const own = {
      ...{model: [unit.model], bench: [unit.bench], shard: unit.shard, out: unitDir(root, unit)},
      ...(unit.seed !== undefined && {seed: unit.seed}),
    }
    for (const [name, value] of Object.entries({...plan.settings, ...own}))
      file.set(
        name,
        await readValue(table[name]!, value, {subject: `"${name}":`, code: 'bad-config', advice: '', text: false}),
      )
    // Variables of this worker change no setting: the plan says what is run.
    const values = await resolveSettings(runSettings, {flags: {}, env: {}, file, command: 'sweep work'})
    const prepared = await prepare(await toSpec(values, env), event => show({type: 'runner', event}))
    try {
      return verdictOf(prepared, await evaluate(prepared, show, signal))
    } finally {
      await prepared.close()
    }
  }
}

/** A shard may be left without a sample where there are fewer of them than shards: then there is nothing to miss. */
function verdictOf({benchmarks}: Pick<Prepared, 'benchmarks'>, end: RunEnd): Pick<RunEnd, 'verdict' | 'reason'> {
  const isEmptyPart = end.total === 0 && benchmarks.some(({selected}) => selected.length > 0)
  return isEmptyPart && end.verdict !== 'interrupted' ? {verdict: 'done', reason: null} : end
}
