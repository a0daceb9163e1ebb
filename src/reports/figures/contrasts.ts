// Forest plots: differences with their intervals around zero, of a comparison and of a diagnosis. Pure.
import {distinctName} from '../formats/words.js'
import type {Comparison} from '../schemas/comparison.js'
import type {DiagnosisDocument, DiagnosisRow} from '../schemas/diagnosis.js'
import {type Datum, type Figure, figureName, linesOf, paperWidth, short, twoLined, twoLines} from './figure.js'
import {count} from './marks.js'
import {unique} from './rows.js'

/** The difference on every benchmark, and on the subtasks of those that have several. */
export function comparisonFigures(comparison: Comparison): Figure[] {
  const {margin, alpha} = comparison
  const arms = {id: comparison.new.arm, run: comparison.new.run}
  const against = {againstId: comparison.base.arm, againstRun: comparison.base.run}
  const line = (
    label: string,
    [bench, subtask]: readonly [string, string | null],
    {difference, low, high, n, p}: Difference,
    adjusted: number,
  ): Datum => ({
    ...{label, bench, subtask, ...arms, ...against, difference, low, high, n, p, adjusted, margin},
    kind: adjusted > alpha ? 'open' : difference > 0 ? 'gain' : 'loss',
  })
  const data = comparison.pairs.flatMap(pair => [
    line(twoLined(short(pair.bench, 34), `${pair.verdict}, n ${pair.n}`), [pair.bench, null], pair, pair.holm),
    ...(pair.subtasks.length < 2
      ? []
      : pair.subtasks.map(part =>
          line(
            twoLined(short(part.name.replaceAll('_', ' '), 34), `${short(pair.bench, 24)}, n ${part.n}`),
            [pair.bench, part.name],
            part,
            part.holm,
          ),
        )),
  ])
  const [base, next] = [comparison.base, comparison.new].map(row => short(distinctName(row), 72))
  return [
    forest({
      name: 'differences',
      title: 'Differences',
      subtitle: [next!, `minus ${base}`, `The band is the margin of ${points(margin)}.`],
      description: `Differences of scores on ${count(comparison.pairs.length, 'benchmark')} and their subtasks, with ${level(alpha)} intervals; verdict: ${comparison.verdict}.`,
      data: named(data),
      unit: 'difference, points',
    }),
  ]
}

interface Difference {
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly n: number
  readonly p: number
}

const inNats = ({scale}: Pick<DiagnosisRow['effects'][number], 'scale'>) =>
  scale === 'gold-margin' || scale === 'log-prob'

/**
 * The contrasts of each benchmark's headline: a full study has some 80 of them, more than a page holds, so each reading
 * has a figure of its own, and so has each other scale.
 */
export function contrastFigures({results}: DiagnosisDocument): Figure[] {
  return results
    .filter(({subtask}) => subtask === null)
    .flatMap(row => {
      const {effects} = row
      const plain = effects.filter(({scale}) => scale === 'accuracy')
      const kinds: readonly ContrastKind[] = [
        {effects: plain.filter(({reading}) => reading === 'free'), ending: [], of: ''},
        {effects: plain.filter(({reading}) => reading === 'forced'), ending: ['forced'], of: ', answers forced'},
        ...(['donor-lift', 'gold-margin', 'log-prob'] as const).map(scale => ({
          effects: effects.filter(effect => effect.scale === scale),
          ending: [scale],
          of: `, ${scale === 'donor-lift' ? 'steering' : scale}`,
        })),
      ]
      return kinds.filter(kind => kind.effects.length > 0).map(kind => contrastFigure(row, kind))
    })
}

interface ContrastKind {
  readonly effects: DiagnosisRow['effects']
  readonly ending: readonly string[]
  readonly of: string
}

