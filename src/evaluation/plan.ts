// What a run would do, without doing it: items, requests, tokens and cost per arm, and the lock hash (`run --dry-run`).
// Nothing is sent or written.
import {settledRecords} from '../run-folder/reader.js'
import {defaultRunDir, isRunOf} from '../run-folder/run-dir.js'
import type {Price} from '../runners/runner.js'
import {maxNewTokensOf} from './arms.js'
import {cropOf} from './crop-turns.js'
import {itemsOf, totalOf} from './evaluate.js'
import {forecastPrompts, type PromptForecast} from './forecast.js'
import type {Prepared} from './prepare.js'

export interface Plan {
  readonly lock: string
  readonly runDir: string
  readonly benchmarks: readonly {
    readonly id: string
    readonly split: string
    readonly layout: string
    readonly sample: string
    readonly items: number
    readonly subtasks: Readonly<Record<string, number>>
  }[]
  readonly arms: readonly ArmPlan[]
  readonly items: number
  readonly requests: number
  /** Of all arms that send requests. Null when there are none, or when the price or the tokens of one are unknown. */
  readonly cost: Cost | null
  /**
   * An upper bound: the judge is asked after some answers only, and its tokens depend on them. Null without a judge.
   */
  readonly judge: {readonly requestsAtMost: number} | null
}

export interface ArmPlan {
  readonly id: string
  /** Samples, each as often as it is asked. */
  readonly items: number
  /** Items that the run folder holds already; everything that follows counts the others. */
  readonly settled: number
  readonly requests: number
  /** Of one answer; the largest where benchmarks differ. */
  readonly maxNewTokens: number
  readonly newTokensAtMost: number
  /** Null for saved answers. */
  readonly prompts: PromptForecast | null
  readonly cost: (Cost & {readonly rule: string}) | null
}

/** Of prompts, and of new tokens if every answer took all it may. */
export interface Cost {
  readonly promptUsd: number
  readonly newUsdAtMost: number
}

/**
 * The plan of a prepared run, without what its folder already holds. Requests count the answers of remote arms, cached
 * replies included; the mode `crop` asks twice.
 * Throws LanternError `provenance` when the folder holds another run, and what building a prompt or reading the samples
 * throws.
 */
export async function planOf(prepared: Prepared): Promise<Plan> {
  const {lock, spec} = prepared
  const runDir = spec.out ?? defaultRunDir(lock)
  const records = (await isRunOf(runDir, lock)) ? await settledRecords(runDir) : []
  const settled = records.filter(({outcome}) => outcome !== 'error')
  const forecasts = await forecastPrompts(prepared, settled)
  const items = itemsOf(prepared)
  const arms = prepared.models.flatMap(({session, arms}) => {
    const {remote} = session.describe()
    return arms.map(({id, mode}): ArmPlan => {
      const mine = settled.filter(({arm}) => arm === id)
      const done = mine.length
      const limits = prepared.benchmarks.map(({benchmark, form, keys}) => ({
        limit: maxNewTokensOf(benchmark, form, mode, spec.decoding.maxNewTokens),
        turns: cropOf({mode}, form) ? 2 : 1,
        open: (spec.repeats ?? 1) * keys.length - mine.filter(({bench}) => bench === benchmark.id).length,
      }))
      const maxNewTokens = Math.max(...limits.map(({limit}) => limit))
      const newTokensAtMost = limits.reduce((sum, {limit, open, turns}) => sum + limit * open * turns, 0)
      const requests = limits.reduce((sum, {open, turns}) => sum + open * turns, 0)
      const {prompts = null, price = null} = forecasts.get(id) ?? {}
      const cost = price && prompts && costOf(price, prompts, newTokensAtMost)
      return {id, items, settled: done, requests: remote ? requests : 0, maxNewTokens, newTokensAtMost, prompts, cost}
    })
  })
  return {
    lock: lock.hash,
    runDir,
    benchmarks: prepared.benchmarks.map(({benchmark, data, keys}) => {
      const subtasks: Record<string, number> = {}
      for (const {subtask} of keys) subtasks[subtask] = (subtasks[subtask] ?? 0) + 1
      return {
        id: benchmark.id,
        split: data.split,
        layout: data.layout,
        sample: data.kind,
        items: keys.length,
        subtasks,
      }
    }),
    arms,
    items: totalOf(prepared),
    requests: arms.reduce((sum, arm) => sum + arm.requests, 0),
    cost: totalCost(arms.filter(({requests}) => requests > 0)),
    judge: prepared.judge && {requestsAtMost: totalOf(prepared) - settled.length},
  }
}

function costOf({input, output, rule}: Price, {tokens}: PromptForecast, newTokensAtMost: number): ArmPlan['cost'] {
  return tokens === null
    ? null
    : {promptUsd: (tokens * input) / 1e6, newUsdAtMost: (newTokensAtMost * output) / 1e6, rule}
}

function totalCost(asking: readonly ArmPlan[]): Cost | null {
  if (asking.length === 0 || asking.some(({cost}) => cost === null)) return null
  const sum = (key: keyof Cost) => asking.reduce((total, {cost}) => total + cost![key], 0)
  return {promptUsd: sum('promptUsd'), newUsdAtMost: sum('newUsdAtMost')}
}
