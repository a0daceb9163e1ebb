// A sweep file as units. Its keys are lists of settings of `run`, and any other setting of it. All that can be known
// without the data and the models is checked here, before a cluster finds out a thousand times.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {didYouMean} from '../../core/closest.js'
import {LanternError} from '../../core/errors.js'
import {reasonOf} from '../../core/folders.js'
import {limits} from '../../core/limits.js'
import {readSmallText} from '../../core/small-file.js'
import {parseYaml} from '../../core/yaml-file.js'
import {type Plan, type Unit, unitsOf} from '../../evaluation/sweep/plan.js'
import {servedBy} from '../../runners/index.js'
import {labelAndRef} from '../settings/asked.js'
import {runSettings} from '../settings/index.js'
import {readValue, type Setting} from '../settings/setting.js'

/** Keys of the file whose names are the plural of a setting's. */
const plurals: Readonly<Record<string, string>> = {modes: 'mode', interventions: 'intervention'}
/** Keys that are no settings of `run`. */
const ownKeys = ['models', 'benchmarks', 'seeds', 'shards', ...Object.keys(plurals)]
/** Settings that a unit has of its own. */
const ofUnits = new Set(['model', 'bench', 'shard', 'out', 'vary', 'dry-run'])
const table: Readonly<Record<string, Setting<unknown>>> = runSettings
/** A plan is read as a whole by every worker: this many take under a second and 170 MB. */
const mostUnits = 100_000
const help = '`lantern-eval sweep plan --help` shows a sweep file.'

export interface Planned extends Pick<Plan, 'folder' | 'settings'> {
  readonly units: readonly Unit[]
  /** What may be meant, in sentences, but will fail if it stays so. */
  readonly doubts: readonly string[]
}

/**
 * Reads a sweep file. Paths in it are relative to its folder. Throws `bad-config` with the place of what is wrong, and
 * what the settings of `run` throw.
 */
export async function readSweepFile(file: string): Promise<Planned> {
  let text: string
  try {
    text = await readSmallText(file, limits.textBytes)
  } catch (error) {
    throw new LanternError('bad-config', `${file} cannot be read: ${reasonOf(error)}.`, `Name a sweep file; ${help}`)
  }
  const yaml = await parseYaml(file, text)
  const folder = resolve(dirname(file))
  // As for the worker, so that a file that a setting names is the same for both.
  const before = process.cwd()
  process.chdir(folder)
  try {
    return await plannedFrom(yaml.content, folder, key => yaml.placeOf([key]))
  } finally {
    process.chdir(before)
  }
}

async function plannedFrom(content: unknown, folder: string, placeOf: (key: string) => string): Promise<Planned> {
  const given = (content ?? {}) as Record<string, unknown>
  const bad: Refusal = (key, what, advice = help) =>
    new LanternError('bad-config', `${placeOf(key)}: "${key}" ${what}.`, advice)
  const check = (key: string, name: string, value: unknown) =>
    readValue(table[name]!, value, {
      ...{subject: `${placeOf(key)}: "${key}":`, code: 'bad-config', text: false},
      advice: 'See `lantern-eval run --help`.',
    })
  const named = (key: string) => {
    if (given[key] === undefined) throw bad(key, 'is missing')
    const list = listOf(given[key])
    const isName = (one: unknown) => typeof one === 'string' && one.trim() !== ''
    if (list.length === 0 || !list.every(isName)) throw bad(key, 'is not a list of names')
    return [...new Set(list as string[])]
  }
  const {shards = 1, seeds} = given
  const models = await expanded(named('models'), bad)
  const benchmarks = named('benchmarks')
  for (const bench of benchmarks) await check('benchmarks', 'bench', [bench])
  for (const model of models) {
    await check('models', 'model', [model])
    try {
      servedBy(labelAndRef(model).ref)
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      throw bad('models', `names ${model}, which no runner serves`, error.suggestion)
    }
  }
  if (typeof shards !== 'number' || !Number.isInteger(shards) || shards < 1)
    throw bad('shards', 'is not a whole number from 1')
  const drawn = seeds === undefined ? [] : listOf(seeds)
  if (seeds !== undefined && drawn.length === 0) throw bad('seeds', 'is not a list of whole numbers')
  for (const seed of drawn) await check('seeds', 'seed', seed)
  if (seeds !== undefined && given['seed'] !== undefined) throw bad('seed', 'goes with no "seeds"')

  const settings: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (ownKeys.includes(key) && plurals[key] === undefined) continue
    const name = plurals[key] ?? key
    if (table[name] === undefined || ofUnits.has(name)) {
      const known = [...ownKeys, ...Object.keys(table).filter(one => !ofUnits.has(one))]
      throw bad(key, 'is not a setting of a sweep', `${didYouMean(key.replaceAll('_', '-'), known)}${help}`)
    }
    if (name in settings) throw bad(key, `says "${name}" a second time`)
    await check(key, name, value)
    settings[name] = value
  }
  // A number would bind a unit to one card of whichever machine runs it.
  if (/^cuda:/.test(String(settings['device'])))
    throw bad('device', 'names one card; write cuda, and give each worker its card by CUDA_VISIBLE_DEVICES')
  const runs = models.length * benchmarks.length * Math.max(1, new Set(drawn).size)
  if (runs * shards > mostUnits)
    throw bad('shards', `makes ${runs * shards} units of ${runs} runs, and a sweep has at most ${mostUnits}`)
  return {
    ...{folder, settings},
    units: unitsOf(models, benchmarks, shards, [...new Set(drawn as number[])]),
    doubts: models.flatMap(model => {
      const path = pathOf(model)
      return path === null || existsSync(path)
        ? []
        : [`There is no ${path} yet; without it the units of ${model} fail.`]
    }),
  }
}

/** What is wrong with a key. */
type Refusal = (key: string, what: string, advice?: string) => LanternError

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** The folder of a checkpoint, seen from the current one; null for a model that is no folder. */
function pathOf(model: string): string | null {
  const {ref} = labelAndRef(model)
  return /^[a-z]\w+:/i.test(ref) ? null : resolve(ref)
}

/**
 * Globs among the models as the folders that they match, in the order of their names and spelt as the glob is, because
 * a table shows them so. One folder in several spellings is one model, by the first of them.
 */
async function expanded(models: readonly string[], bad: Refusal): Promise<string[]> {
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
    const names = await readdir(resolve(parent)).catch(() => [])
    const found = names.filter(name => new RegExp(`^${pattern}$`).test(name))
    if (found.length === 0) throw bad('models', `matches nothing: ${model}`, `It was looked for in ${resolve(parent)}.`)
    const before = model.slice(0, model.length - basename(model).length)
    all.push(...found.sort().map(name => `${before}${name}`))
  }
  const seen = new Set<string>()
  return all.filter(model => {
    const one = labelAndRef(model).label === undefined ? (pathOf(model) ?? model) : model
    return !seen.has(one) && seen.add(one)
  })
}