function contrastFigure({bench, margin, alpha, verdict, statement}: DiagnosisRow, kind: ContrastKind): Figure {
  const {effects, ending, of} = kind
  const nats = effects.some(inNats)
  const within = effects.every(({scale}) => scale === 'accuracy') ? margin : null
  const counts = new Set(effects.map(({n}) => n))
  const dense = effects.length > mostTall
  const labels = effects.map(({name, contrast, n}) => {
    const second = short(contrast.join(' − '), 40)
    if (!dense) return twoLined(name, `${second}, n ${n}`)
    return `${name}: ${second}${counts.size === 1 ? '' : `, n ${n}`}`
  })
  const lines = [
    ...(dense && counts.size === 1 ? [`n ${effects[0]!.n}.`] : []),
    within === null ? '' : `The band is the margin of ${points(within)}.`,
    nats ? 'Log-probabilities, in nats.' : '',
  ]
  return forest({
    name: figureName('contrasts', bench, ...ending),
    title: `${short(bench, 40)}: ${verdict}${of}`,
    subtitle: [lines.filter(Boolean).join(' ')].filter(Boolean),
    description: `${count(effects.length, 'contrast')} between what was fed as latents${of}, with ${level(alpha)} intervals. ${statement}`,
    data: named(
      effects.map((effect, k) => ({
        ...{label: labels[k]!, effect: effect.name, contrast: effect.contrast.join(' − ')},
        ...{scale: effect.scale, reading: effect.reading},
        ...{difference: effect.difference, low: effect.low, high: effect.high, n: effect.n},
        ...{p: effect.p, adjusted: effect.pAdjusted, margin: within},
        kind: effect.pAdjusted > alpha ? 'open' : effect.difference > 0 ? 'gain' : 'loss',
      })),
    ),
    unit: nats ? 'difference, nats' : 'difference, points',
  })
}

/** More rows than these have labels of one line, so that a full study fits on a page. */
const mostTall = 20

function named(data: readonly Datum[]): Datum[] {
  const labels = unique(data.map(({label}) => String(label)))
  return data.map((datum, k) => ({...datum, label: labels[k]!}))
}

interface Forest extends Pick<Figure, 'name' | 'title' | 'description' | 'data'> {
  /** Lines. */
  readonly subtitle: readonly string[]
  readonly unit: string
}

/** Triangles are shown to differ from zero, upwards or downwards; circles are not. */
function forest({name, title, subtitle, description, data, unit}: Forest): Figure {
  const tall = data.some(({label}) => String(label).includes('\n'))
  const axis = {...(tall && twoLines), ticks: false, grid: true}
  const y = {field: 'label', type: 'nominal', sort: null, title: null, axis}
  const inPoints = !unit.endsWith('nats')
  const number = inPoints ? '100 * datum.value' : 'datum.value'
  const signedAxis = {labelExpr: `datum.value === 0 ? '0' : format(${number}, '+~f')`, grid: true}
  const x = (field: string) => ({field, type: 'quantitative', title: unit, axis: signedAxis, scale: {zero: true}})
  const kinds = ['gain', 'open', 'loss']
  const words = {field: 'kind', type: 'nominal', title: null, legend: {labelExpr: kindWords}}
  const signed = {domain: kinds, range: 'diverging'}
  const margin = data.find(datum => datum['margin'] !== null)?.['margin']
  return {
    ...{name, title, description, data},
    spec: {
      title: {text: linesOf(title), subtitle},
      ...{
        width: paperWidth,
        autosize: {type: 'fit-x', contains: 'padding'},
        height: {step: tall ? 34 : 19},
      },
      layer: [
        ...(typeof margin === 'number'
          ? [{...once, mark: {type: 'rect', opacity: 0.16}, encoding: {x: {datum: -margin}, x2: {datum: margin}}}]
          : []),
        {...once, mark: {type: 'rule', style: 'reference'}, encoding: {x: {datum: 0}}},
        {
          mark: {type: 'rule', strokeWidth: 2},
          encoding: {y, x: x('low'), x2: {field: 'high'}, color: {...words, scale: signed}},
        },
        {
          mark: {type: 'point'},
          encoding: {
            ...{y, x: x('difference')},
            color: {...words, scale: signed},
            shape: {...words, scale: {domain: kinds, range: ['triangle-right', 'circle', 'triangle-left']}},
          },
        },
      ],
    },
  }
}

/** A mark that is drawn once, not for every row. */
const once = {data: {values: [{}]}}

const kindWords = "datum.label === 'gain' ? 'higher' : datum.label === 'loss' ? 'lower' : 'not shown to differ'"

function points(margin: number): string {
  return `${Number((100 * margin).toFixed(2))} points`
}

function level(alpha: number): string {
  return `${Number((100 * (1 - alpha)).toFixed(2))} %`
}
