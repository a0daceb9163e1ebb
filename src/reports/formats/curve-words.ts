// What tables say about the checkpoints of one training, the same in all formats for people.
import {armId} from '../../core/generation.js'
import type {Curve} from '../schemas/curve.js'
import type {ResultDocument, ResultGroup} from '../schemas/result.js'
import {count} from './words.js'

/** The training in words: of labels that are numbers alone it has no name. */
export function trainingName({training}: Pick<Curve, 'training'>): string {
  return training === '*' ? 'checkpoints' : training
}

/** The curves among the rows of a group. */
export function curvesOfGroup({curves = []}: ResultDocument, group: ResultGroup): Curve[] {
  return curves.filter(({points}) => group.rows.includes(points[0]!.row))
}

/** `checkpoint-* latent lantern:8 own, by step`, with the settings that tell it from other curves. */
export function curveTitle(curve: Curve): string {
  const {unit, mode, protocol, latentSize, intervention} = curve
  const id = armId({model: trainingName(curve), mode, protocol, latentSize, intervention}).replaceAll('|', ' ')
  const settings = Object.entries(curve.settings).map(([name, value]) => `, ${name} ${value}`)
  return `${id}${settings.join('')}, by ${unit}`
}

/** Which step is the best, as far as the tests allow to say it, and what such a choice is worth. */
export function curveSentence({points, unit, best: {steps, decided}}: Curve): string {
  const named = steps.map(count)
  const scored = points.filter(({score}) => score !== null).length
  if (scored < 2) return `Fewer than two ${unit}s have a score.`
  if (decided)
    return `The best ${unit} is ${named[0]}: it is shown to beat each of the others. A score that was chosen for being the best is a little too high; samples that took no part in the choice give a fair one.`
  if (steps.length === scored) return `No best ${unit}: these samples show no ${unit} to be beaten by another one.`
  return `No single best ${unit}: ${listed(named)} ${named.length === 1 ? 'is' : 'are'} not shown to be beaten; the others are.`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
