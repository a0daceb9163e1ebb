// What design/diagnosis.md claims about the verdicts on latents, as cells: planted worlds, and how often a verdict is
// wrong or right in them.
import {stepDown} from '../../src/metrics/diagnosis/step-down.js'
import {judge, type ShownVerdict} from '../../src/metrics/diagnosis/verdict.js'
import type {Cell} from './cells.js'
import * as designs from './designs.js'
import {countsOf, evidenceOfCounts, evidenceOfDesign, type World, wrongClaims} from './worlds.js'

const alpha = 0.05
const flips = 199
const points = (fraction: number) => `${Number((100 * fraction).toFixed(2))}`

/** Effects on noise, stranger, markers and none in margins; `oracle` is own minus oracle in margins. */
interface Truth {
  readonly name: string
  readonly effects: readonly [number, number, number, number]
  readonly oracle?: number
}

/** Worlds on the boundaries of claims, where wrong ones are likeliest. 4 margins stand for a large effect. */
const boundaries: readonly Truth[] = [
  {name: 'nothing matters', effects: [0, 0, 0, 0]},
  {name: 'everything by m', effects: [1, 1, 1, 1]},
  {name: 'noise by m', effects: [1, 0, 0, 0]},
  {name: 'stranger by m', effects: [0, 1, 0, 0]},
  {name: 'swap only', effects: [0, 4, 0, 0]},
  {name: 'noise only', effects: [4, 0, 0, 0]},
  {name: 'misled', effects: [4, 4, 0, 0]},
  {name: 'misled by m', effects: [1, 1, 0, 0]},
  {name: 'misled, markers by m', effects: [4, 4, 1, 1]},
  {name: 'misled, none needed', effects: [4, 4, 0, 4]},
  {name: 'markers and none by m', effects: [0, 0, 1, 1]},
  {name: 'markers by m', effects: [0, 0, 1, 0]},
  {name: 'none by m', effects: [0, 0, 0, 1]},
  {name: 'better by m without', effects: [0, 0, 0, -1]},
  {name: 'better by m with markers', effects: [0, 0, -1, 0]},
  {name: 'content worse by m', effects: [-1, -1, 0, 0]},
  {name: 'own content worse', effects: [-4, -4, 0, 0]},
  {name: 'swap only, steps needed', effects: [0, 4, 4, 4]},
  {name: 'noise only, steps needed', effects: [4, 0, 4, 4]},
  {name: 'mixed', effects: [4, 1, 0, -1]},
  {name: 'mixed signs', effects: [1, -1, 1, -1]},
  {name: 'oracle above by m', effects: [0, 0, 0, 0], oracle: -1},
  {name: 'a fifth recovered', effects: [1, 1, 1, 1], oracle: -4},
  {name: 'a fifth recovered of noise alone', effects: [1, 0, 0, 0], oracle: -4},
  {name: 'oracle above by m, steps needed', effects: [0, 0, 2, 2], oracle: -1},
]

function worldOf({name, effects, oracle}: Truth, margin: number, discordance: number, common: boolean): World {
  const scaled = effects.map(effect => effect * margin) as unknown as World['effects']
  // Room for what own wins, and for what it loses.
  const largest = Math.max(0, ...scaled)
  const worst = Math.max(0, ...scaled.map(effect => -effect), oracle === undefined ? 0 : -oracle * margin)
  const own = largest + discordance / 2 > 0.55 ? 0.8 : worst > 0.3 ? 0.45 : 0.6
  return {name, effects: scaled, own, discordance, common, ...(oracle !== undefined && {oracle: oracle * margin})}
}

const conditionsInWords = (common: boolean) => (common ? 'same samples flip' : 'others flip')

function wrongCell(n: number, margin: number, truth: Truth, discordance: number, common: boolean): Cell {
  const world = worldOf(truth, margin, discordance, common)
  const wrong = wrongClaims(world, margin)
  const draw = countsOf(world, n)
  return {
    figure: 'wrong',
    design: `n ${n}, m ${points(margin)}`,
    truth: `${truth.name}, ${points(discordance)} % discordant, ${conditionsInWords(common)}`,
    few: false,
    run: random => wrong.has(judge(evidenceOfCounts(draw(random), n, alpha, margin), {alpha, margin}).verdict),
  }
}

