// What a run would do, without doing it: items and requests per arm, tokens at most, the lock hash (`run --dry-run`). Pure.
import {defaultMaxNewTokens} from './arms.js'
import {totalOf} from './evaluate.js'
import type {Prepared} from './prepare.js'
import {defaultRunDir} from './run-dir.js'

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
  readonly arms: readonly {
    readonly id: string
    readonly items: number
    readonly requests: number
    readonly maxNewTokens: number
    readonly newTokensAtMost: number
  }[]
  readonly items: number
  readonly requests: number
}

/** The plan of a prepared run. Requests count remote arms only; cost is not guessed where no price is known. */
export function planOf(prepared: Prepared): Plan {
  const {lock, spec} = prepared
  const items = prepared.benchmarks.reduce((sum, bench) => sum + bench.asked.length, 0)
  const arms = prepared.models.flatMap(({session, arms}) =>
    arms.map(arm => {
      const maxNewTokens = spec.decoding.maxNewTokens ?? defaultMaxNewTokens[arm.mode]
      return {id: arm.id, items, requests: session.describe().remote ? items : 0, maxNewTokens, newTokensAtMost: items * maxNewTokens}
    }),
  )
  return {
    lock: lock.hash,
    runDir: spec.out ?? defaultRunDir(lock),
    benchmarks: prepared.benchmarks.map(({benchmark, data, asked}) => {
      const subtasks: Record<string, number> = {}
      for (const {subtask} of asked) subtasks[subtask] = (subtasks[subtask] ?? 0) + 1
      return {id: benchmark.id, split: data.split, layout: data.layout, sample: data.kind, items: asked.length, subtasks}
    }),
    arms,
    items: totalOf(prepared),
    requests: arms.reduce((sum, arm) => sum + arm.requests, 0),
  }
}
