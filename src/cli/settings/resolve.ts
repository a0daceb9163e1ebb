// The value of every setting of a command, from its sources: flag > environment > file > recipe > default.
import {LanternError} from '../../core/errors.js'
import {yesOrNo} from './kinds.js'
import {readValue, type Setting, type Settings, type Source, type Values, variableOf} from './setting.js'

export interface Given {
  /** As parsed: text, a list of texts, or on and off. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Values of the configuration file by key, already read. */
  readonly file: ReadonlyMap<string, unknown>
  /** As a user writes it: `bench show`. */
  readonly command: string
}

/**
 * Throws LanternError `usage` for a value that does not fit, a missing setting, and two settings that exclude each
 * other.
 */
export async function resolveSettings<S extends Settings>(settings: S, given: Given): Promise<Values<S>> {
  const values: Record<string, unknown> = {}
  const recipe = await recipeValues(settings, given)
  const isFlag = (name: string) => given.flags[name] !== undefined
  for (const [name, setting] of Object.entries(settings)) {
    const yields = !isFlag(name) && setting.yieldsTo?.some(isFlag)
    values[name] = yields ? setting.default : await resolveOne(name, setting, given, recipe)
  }
  assertTogether(settings, values, given.command)
  return values as Values<S>
}

/** The settings of the named recipe; empty if none is named. */
async function recipeValues(settings: Settings, given: Given): Promise<ReadonlyMap<string, unknown>> {
  const {recipe, bench} = settings
  const named = recipe && (await resolveOne('recipe', recipe, given))
  if (named === undefined) return new Map()
  const {openRecipe, recipeSettings} = await import('../recipes.js')
  const benches = bench && ((await resolveOne('bench', bench, given)) as readonly string[] | undefined)
  return recipeSettings(await openRecipe(named as string), benches)
}

async function resolveOne(
  name: string,
  setting: Setting<unknown>,
  given: Given,
  recipe: ReadonlyMap<string, unknown> = new Map(),
): Promise<unknown> {
  const advice = `See \`lantern-eval ${given.command} --help\`.`
  const from = (subject: string): Source => ({subject, code: 'usage', advice, text: true})
  const flag = given.flags[name]
  if (typeof flag === 'boolean') return flag
  if (flag !== undefined) return readValue(setting, flag, from(`--${name}`))
  const variable = variableOf(name)
  const text = filled(given.env[variable])
  if (setting.negatable) {
    const opposite = await negated(name, setting, given, from)
    if (opposite !== undefined && text !== undefined)
      throw new LanternError('usage', `${variable} and ${variableOf(`no-${name}`)} are both set.`, 'Set one of them.')
    if (opposite !== undefined) return opposite
  }
  if (text !== undefined) return readValue(setting, text, from(variable))
  if (given.file.has(name) && setting.required !== true && setting.notInFile !== true) return given.file.get(name)
  return recipe.has(name) ? recipe.get(name) : setting.default
}

async function negated(
  name: string,
  setting: Setting<unknown>,
  {env}: Given,
  from: (subject: string) => Source,
): Promise<boolean | undefined> {
  const variable = variableOf(`no-${name}`)
  const text = filled(env[variable])
  return text === undefined ? undefined : !(await readValue(setting as Setting<boolean>, text, from(variable)))
}

/** A variable set to nothing, as workflows leave them, counts as unset. */
function filled(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}

function assertTogether(settings: Settings, values: Readonly<Record<string, unknown>>, command: string): void {
  const isGiven = (name: string) => values[name] !== undefined && values[name] !== false
  for (const [name, {required, needs = [], excludes = []}] of Object.entries(settings)) {
    if (required && values[name] === undefined)
      throw new LanternError('usage', `\`${command}\` needs --${name}.`, `See \`lantern-eval ${command} --help\`.`)
    if (!isGiven(name)) continue
    const missing = needs.find(other => !isGiven(other))
    if (missing !== undefined)
      throw new LanternError('usage', `--${name} means nothing without --${missing}.`, `Add --${missing}.`)
    const other = excludes.find(isGiven)
    if (other !== undefined)
      throw new LanternError('usage', `--${name} and --${other} exclude each other.`, 'Give one of them.')
  }
}

/** Whether JSON is requested by --json (before a `--`) or its variable; needed before anything is parsed. */
export function jsonAsked(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--')
  return (
    argv.slice(0, end === -1 ? undefined : end).includes('--json') || yesOrNo(env[variableOf('json')] ?? '') === true
  )
}