interface Layout {
  readonly of: designs.Design
  readonly margin: number
  readonly spread?: number
  readonly correlation?: number
}

function designCell({of, margin, spread = 0, correlation = 0}: Layout, truth: Truth, discordance: number): Cell {
  const world = worldOf(truth, margin, discordance, false)
  const wrong = wrongClaims(world, margin)
  const draw = evidenceOfDesign(world, of, {spread, correlation, alpha, margin, flips})
  const shape = of.each > 1 ? `, ICC ${correlation}` : spread > 0 ? `, subtasks ± ${points(spread)}` : ''
  return {
    figure: 'wrong',
    design: `${of.name}, m ${points(margin)}`,
    truth: `${truth.name}, ${points(discordance)} % discordant${shape}`,
    few: false,
    run: random => wrong.has(judge(draw(random), {alpha, margin}).verdict),
  }
}

/** A report with a row for each subtask: one wrong claim anywhere makes it wrong. */
function rowsCell(sizes: readonly number[], margin: number, truths: readonly Truth[], discordance: number): Cell {
  const rows = sizes.map((n, k) => {
    const truth = truths[k % truths.length]!
    const world = worldOf(truth, margin, discordance, false)
    return {n, wrong: wrongClaims(world, margin), draw: countsOf(world, n)}
  })
  return {
    figure: 'rows',
    design: `${sizes.length} rows of ${Math.min(...sizes)} to ${Math.max(...sizes)}, m ${points(margin)}`,
    truth: `${truths.map(({name}) => name).join(' / ')}, ${points(discordance)} % discordant`,
    few: false,
    run(random) {
      const counts = rows.map(({draw}) => draw(random))
      const verdictAt = (row: number, level: number) =>
        judge(evidenceOfCounts(counts[row]!, rows[row]!.n, level, margin), {alpha: level, margin}).verdict
      return stepDown(rows.length, alpha, verdictAt, verdict => verdict !== 'inconclusive').some(({judged}, row) =>
        rows[row]!.wrong.has(judged),
      )
    },
  }
}

interface Promised {
  readonly verdict: ShownVerdict
  readonly effects: readonly [number, number, number, number]
  readonly oracle?: number
  readonly margin: number
  /** Samples promised at a discordance of 2, 10 and 20 %. */
  readonly sizes: readonly (readonly [discordance: number, n: number])[]
}

const at = (few: number, some: number, many: number): Promised['sizes'] => [
  [0.02, few],
  [0.1, some],
  [0.2, many],
]

/** The table of n in design/diagnosis.md. */
const promises: readonly Promised[] = [
  {verdict: 'load-bearing', effects: [0.05, 0.05, 0.05, 0.05], margin: 0.03, sizes: at(385, 875, 1460)},
  {verdict: 'load-bearing', effects: [0.1, 0.1, 0.1, 0.1], margin: 0.03, sizes: at(154, 287, 440)},
  {verdict: 'load-bearing', effects: [0.3, 0.3, 0.3, 0.3], margin: 0.03, sizes: at(40, 59, 76)},
  {verdict: 'harmful', effects: [0, 0, 0, -0.1], margin: 0.03, sizes: at(148, 282, 408)},
  {verdict: 'read-not-needed', effects: [0.1, 0.1, 0, 0], margin: 0.03, sizes: at(418, 1510, 2980)},
  {
    verdict: 'representation-fails',
    effects: [0, 0, 0, 0],
    oracle: -0.5,
    margin: 0.03,
    sizes: at(59, 174, 325),
  },
  {
    verdict: 'representation-fails',
    effects: [0, 0, 0, 0],
    oracle: -0.3,
    margin: 0.1,
    sizes: at(128, 418, 835),
  },
  {verdict: 'budget-only', effects: [0, 0, 0.1, 0.1], margin: 0.03, sizes: at(478, 1768, 3420)},
  {verdict: 'format-only', effects: [0, 0, 0, 0.1], margin: 0.03, sizes: at(537, 1890, 3717)},
  {verdict: 'not-used', effects: [0, 0, 0, 0], margin: 0.03, sizes: at(537, 1960, 3840)},
  {verdict: 'not-used', effects: [0, 0, 0, 0], margin: 0.05, sizes: at(240, 730, 1400)},
  {verdict: 'not-used', effects: [0, 0, 0, 0], margin: 0.1, sizes: at(86, 200, 363)},
]

