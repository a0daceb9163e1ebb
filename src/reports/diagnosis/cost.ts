// What each arm costs: accuracy against decode steps and milliseconds, and the arms that none beats in both.
import {combined} from '../../core/headline.js'
import {type ArmCost, paretoSet} from '../../metrics/diagnosis/index.js'
import {quantile} from '../../metrics/statistics/quantile.js'
import {headlineOf, type Recorded} from './outcomes.js'
import type {Study} from './study.js'

export interface CostRow extends ArmCost {
  readonly condition: string | null
  readonly mode: string
  readonly n: number
  /** Whether no other arm is at least as accurate at no higher cost, and better in one of both. */
  readonly pareto: {readonly decodeSteps: boolean; readonly ms: boolean}
}

/** What every arm of a study costs on one benchmark, over the samples of its headline; arms without a score are out. */
export function costsOf(study: Study, {bench, cells}: Recorded): CostRow[] {
  const samples = [...cells.values()]
  const headline = headlineOf(bench, samples)
  const asked = [
    ...study.conditions.map(({condition, arm}) => ({condition, arm})),
    ...study.beside.map(({arm}) => ({condition: null, arm})),
  ]
  const rows = asked.flatMap(({condition, arm}) => {
    const strata = headline.map(name =>
      samples.flatMap(({subtask, under, beside}) => {
        const outcome = condition === null ? beside[arm.id] : under[condition]
        return subtask === name && outcome?.score != null ? [outcome] : []
      }),
    )
    const all = strata.flat()
    if (all.length === 0) return []
    const parts = strata.map((one, s) => ({
      ...{name: headline[s]!, n: one.length},
      value: one.length === 0 ? null : mean(one.map(outcome => outcome.score!)),
    }))
    const accuracy = combined(parts, bench.aggregate)
    if (accuracy === null) return []
    const known = (figure: 'decodeSteps' | 'ms') => all.flatMap(one => one[figure] ?? [])
    const [steps, ms] = [known('decodeSteps'), known('ms')]
    return [
      {
        ...{arm: arm.id, condition, mode: arm.mode, n: all.length, accuracy},
        decodeSteps: steps.length === 0 ? null : mean(steps),
        ms:
          ms.length === 0
            ? null
            : quantile(
                ms.sort((a, b) => a - b),
                0.5,
              ),
      },
    ]
  })
  const [bySteps, byTime] = [paretoSet(rows, 'decodeSteps'), paretoSet(rows, 'ms')]
  return rows.map(row => ({...row, pareto: {decodeSteps: bySteps.includes(row), ms: byTime.includes(row)}}))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
