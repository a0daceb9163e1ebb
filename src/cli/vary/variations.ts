// `--vary` as a list of variations: which settings change, to which values. Nothing is run here.
import {loadBenchmark} from '../../benchmarks/index.js'
import {LanternError} from '../../core/errors.js'
import {canonicalJson} from '../../core/hash.js'
import {panelExtractors} from '../../metrics/panel.js'
import type {Choice} from '../../reports/sensitivity.js'
import type {RunValues} from '../run-spec.js'
import {runSettings} from '../settings/index.js'
import {readValue, type Setting} from '../settings/setting.js'

/** What is known of the run before its variations are made. */
export interface Subject {
  readonly benchmarks: readonly string[]
  /** Whether the checkpoint can think in latents. */
  readonly latent: boolean
}

/**
 * The settings that may vary: all that a published evaluation could have chosen otherwise for the same checkpoint and
 * samples. With the values that are tried where none are given; `null` where only the user can know some.
 */
const variable: Readonly<Partial<Record<keyof typeof runSettings, ((subject: Subject) => ValuesOf) | null>>> = {
  extractor: panelExtractors,
  'prompt-style': commonStyles,
  options: () => ['file', 'circular'],
  mode: ({latent}) => ['direct', 'text-cot', ...(latent ? ['latent'] : [])],
  // 256, 1,024 and 4,096 tokens of 28 x 28 pixels.
  'max-pixels': () => [200_704, 802_816, 3_211_264].map(String),
  temperature: () => ['0', '0.7'],
  'max-new-tokens': null,
  'min-pixels': null,
  'top-p': null,
  'top-k': null,
  system: null,
  seed: null,
  'latent-size': null,
  protocol: null,
  intervention: null,
  precision: null,
}

type ValuesOf = readonly string[] | Promise<readonly string[]>
type Name = keyof typeof runSettings

/** The styles that all of the benchmarks have. */
async function commonStyles({benchmarks}: Subject): Promise<readonly string[]> {
  const prompts = await Promise.all(benchmarks.map(async id => Object.keys((await loadBenchmark(id)).prompts)))
  return prompts.reduce((common, styles) => common.filter(style => styles.includes(style)))
}

/** A setting that varies: its values other than the default, each with what it makes of the settings of the run. */
export interface Varied {
  readonly setting: string
  /** The default, in words. */
  readonly default: string
  readonly values: readonly {readonly value: string; readonly read: unknown}[]
}

/**
 * Reads `--vary`. Each value is `NAME=VALUE,VALUE`, or names alone with commas between, for the values that are usual.
 * Throws `usage` for a setting that cannot vary or needs values, and for a value that does not fit its setting.
 */
export async function variedSettings(
  given: readonly string[],
  values: RunValues,
  subject: Subject,
): Promise<readonly Varied[]> {
  const found: Varied[] = []
  for (const {name, texts} of given.flatMap(namedIn)) {
    const usual = usualOf(name)
    if (found.some(({setting}) => setting === name))
      throw new LanternError('usage', `--vary names ${name} twice.`, 'Give all of its values in one place.')
    if (texts === undefined && usual === null)
      throw new LanternError('usage', `--vary ${name} names no values.`, `Add some: --vary ${name}=VALUE,VALUE.`)
    const setting = runSettings[name as Name] as Setting<unknown>
    const value = (values as Readonly<Record<string, unknown>>)[name] ?? null
    const standing = canonicalJson(value)
    const read = []
    for (const value of texts ?? (await usual!(subject))) {
      const source = {subject: `--vary ${name}=`, code: 'usage', advice: 'Correct it.', text: true} as const
      read.push({value, read: await readValue(setting, value, source)})
    }
    const others = read.filter(({read}) => canonicalJson(read) !== standing)
    if (others.length === 0)
      throw new LanternError(
        'usage',
        `--vary ${name} has no value but the default.`,
        `Give others: ${name}=VALUE,VALUE.`,
      )
    const same = read.find(({read}) => canonicalJson(read) === standing)
    found.push({setting: name, default: same?.value ?? textOf(value), values: others})
  }
  return found
}

function namedIn(text: string): {name: string; texts?: readonly string[]}[] {
  const parts = (list: string) =>
    list
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
  const at = text.indexOf('=')
  if (at === -1) return parts(text).map(name => ({name}))
  return [{name: text.slice(0, at).trim(), texts: parts(text.slice(at + 1))}]
}

function usualOf(name: string): ((subject: Subject) => ValuesOf) | null {
  const usual = variable[name as Name]
  if (usual !== undefined) return usual
  const names = Object.keys(variable)
  throw new LanternError(
    'usage',
    `--vary cannot change ${name}.`,
    `It changes ${names.join(', ')}; several with values need a --vary each: --vary mode=direct,latent --vary extractor.`,
  )
}

function textOf(value: unknown): string {
  if (value === null) return 'default'
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).filter(([, part]) => part !== undefined)
    return parts
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, part]) => textOf(part))
      .join(':')
  }
  return String(value)
}

/** One run of the design: its changes and its settings. */
export interface Variation {
  readonly changes: readonly Choice[]
  readonly values: RunValues
}

/** The default first; then one change at a time or, with `all`, every combination. */
export function variationsOf(varied: readonly Varied[], values: RunValues, all: boolean): Variation[] {
  let design: {readonly changes: readonly Choice[]; readonly read: Readonly<Record<string, unknown>>}[] = [
    {changes: [], read: {}},
  ]
  for (const {setting, values: others} of varied) {
    const from = all ? design : design.slice(0, 1)
    const more = others.flatMap(({value, read}) =>
      from.map(before => ({
        changes: [...before.changes, {setting, value}],
        read: {...before.read, [setting]: read},
      })),
    )
    design = [...design, ...more]
  }
  return design.map(({changes, read}) => ({changes, values: {...values, ...read}}))
}

/** The part of a variation that asks the model; two that differ in the extractor alone share their answers. */
export function askingOf({changes}: Variation): string {
  return canonicalJson(changes.filter(({setting}) => setting !== 'extractor'))
}