function rightCell({verdict, effects, oracle, margin}: Promised, discordance: number, n: number): Cell {
  const largest = Math.max(...effects.map(Math.abs), oracle === undefined ? 0 : -oracle)
  const world: World = {
    ...{name: verdict, effects, own: oracle === undefined ? 0.6 : 0.4, discordance, common: false},
    ...(oracle !== undefined && {oracle}),
  }
  const draw = countsOf(world, n)
  return {
    figure: 'right',
    design: `${verdict}${largest > 0 ? `, ${points(largest)} pp` : ''}, m ${points(margin)}`,
    truth: `n ${n}, ${points(discordance)} % discordant`,
    few: false,
    run: random => judge(evidenceOfCounts(draw(random), n, alpha, margin), {alpha, margin}).verdict === verdict,
  }
}

const few = {n: 191, margin: 0.1}
const many = {n: 1901, margin: 0.03}
const named = (...names: string[]) => boundaries.filter(({name}) => names.includes(name))
const hardest = named(
  'nothing matters',
  'everything by m',
  'swap only',
  'misled',
  'misled, markers by m',
  'markers and none by m',
  'none by m',
  'better by m without',
  'oracle above by m',
  'a fifth recovered',
)
/** Large designs with flips take seconds a thousand tables. */
const hardestOfMany = named('everything by m', 'misled', 'none by m', 'a fifth recovered')
const layouts: readonly Layout[] = [
  {of: designs.vstarMacro, margin: few.margin, spread: 0.05},
  {of: designs.blink, margin: many.margin, spread: 0.05},
  {of: designs.pictures, margin: few.margin, correlation: 0.3},
  {of: designs.orders, margin: few.margin, correlation: 0.8},
  {of: designs.manyPictures, margin: many.margin, correlation: 0.5},
]

export function diagnosisCells(): Cell[] {
  return [
    ...[few, many].flatMap(({n, margin}) =>
      boundaries.flatMap(truth => [
        wrongCell(n, margin, truth, 0.02, false),
        ...[0.1, 0.2].flatMap(discordance =>
          [false, true].map(common => wrongCell(n, margin, truth, discordance, common)),
        ),
      ]),
    ),
    ...layouts.flatMap(layout =>
      (layout.margin === many.margin ? hardestOfMany : hardest).map(truth => designCell(layout, truth, 0.1)),
    ),
    ...[0.02, 0.1].flatMap(discordance =>
      [[hardest[0]!], named('swap only', 'misled', 'none by m'), named('everything by m'), hardest].map(truths =>
        rowsCell(designs.blink.sizes, 0.1, truths, discordance),
      ),
    ),
    ...promises.flatMap(promise => promise.sizes.map(([discordance, n]) => rightCell(promise, discordance, n))),
  ]
}

/** The cells of the short version in the tests: the hard case of every kind. */
export function shortDiagnosisCells(): Cell[] {
  const [first] = layouts
  return [
    ...named('nothing matters', 'misled', 'swap only', 'none by m', 'a fifth recovered').map(truth =>
      wrongCell(few.n, few.margin, truth, 0.1, false),
    ),
    ...named('everything by m', 'better by m without').map(truth => wrongCell(many.n, many.margin, truth, 0.1, true)),
    designCell(first!, hardest[0]!, 0.1),
    designCell(layouts[2]!, hardest[2]!, 0.1),
    rowsCell(designs.blink.sizes, 0.1, hardest, 0.1),
    ...promises.slice(0, 5).map(promise => rightCell(promise, ...promise.sizes[0]!)),
  ]
}
