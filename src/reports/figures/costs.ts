// Score against cost: the arms of a group, numbered, and those that none beats in both joined by a stepped line. Pure.
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import {type Datum, type Figure, figureName, short} from './figure.js'
import {count, modeOf, scoreTitle, share} from './marks.js'
import {unique} from './rows.js'

export interface CostPoint {
  readonly label: string
  /** The arm and its run, beside a label that may be shortened; null for no run of its own. */
  readonly id: string
  readonly run: string | null
  readonly mode: string
  /** Mean decode steps of a sample. */
  readonly steps: number
  readonly score: number
  readonly low: number | null
  readonly high: number | null
}

/** The arms of each benchmark of a diagnosis. */
export function costFigures({efficiency}: DiagnosisDocument): Figure[] {
  return efficiency.flatMap(({bench, arms}) => {
    const points = arms.flatMap(({arm, condition, mode, accuracy, decodeSteps}) =>
      decodeSteps === null
        ? []
        : [
            {
              label: condition ?? arm,
              id: arm,
              run: null,
              mode,
              steps: decodeSteps,
              score: accuracy,
              low: null,
              high: null,
            },
          ],
    )
    const figure = costFigure({
      name: figureName('cost', bench),
      title: `${short(bench, 40)}: cost of every arm`,
      points,
    })
    return figure === null ? [] : [figure]
  })
}

interface Costs {
  readonly name: string
  readonly title: string
  readonly points: readonly CostPoint[]
}

/** Null for fewer than two arms with decode steps. Numbers follow the order of the points. */
export function costFigure({name, title, points: all}: Costs): Figure | null {
  const points = all.filter(({steps}) => steps > 0)
  if (points.length < 2) return null
  const labels = unique(points.map(({label}) => label))
  const step = labels.some(label => label.includes('\n')) ? 27 : 16
  const tags = nearby(points)
  const ticks = ticksOf(points.map(({steps}) => steps))
  const middle = Math.sqrt(Math.min(...points.map(({steps}) => steps)) * Math.max(...points.map(({steps}) => steps)))
  const intervals = points.some(({low}) => low !== null)
  const data = points.map(
    ({id, run, mode, steps, score, low, high}, k): Datum => ({
      ...{number: k + 1, arm: labels[k]!, id, run, mode, steps, score, low, high},
      ...{
        front: !points.some(other => beats(other, points[k]!)),
        tag: tags[k]!,
        side: steps > middle ? 'left' : 'right',
      },
      listed: `${k + 1} ${labels[k]!}`,
    }),
  )
  const x = {
    ...{field: 'steps', type: 'quantitative', title: 'decode steps per sample (mean, log scale)'},
    ...{scale: {type: 'log', nice: false, padding: 16}, axis: {grid: true, format: '~s', values: ticks}},
  }
  const scores = intervals ? scoreTitle : 'score'
  const y = share('score', scores)
  const mode = modeOf(data)
  return {
    name,
    title,
    description: `Score against mean decode steps of ${count(points.length, 'arm')}. The stepped line joins those that no arm beats in one without losing in the other.`,
    data,
    spec: {
      hconcat: [
        {
          ...{width: 320, height: 300},
          layer: [
            {
              transform: [{filter: 'datum.front'}],
              mark: {type: 'line', interpolate: 'step-after', style: 'reference'},
              encoding: {x, y},
            },
            ...(intervals
              ? [
                  {
                    mark: {type: 'rule', strokeWidth: 1.5, opacity: 0.6},
                    encoding: {x, y: share('low', scores), y2: {field: 'high'}, color: mode},
                  },
                ]
              : []),
            {mark: {type: 'point'}, encoding: {x, y, color: mode, shape: mode}},
            // Towards the middle, so that long ones stay within; first what keeps lines behind them apart.
            ...(['right', 'left'] as const).flatMap(side =>
              [{style: 'halo'}, {}].map(style => ({
                transform: [{filter: `datum.side === '${side}' && datum.tag !== ''`}],
                mark: {
                  ...{type: 'text', baseline: 'bottom', dy: -3, ...style},
                  ...(side === 'right' ? {align: 'left', dx: 5} : {align: 'right', dx: -5}),
                },
                encoding: {x, y, text: {field: 'tag', type: 'nominal'}},
              })),
            ),
          ],
        },
        {
          ...{width: 208, height: step * points.length},
          transform: [{calculate: "split(datum.listed, '\\n')", as: 'lines'}],
          mark: {type: 'text', align: 'left', fontSize: 10, lineHeight: 12},
          encoding: {
            x: {value: 0},
            y: {field: 'number', type: 'ordinal', axis: null},
            text: {field: 'lines', type: 'nominal'},
          },
        },
      ],
      spacing: 16,
    },
  }
}

/** Whether one arm is at least as good as another in score and cost, and better in one of them. */
function beats(one: CostPoint, other: CostPoint): boolean {
  if (one.score < other.score || one.steps > other.steps) return false
  return one.score > other.score || one.steps < other.steps
}

/** Numbers beside the points. Points that lie together share one text, at the first of them. */
function nearby(points: readonly CostPoint[]): string[] {
  const across = spread(points.map(({steps}) => Math.log(steps)))
  const up = spread(points.flatMap(({score, low, high}) => [score, low ?? score, high ?? score]))
  const tags: number[][] = points.map(() => [])
  points.forEach(({steps, score}, k) => {
    const first = points.findIndex(
      (other, j) =>
        j === k ||
        (j < k &&
          tags[j]!.length > 0 &&
          Math.abs(Math.log(other.steps / steps)) / across < 0.08 &&
          Math.abs(other.score - score) / up < 0.05),
    )
    tags[first]!.push(k + 1)
  })
  return tags.map(ranges)
}

/** `1, 4–7`: numbers in their order, three or more in a row as a range. */
function ranges(numbers: readonly number[]): string {
  const runs: number[][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last?.at(-1) === number - 1) last.push(number)
    else runs.push([number])
  }
  return runs.map(run => (run.length < 3 ? run.join(', ') : `${run[0]}–${run.at(-1)}`)).join(', ')
}

/**
 * Four to eight round places of a logarithmic axis. Vega's own are powers of ten and what lies between two of them, and
 * end at the last power: between 8 and 15 only 8, 9 and 10 had a label.
 */
function ticksOf(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const within = (list: readonly number[]) => list.filter(one => one >= 0.98 * low && one <= 1.02 * high)
  const exponents = Array.from({length: 13}, (_, k) => k - 3)
  if (high / low > 1e4) return within(exponents.map(k => 10 ** k))
  if (high / low > 12) return within(exponents.flatMap(k => [1, 2, 5].map(one => one * 10 ** k)))
  const rough = (high - low) / 5 || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * [1, 2, 5, 10].find(one => one * power >= rough)!
  const first = Math.floor(low / step)
  const ticks = within(Array.from({length: 9}, (_, k) => Number(((first + k) * step).toPrecision(6))))
  return ticks.length > 0 ? ticks : [Number(low.toPrecision(3))]
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values) || 1
}
