// Recipes as settings: opens a recipe by name or file, reads its values with the table of settings, and finds the
// values that a run changed.
import {stat} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {z} from 'zod'
import {closest} from '../core/closest.js'
import {LanternError, messageOf} from '../core/errors.js'
import {canonicalJson} from '../core/hash.js'
import {limits} from '../core/limits.js'
import {readSmallText} from '../core/small-file.js'
import {parseYaml} from '../core/yaml-file.js'
import {recipeNamed, recipeOfCheckpoint} from '../modes/recipes/index.js'
import {type Recipe, recipeSchema} from '../modes/recipes/recipe.js'
import {looksLikePath} from './settings/asked.js'
import {runSettings} from './settings/index.js'
import {fileSchema, readValue, type Setting} from './settings/setting.js'

/**
 * The settings that a recipe may contain: everything a published evaluation can fix, and nothing about the user or the
 * machine.
 */
const recipeKeys = [
  'mode',
  'protocol',
  'latent-size',
  'intervention',
  'split',
  'options',
  'prompt-style',
  'system',
  'prompt-template',
  'stop',
  'max-new-tokens',
  'temperature',
  'top-p',
  'top-k',
  'max-pixels',
  'min-pixels',
  'extractor',
  'latent-dtype',
  'picture-fetch',
] as const satisfies readonly (keyof typeof runSettings)[]

/** The schema of a recipe file, with the settings from the table. schemas/recipe.schema.json is generated from it. */
export function recipeFileSchema(): z.ZodType {
  const settings = z.strictObject(
    Object.fromEntries(recipeKeys.map(key => [key, fileSchema(z, runSettings[key] as Setting<unknown>).optional()])),
  )
  const {benchmarks} = recipeSchema.shape
  const names = z.array(z.string()).min(1).optional()
  const ofOne = z.strictObject({subtasks: names, layouts: names, settings: settings.optional()})
  return recipeSchema.extend({
    settings: settings.describe(recipeSchema.shape.settings.description ?? ''),
    also: settings.optional().describe(recipeSchema.shape.also.description ?? ''),
    benchmarks: z.record(z.string(), ofOne).describe(benchmarks.description ?? ''),
  })
}

const advice = 'guide/recipes.md shows a whole recipe; `lantern-eval recipe show NAME` prints a shipped one.'

/** A recipe, with a function that names a place in it for error messages. */
export interface OpenRecipe {
  readonly recipe: Recipe
  /** `file:line:column` of a key, or the name of a built-in recipe. */
  placeOf(path: readonly PropertyKey[]): string
}

/**
 * A recipe by its name, by the id of a checkpoint on the hub, by a checkpoint's folder, or from a file. Throws `usage`
 * for an unknown one, `bad-config` with file, line and column for a file that is not a recipe, and the errors of
 * `openCheckpoint` for a folder.
 */
export async function openRecipe(nameOrFile: string): Promise<OpenRecipe> {
  const ofCheckpoint = recipeOfCheckpoint(nameOrFile.replace(/^hub:/, '').replace(/@.*$/, ''))
  if (ofCheckpoint !== undefined || !/[\\/]|\.ya?ml$/.test(nameOrFile)) {
    const recipe = ofCheckpoint ?? recipeNamed(nameOrFile)
    return {recipe, placeOf: () => `the recipe ${recipe.name}`}
  }
  if (await isFolder(nameOrFile)) {
    const {recipeOfFolder} = await import('../runners/onnx/checkpoint/recipe-of.js')
    const {recipe} = await recipeOfFolder(nameOrFile)
    return {recipe, placeOf: () => `the recipe ${recipe.name}`}
  }
  let text: string
  try {
    text = await readSmallText(nameOrFile, limits.textBytes)
  } catch (error) {
    throw new LanternError(
      'bad-config',
      `The recipe ${nameOrFile} cannot be read: ${messageOf(error)}.`,
      'Check --recipe.',
    )
  }
  const {content, placeOf} = await parseYaml(nameOrFile, text)
  const parsed = recipeSchema.safeParse(content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const {path, message} = issue
    const at = issue.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path
    throw new LanternError('bad-config', `${placeOf(at)}: "${at.join('.')}": ${message}.`, advice)
  }
  return {recipe: withPaths(parsed.data, dirname(nameOrFile)), placeOf}
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    status => status.isDirectory(),
    () => false,
  )
}

/** Paths in a recipe are relative to its file. */
function withPaths(recipe: Recipe, folder: string): Recipe {
  const {'prompt-template': template, protocol} = recipe.settings
  const settings = {
    ...recipe.settings,
    ...(typeof template === 'string' && {'prompt-template': resolve(folder, template)}),
    ...(typeof protocol === 'string' && looksLikePath.test(protocol) && {protocol: resolve(folder, protocol)}),
  }
  return {...recipe, settings}
}

