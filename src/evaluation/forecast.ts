// What the open requests of a run will take: prompt tokens, arm by arm. Streams the samples. Reads only the sizes of
// pictures.
import {LanternError} from '../core/errors.js'
import type {Arm, Prompt} from '../core/generation.js'
import type {PromptForm} from '../core/prompt-form.js'
import type {ImageRef, Sample} from '../core/sample.js'
import {foreseenPrompts} from '../modes/prompts.js'
import {type LogRecord, recordKey, repeatsOf} from '../run-folder/record.js'
import {pictureSize, type Size} from '../runners/picture-size.js'
import type {Forecast, Price, PromptTokens} from '../runners/runner.js'
import type {Prepared} from './prepare.js'

/** Tokens of the prompts of one arm that are still to be asked. */
export interface PromptForecast {
  /** Text and pictures; null where we do not know how the model counts pictures. */
  readonly tokens: number | null
  readonly imageTokens: number | null
  readonly textTokens: number | null
  /** `counted` is exact; `measured` is the mean over what this run has asked so far; `estimated` follows `rule`. */
  readonly basis: Forecast['basis'] | 'measured'
  readonly rule: string
  /** Prompts that will end in an error, such as an unreadable picture; they are not in the sums. */
  readonly failing: number
}

export interface ArmForecast {
  readonly prompts: PromptForecast
  readonly price: Price | null
}

/**
 * By arm id. Arms whose answers need no prompt (saved ones) are left out. Throws LanternError where the run itself
 * would stop.
 */
export async function forecastPrompts(
  prepared: Prepared,
  settled: readonly LogRecord[],
): Promise<Map<string, ArmForecast>> {
  const forecasts = new Map<string, ArmForecast>()
  const tallies: OpenArm[] = []
  for (const {session, arms} of prepared.models) {
    const forecast = await session.forecast?.()
    if (forecast === undefined) continue
    for (const arm of arms) {
      const measured = forecast.basis === 'estimated' ? measuredIn(prepared, arm, settled) : undefined
      if (measured !== undefined) forecasts.set(arm.id, {prompts: measured, price: forecast.price})
      else tallies.push({arm, forecast, text: 0, image: 0, failing: 0})
    }
  }
  if (tallies.length > 0) await countAll(prepared, new Set(settled.map(recordKey)), tallies)
  for (const {arm, forecast, text, image, failing} of tallies) {
    const {price} = forecast
    const crops = arm.mode === 'crop'
    const basis = crops ? 'estimated' : forecast.basis
    const rule = crops ? `${forecast.rule}; a crop is counted as its whole picture` : forecast.rule
    const tokens = image === null ? null : text + image
    forecasts.set(arm.id, {prompts: {tokens, imageTokens: image, textTokens: text, basis, rule, failing}, price})
  }
  return forecasts
}

interface OpenArm extends PromptTokens {
  readonly arm: Arm
  readonly forecast: Forecast
  text: number
  image: number | null
  failing: number
}

async function countAll(
  {spec, benchmarks}: Prepared,
  settled: ReadonlySet<string>,
  tallies: readonly OpenArm[],
): Promise<void> {
  for (const {benchmark, form, data, keys} of benchmarks) {
    const sizeOf = rememberedSizes()
    for await (const sample of data.samples(new Set(keys.map(key => key.id)))) {
      const open = repeatsOf(spec.repeats).flatMap(repeat =>
        tallies.filter(({arm}) => !settled.has(recordKey({arm: arm.id, bench: benchmark.id, id: sample.id, repeat}))),
      )
      await countSample(sample, form, open, sizeOf)
    }
  }
}

/** Arms of one model and mode share a prompt, so it is counted once. */
async function countSample(sample: Sample, form: PromptForm, open: readonly OpenArm[], sizeOf: SizeOf): Promise<void> {
  const counted = new Map<Forecast, Map<string, Promise<PromptTokens | null>>>()
  for (const tally of open) {
    const {arm, forecast} = tally
    const byMode = counted.get(forecast) ?? new Map<string, Promise<PromptTokens | null>>()
    counted.set(forecast, byMode)
    const counting =
      byMode.get(arm.mode) ?? tokensOf(forecast, foreseenPrompts(sample, arm.mode, form), sizeOf).catch(nullIfFailing)
    byMode.set(arm.mode, counting)
    const tokens = await counting
    if (tokens === null) tally.failing++
    else {
      tally.text += tokens.text
      tally.image = tally.image === null || tokens.image === null ? null : tally.image + tokens.image
    }
  }
}

async function tokensOf(forecast: Forecast, prompts: readonly Prompt[], sizeOf: SizeOf): Promise<PromptTokens> {
  let sum: PromptTokens = {text: 0, image: 0}
  for (const prompt of prompts) {
    const {text, image} = await forecast.tokens(prompt, sizeOf)
    sum = {text: sum.text + text, image: sum.image === null || image === null ? null : sum.image + image}
  }
  return sum
}

function nullIfFailing(error: unknown): null {
  if (error instanceof LanternError) return null
  throw error
}

type SizeOf = (image: ImageRef) => Promise<Size>

/**
 * Sizes of pictures. Each picture is read once while its reference lives, since variants of one item share pictures.
 */
function rememberedSizes(): SizeOf {
  const known = new WeakMap<ImageRef, Promise<Size>>()
  return image => {
    const size = known.get(image) ?? pictureSize(image)
    known.set(image, size)
    return size
  }
}

/**
 * The prompt tokens of an arm, from those it has asked so far: the mean of each subtask (subtasks differ in pictures),
 * or of the arm where a subtask has none yet. Undefined before the first reply that reports prompt tokens.
 */
function measuredIn(
  {benchmarks, spec}: Prepared,
  {id: arm}: Arm,
  settled: readonly LogRecord[],
): PromptForecast | undefined {
  const mine = settled.filter(record => record.arm === arm)
  const replies = mine.filter(({usage}) => usage.promptTokens !== null)
  if (replies.length === 0) return undefined
  const done = new Set(mine.map(recordKey))
  const open = benchmarks.flatMap(({benchmark: {id: bench}, keys}) =>
    repeatsOf(spec.repeats).flatMap(repeat =>
      keys
        .filter(({id}) => !done.has(recordKey({arm, bench, id, repeat})))
        .map(({subtask}) => stratumOf({bench, subtask})),
    ),
  )
  const foretold = (key: 'promptTokens' | 'imageTokens') => {
    if (replies.some(({usage}) => usage[key] === null)) return null
    const means = new Map<string, Mean>()
    const all = new Mean()
    for (const record of replies) {
      const stratum = stratumOf(record)
      const mean = means.get(stratum) ?? new Mean()
      means.set(stratum, mean)
      for (const one of [mean, all]) one.add(record.usage[key]!)
    }
    return Math.round(open.reduce((sum, stratum) => sum + (means.get(stratum) ?? all).value, 0))
  }
  const [tokens, imageTokens] = [foretold('promptTokens'), foretold('imageTokens')]
  const textTokens = tokens === null || imageTokens === null ? null : tokens - imageTokens
  const rule = `means by subtask of the ${replies.length} replies of this run so far`
  return {tokens, imageTokens, textTokens, basis: 'measured', rule, failing: 0}
}

const stratumOf = ({bench, subtask}: Pick<LogRecord, 'bench' | 'subtask'>) => `${bench}\u0000${subtask}`

class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  get value(): number {
    return this.#sum / this.#count
  }
}
