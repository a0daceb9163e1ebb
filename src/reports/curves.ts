// Finds the checkpoints of one training among comparable rows, and says which step is the best where the tests allow
// it. Pure.
import {canonicalJson} from '../core/hash.js'
import {random} from '../core/random.js'
import {rankIntervals} from '../metrics/statistics/index.js'
import {trainingName} from './formats/curve-words.js'
import type {Run, Sheet} from './read-run.js'
import type {Curve} from './schemas/curve.js'
import type {ResultRow} from './schemas/result.js'
import {aggregateOf, rankedStrata} from './strata.js'

export interface TrainingStep {
  /** The name with `*` in place of the number; `*` alone for a label that is a number. */
  readonly training: string
  readonly unit: Curve['unit']
  readonly step: number
}

/**
 * A word for the place in a training and its number, as trainers name folders: `checkpoint-500`, `global_step_1200`,
 * `epoch3`, `step=10k`.
 */
const stepName =
  /(?<![a-z0-9])(checkpoint|ckpt|global[-_]?step|steps?|iter(?:ation)?|epoch)([-_=. ]?)(\d+)(k?)(?![a-z0-9])/gi
const numberAlone = /^(\d+)(k?)$/i

/** The training of labels that are numbers alone. */
const numbered = '*'

/**
 * The step of a checkpoint: from its label, else from its reference, else from the folder of its run, as for an
 * endpoint that serves one checkpoint after the other under one name. The last such name counts. A label may be a
 * number alone. Null where none names one.
 */
export function trainingStep({label, model, run}: Pick<ResultRow, 'label' | 'model' | 'run'>): TrainingStep | null {
  const alone = label === null ? null : numberAlone.exec(label.trim())
  if (alone) return {training: numbered, unit: 'step', step: numberOf(alone[1]!, alone[2]!)}
  const named = (label === null ? null : stepIn(label)) ?? stepIn(model)
  if (named !== null) return named
  const folder = stepIn(run)
  return folder && {...folder, training: `${label ?? model} of ${folder.training}`}
}

function stepIn(name: string): TrainingStep | null {
  const found = [...name.matchAll(stepName)].at(-1)
  if (found === undefined) return null
  const [whole, word = '', between, digits = '', thousands = ''] = found
  const unit = /^epoch/i.test(word) ? 'epoch' : /^iter/i.test(word) ? 'iteration' : 'step'
  const training = `${name.slice(0, found.index)}${word}${between}*${name.slice(found.index + whole.length)}`
  return {training, unit, step: numberOf(digits, thousands)}
}

function numberOf(digits: string, thousands: string): number {
  return Number(digits) * (thousands === '' ? 1 : 1000)
}

export interface CurveEntry {
  readonly run: Run
  readonly sheet: Sheet
  readonly row: ResultRow
  /** Index of the row in the document. */
  readonly index: number
}

/** Differences that tell checkpoints of one training apart anyway. */
const own = new Set(['checkpoint', 'run', 'endpoint'])

/**
 * The curves among the rows of one group: rows of the same arm whose models are steps of one training. A warning for a
 * training with a step that is there twice, because then the order is not one.
 */
export function curvesOf(entries: readonly CurveEntry[]): {curves: Curve[]; warnings: string[]} {
  const trainings = new Map<string, Placed[]>()
  const warnings: string[] = []
  for (const placed of byArm(entries)) {
    const named = withNames(placed)
    const lone = named.find(({at}) => at.training === numbered)
    const other = named.find(({at}) => at.training !== numbered)
    if (lone !== undefined && other !== undefined)
      warnings.push(
        `${lone.entry.row.bench}: the label ${lone.entry.row.label} is a number alone, ${other.at.training} is a name, so they are taken for two trainings. Label every checkpoint of a training with its number, or none.`,
      )
    for (const one of named) {
      const key = canonicalJson([armOf(one.entry.row), one.at.training, one.at.unit])
      trainings.set(key, [...(trainings.get(key) ?? []), one])
    }
  }
  const curves: Curve[] = []
  for (const steps of trainings.values()) {
    if (steps.length < 2) continue
    steps.sort((a, b) => a.at.step - b.at.step)
    const twice = steps.find(({at}, k) => at.step === steps[k + 1]?.at.step)
    if (twice === undefined) curves.push(curveOf(steps))
    else
      warnings.push(
        `${twice.entry.row.bench}: ${twice.at.unit} ${twice.at.step} of ${trainingName(twice.at)} is there more than once, so there is no curve of it.`,
      )
  }
  return {curves, warnings}
}

interface Placed {
  readonly entry: CurveEntry
  readonly at: TrainingStep
}

/** What the rows of one curve share beside the training. */
function armOf(row: ResultRow): readonly unknown[] {
  const {mode, protocol, latentSize, intervention} = row
  return [mode, protocol, latentSize, intervention, settingsOf(row)]
}

/** The rows that name a step, those of one arm together. */
function byArm(entries: readonly CurveEntry[]): Placed[][] {
  const found = new Map<string, Placed[]>()
  for (const entry of entries) {
    const at = trainingStep(entry.row)
    if (at === null) continue
    const key = canonicalJson(armOf(entry.row))
    found.set(key, [...(found.get(key) ?? []), {entry, at}])
  }
  return [...found.values()]
}

/**
 * Gives labels that are numbers alone the name of their training, where all their references name these steps of one:
 * then `500=./checkpoint-500` stands in one curve with `./checkpoint-1000`.
 */
function withNames(placed: readonly Placed[]): readonly Placed[] {
  const own = placed.filter(({at}) => at.training === numbered)
  const names = own.map(({entry, at}) => {
    const named = stepIn(entry.row.model)
    return named?.step === at.step ? named : null
  })
  const [first = null] = names
  if (first === null || names.some(one => one?.training !== first.training)) return placed
  const {training, unit} = first
  return placed.map(one => (own.includes(one) ? {...one, at: {...one.at, training, unit}} : one))
}

function settingsOf({differences}: ResultRow): Record<string, string> {
  return Object.fromEntries(Object.entries(differences).filter(([name]) => !own.has(name)))
}

function curveOf(steps: readonly Placed[]): Curve {
  const [{entry, at}] = steps as [(typeof steps)[number]]
  const {bench, split, mode, protocol, latentSize, intervention} = entry.row
  return {
    ...{bench, split, training: at.training, unit: at.unit, mode, protocol, latentSize, intervention},
    settings: settingsOf(entry.row),
    points: steps.map(({entry: {row, index}, at: {step}}) => {
      const {score, low, high, n} = row
      return {step, row: index, score, low, high, n}
    }),
    best: bestOf(steps),
  }
}

/** Ranks the steps among themselves: other rows of the group are no candidates, and cost no power. */
function bestOf(steps: readonly Placed[]): Curve['best'] {
  const sheets = steps.map(({entry}) => entry.sheet)
  const {run, sheet} = steps[0]!.entry
  const rng = random(run.lock.seeds.run, 'curve', sheet.bench.id, ...sheets.map(({arm}) => arm.id))
  const ranks = rankIntervals(rankedStrata(sheets), aggregateOf(sheet), {random: rng})
  const first = steps.filter((_, k) => ranks[k]?.tier === 1)
  const decided = ranks.filter(rank => rank !== null).length > 1 && ranks.some(rank => rank?.rankHigh === 1)
  return {steps: first.map(({at}) => at.step), decided}
}