/**
 * The values that a recipe sets for these benchmarks (`ID` or `ID:Subtask`), read with the table of settings. If no
 * benchmark is given, the recipe's only benchmark is used.
 * Throws `usage` for a benchmark the recipe does not cover and for two benchmarks with different settings, and
 * `bad-config` for an invalid value.
 */
export async function recipeSettings(
  {recipe, placeOf}: OpenRecipe,
  benches: readonly string[] | undefined,
): Promise<ReadonlyMap<string, unknown>> {
  const made = Object.keys(recipe.benchmarks)
  if (benches === undefined && made.length > 1)
    throw new LanternError(
      'usage',
      `The recipe ${recipe.name} is for several benchmarks.`,
      `Add --bench with one of ${made.join(', ')}.`,
    )
  const ids = [...new Set((benches ?? made).map(bench => bench.split(':', 1)[0]!))]
  const stranger = ids.find(id => !Object.hasOwn(recipe.benchmarks, id))
  if (stranger !== undefined)
    throw new LanternError(
      'usage',
      `The recipe ${recipe.name} is not made for ${stranger}.`,
      `It is for ${made.join(', ')}.`,
    )
  const values = new Map<string, unknown>(benches === undefined ? [['bench', ids]] : [])
  const common = await valuesIn(recipe.settings, ['settings'], placeOf)
  for (const [name, value] of common) values.set(name, value)
  const own = new Map<string, {readonly id: string; readonly value: unknown}>()
  for (const id of ids) {
    const forThis = await valuesIn(recipe.benchmarks[id]!.settings ?? {}, ['benchmarks', id, 'settings'], placeOf)
    for (const name of new Set([...own.keys(), ...forThis.keys()])) {
      const value = forThis.has(name) ? forThis.get(name) : common.get(name)
      const before = own.get(name) ?? (id === ids[0] ? undefined : {id: ids[0]!, value: common.get(name)})
      if (before && canonicalJson(before.value ?? null) !== canonicalJson(value ?? null))
        throw new LanternError(
          'usage',
          `The recipe ${recipe.name} has another ${name} for ${id} than for ${before.id}.`,
          'Run each of them by itself.',
        )
      own.set(name, {id, value})
      values.set(name, value)
    }
  }
  return values
}

async function valuesIn(
  settings: Readonly<Record<string, unknown>>,
  path: readonly string[],
  placeOf: OpenRecipe['placeOf'],
): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(settings)) {
    const subject = `${placeOf([...path, name])}: "${name}":`
    if (!(recipeKeys as readonly string[]).includes(name)) {
      const near = closest(name, recipeKeys)
      throw new LanternError(
        'bad-config',
        `${subject} is no setting of a recipe.`,
        `${near === undefined ? '' : `Did you mean "${near}"? `}A recipe may set ${recipeKeys.join(', ')}.`,
      )
    }
    const setting = runSettings[name as (typeof recipeKeys)[number]] as Setting<unknown>
    values.set(name, await readValue(setting, value, {subject, code: 'bad-config', advice, text: false}))
  }
  return values
}

/** The subtasks that the recipe selects from a benchmark; undefined for all. */
export function recipeSubtasks({recipe}: OpenRecipe, bench: string): readonly string[] | undefined {
  return recipe.benchmarks[bench]?.subtasks
}

/**
 * What the recipe published beside its own settings: choosing some of these values is no change. Throws `bad-config`
 * for an invalid value.
 */
export async function alsoPublished({recipe, placeOf}: OpenRecipe): Promise<ReadonlyMap<string, unknown>> {
  return valuesIn(recipe.also ?? {}, ['also'], placeOf)
}

/**
 * The settings in which a run differs from the recipe, in words: `64, not 512`. A setting that the recipe does not name
 * is fixed by its default: with a system message of your own it is no longer the published evaluation.
 */
export function changedSettings(
  recipe: ReadonlyMap<string, unknown>,
  also: ReadonlyMap<string, unknown>,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const changed: Record<string, string> = {}
  for (const name of new Set([...recipe.keys(), ...recipeKeys])) {
    const given = values[name]
    const value = recipe.has(name) ? recipe.get(name) : runSettings[name as (typeof recipeKeys)[number]].default
    const published = new Set([value, also.get(name)].flat().map(one => canonicalJson(one ?? null)))
    const chosen = also.has(name) && [given].flat().every(one => published.has(canonicalJson(one ?? null)))
    if (!chosen && canonicalJson(given ?? null) !== canonicalJson(value ?? null))
      changed[name] = `${inWords(given)}, not ${inWords(value)}`
  }
  return changed
}

function inWords(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  // {kind: 'shuffle', count: 4} is shuffle:4, as it was written.
  if (typeof value === 'object' && !Array.isArray(value)) return Object.values(value).join(':')
  // A text with blanks is quoted, so that its end is seen.
  const plain = typeof value === 'number' || (typeof value === 'string' && !/\s/.test(value))
  return plain ? String(value) : JSON.stringify(value)
}
