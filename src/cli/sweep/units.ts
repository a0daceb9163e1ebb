// A sweep file as units, and a unit as a run. Its keys are lists of settings of `run`, and any other setting of it.
import {readdir} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {LanternError, messageOf} from '../../core/errors.js'
import {limits} from '../../core/limits.js'
import {readSmallText} from '../../core/small-file.js'
import {parseYaml} from '../../core/yaml-file.js'
import {evaluate} from '../../evaluation/evaluate.js'
import {prepare} from '../../evaluation/prepare.js'
import type {RunEvent} from '../../evaluation/spec.js'
import {type Plan, type Sweep, type Unit, unitDir, unitsOf} from '../../evaluation/sweep/plan.js'
import type {RunUnit} from '../../evaluation/sweep/work.js'
import {untilFree} from '../../run-folder/hold.js'
import {toSpec} from '../run-spec.js'
import {runSettings} from '../settings/index.js'
import {resolveSettings} from '../settings/resolve.js'
import {readValue, type Setting} from '../settings/setting.js'

/** Keys of the file whose names are the plural of a setting's. */
const plurals: Readonly<Record<string, string>> = {modes: 'mode', interventions: 'intervention'}
/** Settings that a unit has of its own. */
const ofUnits = new Set(['model', 'bench', 'shard', 'out', 'vary', 'dry-run'])
const table: Readonly<Record<string, Setting<unknown>>> = runSettings

export interface Planned extends Pick<Plan, 'folder' | 'settings'> {
  readonly units: readonly Unit[]
}

/** Reads a sweep file. Throws `bad-config` with the place of what is wrong. */
export async function readSweepFile(file: string): Promise<Planned> {
  let text: string
  try {
    text = await readSmallText(file, limits.textBytes)
  } catch (error) {
    throw new LanternError('bad-config', `${file} cannot be read: ${messageOf(error)}.`, 'Name a sweep file.')
  }
  const {content, placeOf} = await parseYaml(file, text)
  const {models: named, benchmarks, seeds, shards = 1, ...rest} = (content ?? {}) as Record<string, unknown>
  const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])
  const bad = (key: string, what: string) =>
    new LanternError('bad-config', `${placeOf([key])}: "${key}" ${what}.`, 'design/contract.md shows a sweep file.')
  const listed = (key: string, value: unknown) => {
    const list = listOf(value)
    if (list.length === 0 || list.some(one => typeof one !== 'string')) throw bad(key, 'is not a list of names')
    return [...new Set(list as string[])]
  }
  const asked = listed('models', named)
  const benches = listed('benchmarks', benchmarks)
  if (typeof shards !== 'number' || !Number.isInteger(shards) || shards < 1) throw bad('shards', 'is not 1 or more')
  const drawn = seeds === undefined ? [] : listOf(seeds)
  if (seeds !== undefined && (drawn.length === 0 || drawn.some(seed => !Number.isInteger(seed))))
    throw bad('seeds', 'is not a list of whole numbers')
  if (seeds !== undefined && rest['seed'] !== undefined) throw bad('seed', 'goes with no "seeds"')
  const settings: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    const name = plurals[key] ?? key
    if (table[name] === undefined || ofUnits.has(name)) throw bad(key, 'is not a setting of a sweep')
    await readValue(table[name], value, {
      subject: `${placeOf([key])}: "${key}":`,
      code: 'bad-config',
      advice: 'See `lantern-eval run --help`.',
      text: false,
    })
    settings[name] = value
  }
  const folder = resolve(dirname(file))
  // A number would bind a unit to one card of whichever machine runs it.
  if (/^cuda:/.test(String(settings['device'])))
    throw bad('device', 'names one card; write cuda, and give each worker its card by CUDA_VISIBLE_DEVICES')
  const units = unitsOf(await expanded(asked, folder, bad), benches, shards, [...new Set(drawn as number[])])
  return {folder, settings, units}
}

/** Globs among the models as the folders that they match, in the order of their names. */
async function expanded(models: readonly string[], folder: string, bad: (key: string, what: string) => Error) {
  const all: string[] = []
  for (const model of models) {
    if (!/[*?]/.test(model) || model.includes(':')) {
      all.push(model)
      continue
    }
    const parent = dirname(model)
    if (/[*?]/.test(parent)) throw bad('models', `may have * and ? in the last part of a path only: ${model}`)
    const pattern = basename(model)
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
    const names = await readdir(resolve(folder, parent)).catch(() => [])
    const found = names.filter(name => new RegExp(`^${pattern}$`).test(name)).map(name => resolve(folder, parent, name))
    if (found.length === 0) throw bad('models', `matches nothing: ${model}`)
    all.push(...found.sort())
  }
  return [...new Set(all)]
}

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
      return await evaluate(prepared, show, signal)
    } finally {
      await prepared.close()
    }
  }
}
