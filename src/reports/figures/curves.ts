// Figures of the checkpoints of one training: the score over the steps, one figure for each benchmark. Pure.
import {trainingName} from '../formats/curve-words.js'
import type {Curve} from '../schemas/curve.js'
import type {ResultDocument} from '../schemas/result.js'
import {type Datum, type Figure, figureName, short} from './figure.js'
import {count, curveSpec} from './marks.js'
import {unique, whole} from './rows.js'

/** The curves of a document; several of one benchmark share a figure where their x axis is the same. */
export function curveFigures({curves = [], rows}: Pick<ResultDocument, 'curves' | 'rows'>): Figure[] {
  const together = new Map<string, Curve[]>()
  for (const curve of curves) {
    const key = JSON.stringify([curve.bench, curve.split, curve.unit])
    together.set(key, [...(together.get(key) ?? []), curve])
  }
  return [...together.values()].map(own => {
    const [{bench, split, unit}] = own as [Curve]
    const names = unique(own.map(seriesName))
    const data = own.flatMap((curve, k) =>
      curve.points.map(
        ({step, row, score, low, high, n}): Datum => ({
          ...{series: names[k]!, ...whole(rows[row]!), step, score, low, high, n},
          best: curve.best.decided && curve.best.steps.includes(step),
        }),
      ),
    )
    return {
      name: figureName('checkpoints', bench, split, ...(unit === 'step' ? [] : [unit])),
      title: `${bench} ${split}, checkpoints of a training`,
      description: `Score over the ${unit} of the training, with 95 % intervals, of ${count(own.length, 'series', 'series')}. ${own.map((curve, k) => bestSentence(curve, names[k]!)).join(' ')}`,
      data,
      spec: curveSpec({field: 'step', title: unit}, data),
    }
  })
}

function seriesName(curve: Curve): string {
  const {mode, protocol, latentSize, intervention, settings} = curve
  const parts = [mode, protocol === null ? null : `${protocol}:${latentSize ?? ''}`, intervention]
  const facts = Object.entries(settings).map(([name, value]) => `${name} ${value}`)
  return short([short(trainingName(curve), 40), ...parts, ...facts].filter(Boolean).join(' · '), 90)
}

function bestSentence({best, unit}: Curve, name: string): string {
  return best.decided
    ? `${name}: ${unit} ${best.steps.join(', ')} is shown to be the best.`
    : `${name}: no ${unit} is shown to be the best.`
}
