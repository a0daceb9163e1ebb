// The claims about the statistics, as cells: a design, how often something happens in it, and the bounds for that
// frequency.
import {type Random, random} from '../../src/core/random.js'
import {
  assumedEffects,
  holm,
  pairedDifference,
  rankIntervals,
  scoreInterval,
} from '../../src/metrics/statistics/index.js'
import * as designs from './designs.js'
import {
  allRight,
  type Design,
  drawArms,
  drawGroupArms,
  drawGroupPairs,
  drawGroupScores,
  drawPairs,
  drawScores,
  headline,
  spreadOver,
} from './designs.js'

/** The meaning of a figure, and its bounds as fractions. */
export const figures = {
  coverage: {title: 'Two-sided coverage of a score', low: 0.93, high: 0.985},
  paired: {title: 'Two-sided coverage of a difference', low: 0.93, high: 0.985},
  alarm: {title: 'False alarms of the two-sided test', low: 0, high: 0.055},
  gate: {title: 'Gate passed at a true loss of the margin', low: 0, high: 0.06},
  ranks: {title: 'Tables that demote a truly best arm', low: 0, high: 0.055},
  family: {title: 'False alarms among several tests, with Holm', low: 0, high: 0.055},
  power: {title: 'Power at the stated detectable difference', low: 0.77, high: 0.83},
  margin: {title: 'Equivalence shown at the stated margin', low: 0.77, high: 0.83},
  wrong: {title: 'Wrong claims about latents', low: 0, high: 0.05},
  rows: {title: 'Reports with a wrong claim in any row', low: 0, high: 0.05},
  right: {title: 'The right verdict at the promised n', low: 0.88, high: 1},
} as const

export type Figure = keyof typeof figures

export interface Cell {
  readonly figure: Figure
  readonly design: string
  /** The simulated truth, in words. */
  readonly truth: string
  /**
   * So few independent answers differ from the rest that no test can use its full 5 %. Exceeding the upper bound is
   * then not a failure.
   */
  readonly few: boolean
  /** One run: how often the event happened, and out of how many trials. */
  readonly run: (random: Random) => boolean
}

/** Flips and draws of one simulated analysis. More of them make each p finer, but not the test better. */
const flips = 499
const rankDraws = 1000
/** Below this number of differing answers, a single outcome has more probability than the test's error rate allows. */
const enough = 8
const points = (fraction: number) => `${Number((100 * fraction).toFixed(2))} pp`
const percent = (fraction: number) => `${Number((100 * fraction).toFixed(1))} %`

/** Lower bound for the number of independent units that differ from the rest. */
function differing({sizes, each}: Design, share: number, correlation: number): number {
  const n = sizes.reduce((sum, size) => sum + size, 0)
  return (n * share) / (1 + (each - 1) * correlation)
}

function scoreCell(of: Design, share: number, spread: number, correlation: number): Cell {
  const shares = spreadOver(of, share, Math.min(spread, 1 - share))
  const truth = headline(of, shares)
  return {
    figure: 'coverage',
    design: of.name,
    truth: `${percent(share)}${spread > 0 ? ` ± ${percent(Math.min(spread, 1 - share))}` : ''}${of.each > 1 ? `, ICC ${correlation}` : ''}`,
    few: differing(of, Math.min(share, 1 - share), correlation) < enough || (of.each > 1 && correlation === 1),
    run(random) {
      const {low, high} = scoreInterval(drawScores(of, shares, correlation, random), of.aggregate)
      return low <= truth && truth <= high
    },
  }
}

/** Graded scores: quarters, mostly the highest. */
function gradedCell(of: Design, share: number): Cell {
  const grades = [0, 0.25, 0.5, 0.75]
  const truth = share + (1 - share) * 0.375
  return {
    figure: 'coverage',
    design: of.name,
    truth: `graded, mean ${percent(truth)}`,
    few: differing(of, 1 - share, 0) < enough,
    run(random) {
      const strata = drawScores(
        of,
        of.sizes.map(() => share),
        0,
        random,
      ).map(({values}) => ({
        values: values.map(value => (value === 1 ? 1 : random.pick(grades))),
      }))
      const {low, high} = scoreInterval(strata, of.aggregate)
      return low <= truth && truth <= high
    },
  }
}

/** The score over groups, where samples of a group are alike. */
function groupScoreCell(of: Design, share: number, correlation: number): Cell {
  const truth = allRight(of, share, correlation)
  return {
    figure: 'coverage',
    design: `${of.name} as groups`,
    truth: `${percent(share)} of samples, ${percent(truth)} of groups`,
    few: (of.sizes[0]! / of.each) * Math.min(truth, 1 - truth) < enough,
    run(random) {
      const {low, high} = scoreInterval(drawGroupScores(of, share, correlation, random), of.aggregate)
      return low <= truth && truth <= high
    },
  }
}

/** The difference over groups. `effect` is that of groups; samples have the difference that leads to it. */
function groupPairedCell(
  figure: 'paired' | 'alarm' | 'gate',
  of: Design,
  {discordance, effect, correlation = 0}: Truth,
): Cell {
  const share = 0.8
  const outcomes = (net: number) => {
    const [won, lost] = [(discordance + net) / 2, (discordance - net) / 2]
    return {both: share - discordance / 2, won, lost}
  }
  const differenceAt = (net: number) => {
    const {both, won, lost} = outcomes(net)
    return allRight(of, both + won, correlation) - allRight(of, both + lost, correlation)
  }
  let [below, above] = [-discordance, discordance]
  for (let step = 0; step < 60; step++) {
    const middle = (below + above) / 2
    if (differenceAt(middle) < effect) below = middle
    else above = middle
  }
  const truth = outcomes(effect === 0 ? 0 : (below + above) / 2)
  const flipped = random('calibrate', 'flips', of.name, 'groups', figure)
  return {
    figure,
    design: `${of.name} as groups`,
    truth: `${points(effect)}, ${percent(discordance)} of samples discordant, ICC ${correlation}`,
    few: (of.sizes[0]! / of.each) * discordance < (effect === 0 ? 3 * enough : enough),
    run(drawn) {
      const pairs = drawGroupPairs(of, truth, correlation, drawn)
      const {low, high, p, bounds} = pairedDifference(pairs, {aggregate: of.aggregate, random: flipped, flips})
      if (figure === 'alarm') return p <= 0.05
      return figure === 'gate' ? bounds.low > effect : low <= effect + 1e-9 && effect - 1e-9 <= high
    },
  }
}

function groupRankCell(of: Design, share: number, arms: number): Cell {
  const shares = Array.from({length: arms}, () => share)
  const drawn = random('calibrate', 'ranks', of.name, 'groups', arms)
  return {
    figure: 'ranks',
    design: `${of.name} as groups`,
    truth: `${arms} arms at ${percent(share)} of samples`,
    few: false,
    run(random) {
      const ranks = rankIntervals(drawGroupArms(of, shares, random), of.aggregate, {random: drawn, draws: rankDraws})
      return ranks.some(rank => rank!.tier > 1)
    },
  }
}

interface Truth {
  readonly discordance: number
  readonly effect: number
  readonly spread?: number
  readonly correlation?: number
}

function pairedCell(figure: 'paired' | 'alarm' | 'gate', of: Design, truth: Truth): Cell {
  const {discordance, effect, spread = 0, correlation = 0} = truth
  const raw = spreadOver(of, 0, spread)
  const shift = effect - headline(of, raw)
  const effects = raw.map(value => value + shift)
  const flipped = random('calibrate', 'flips', of.name, figure)
  return {
    figure,
    design: of.name,
    truth: `${points(effect)}${spread > 0 ? ` (subtasks ± ${points(spread)})` : ''}, ${percent(discordance)} discordant${of.each > 1 ? `, ICC ${correlation}` : ''}`,
    few:
      differing(of, discordance, correlation) < (effect === 0 ? 3 * enough : enough) ||
      (of.each > 1 && correlation > 0.5),
    run(drawn) {
      const pairs = drawPairs(of, discordance, effects, correlation, drawn)
      const {low, high, p, bounds} = pairedDifference(pairs, {aggregate: of.aggregate, random: flipped, flips})
      if (figure === 'alarm') return p <= 0.05
      return figure === 'gate' ? bounds.low > effect : low <= effect + 1e-12 && effect - 1e-12 <= high
    },
  }
}

function rankCell(of: Design, share: number, best: number, worse: number, loss: number): Cell {
  const shares = [...Array.from({length: best}, () => share), ...Array.from({length: worse}, () => share - loss)]
  const drawn = random('calibrate', 'ranks', of.name, best, worse)
  return {
    figure: 'ranks',
    design: of.name,
    truth: `${best} arms at ${percent(share)}${worse > 0 ? `, ${worse} at ${percent(share - loss)}` : ''}`,
    few: false,
    run(random) {
      const ranks = rankIntervals(drawArms(of, shares, random), of.aggregate, {random: drawn, draws: rankDraws})
      return ranks.slice(0, best).some(rank => rank!.tier > 1)
    },
  }
}

function familyCell(of: Design, discordance: number): Cell {
  const flipped = random('calibrate', 'family', of.name)
  return {
    figure: 'family',
    design: of.name,
    truth: `${of.sizes.length} equal subtasks, ${percent(discordance)} discordant`,
    few: false,
    run(random) {
      const pairs = drawPairs(
        of,
        discordance,
        of.sizes.map(() => 0),
        0,
        random,
      )
      const tests = pairs.map(pair => pairedDifference([pair], {aggregate: 'micro', random: flipped, flips}).p)
      return holm(tests).some(p => p <= 0.05)
    },
  }
}

function powerCell(figure: 'power' | 'margin', of: Design, discordance: number): Cell {
  const {mde, smallestMargin} = assumedEffects(
    of.sizes.map((n, s) => ({n, weight: of.weights?.[s]})),
    of.aggregate,
    discordance,
  )
  const effect = figure === 'power' ? mde : 0
  const flipped = random('calibrate', 'power', of.name, figure)
  return {
    figure,
    design: of.name,
    truth: `${figure === 'power' ? points(mde) : `± ${points(smallestMargin)}`}, ${percent(discordance)} discordant without a net effect`,
    // Counts are whole: if they are small, a margin includes one outcome more or less.
    few: figure === 'margin' && differing(of, discordance, 0) < 2 * enough,
    run(random) {
      const pairs = drawPairs(
        of,
        discordance + effect,
        of.sizes.map(() => effect),
        0,
        random,
      )
      const {p, bounds} = pairedDifference(pairs, {aggregate: of.aggregate, random: flipped, flips})
      return figure === 'power' ? p <= 0.05 : bounds.low > -smallestMargin && bounds.high < smallestMargin
    },
  }
}

const {blink, blinkMicro, vstar, vstarMacro, tens, threes, forty, pictures, orders, ordersMacro, lopsided} = designs
const shares = [0.5, 0.7, 0.9, 0.95, 0.98, 0.995]
const correlations = [0, 0.3, 0.8, 1]
const rare = [0.02, 0.1, 0.2]

/** Groups of samples, their plain accuracy, and a nested mean of subtasks. */
export function groupCells(): Cell[] {
  const each = [designs.pairs, designs.rotations]
  const {nested} = designs
  const differences = [
    ['paired', 0.1],
    ['paired', -0.02],
    ['alarm', 0],
    ['gate', -0.02],
  ] as const
  const fits = (effect: number) => [0.05, 0.1, 0.2].filter(discordance => Math.abs(effect) < discordance)
  const asGroups: Design[] = each.map(of => ({
    ...of,
    name: `${of.name} as groups`,
    sizes: [of.sizes[0]! / of.each],
    each: 1,
  }))
  return [
    ...each.flatMap(of => [0.5, 0.7, 0.9, 0.98].flatMap(share => [0, 0.5].map(one => groupScoreCell(of, share, one)))),
    ...each.flatMap(of => [0.5, 0.7, 0.9, 0.98].flatMap(share => [0, 0.5].map(one => scoreCell(of, share, 0, one)))),
    ...shares.flatMap(share => [0, 0.2].map(spread => scoreCell(nested, share, spread, 0))),
    ...differences.flatMap(([figure, effect]) => [
      ...each.flatMap(of =>
        fits(effect).flatMap(discordance => [
          groupPairedCell(figure, of, {discordance, effect, correlation: 0.5}),
          pairedCell(figure, of, {discordance, effect, correlation: 0.5}),
        ]),
      ),
      ...[0.05, 0.1, 0.2]
        .filter(discordance => Math.abs(effect) <= discordance)
        .map(discordance => pairedCell(figure, nested, {discordance, effect})),
      pairedCell(figure, nested, {discordance: 0.3, effect, spread: 0.2}),
    ]),
    ...[2, 5, 12].flatMap(arms => [...each.map(of => groupRankCell(of, 0.8, arms)), rankCell(nested, 0.7, arms, 0, 0)]),
    ...(['power', 'margin'] as const).flatMap(figure =>
      [...asGroups, nested].flatMap(of => [0.1, 0.2].map(discordance => powerCell(figure, of, discordance))),
    ),
  ]
}

/** The cells of samples, subtasks and clusters. */
export function allCells(): Cell[] {
  const singles = [blinkMicro, vstar, forty]
  const macros = [blink, vstarMacro, tens, threes]
  const clustered = [pictures, orders, ordersMacro]
  const truths = (effect: number): Truth[] =>
    rare.filter(discordance => Math.abs(effect) <= discordance).map(discordance => ({discordance, effect}))
  const uneven = (effect: number): {of: Design; truth: Truth}[] => [
    {of: blink, truth: {discordance: 0.3, effect, spread: 0.2}},
    {of: tens, truth: {discordance: 0.3, effect, spread: 0.2}},
    {
      of: {...vstarMacro, name: 'two of 100 macro', sizes: [100, 100]},
      truth: {discordance: 0.95, effect, spread: 0.9 - Math.abs(effect)},
    },
  ]
  const alike = (effect: number): {of: Design; truth: Truth}[] =>
    clustered.flatMap(of =>
      [0.02, 0.1, 0.3]
        .filter(discordance => Math.abs(effect) <= discordance)
        .flatMap(discordance => correlations.map(correlation => ({of, truth: {discordance, effect, correlation}}))),
    )
  const everyPair = (figure: 'paired' | 'alarm' | 'gate', effect: number) => [
    ...[...singles, ...macros].flatMap(of => truths(effect).map(truth => pairedCell(figure, of, truth))),
    ...uneven(effect).map(({of, truth}) => pairedCell(figure, of, truth)),
    ...alike(effect).map(({of, truth}) => pairedCell(figure, of, truth)),
  ]
  return [
    ...singles.flatMap(of => shares.map(share => scoreCell(of, share, 0, 0))),
    ...macros.flatMap(of => shares.flatMap(share => [0, 0.2].map(spread => scoreCell(of, share, spread, 0)))),
    ...[0.6, 0.8, 0.9, 0.97].map(share => scoreCell(lopsided, share, 0, 0)),
    ...clustered.flatMap(of => shares.flatMap(share => correlations.map(one => scoreCell(of, share, 0, one)))),
    ...[vstar, blink, forty].flatMap(of => [0.5, 0.9].map(share => gradedCell(of, share))),
    ...everyPair('paired', 0.1),
    ...everyPair('paired', -0.02),
    ...everyPair('alarm', 0),
    ...everyPair('gate', -0.02),
    ...[vstar, blink, threes, forty, pictures].flatMap(of =>
      [2, 3, 5, 8, 12, 20].map(arms => rankCell(of, of === forty ? 0.95 : 0.7, arms, 0, 0)),
    ),
    ...[2, 3, 8, 20].map(arms => rankCell(lopsided, 0.6, arms, 0, 0)),
    ...[vstar, blink].map(of => rankCell(of, 0.7, 6, 6, 0.2)),
    ...[blink, tens].map(of => familyCell(of, 0.2)),
    ...(['power', 'margin'] as const).flatMap(figure =>
      [blink, blinkMicro, vstar, vstarMacro, tens, threes, forty].flatMap(of =>
        [0.05, 0.1, 0.2, 0.3].map(discordance => powerCell(figure, of, discordance)),
      ),
    ),
  ]
}

/** The cells of the short version in the tests: one or two of each kind, including the hard cases that were found. */
export function shortCells(): Cell[] {
  return [
    scoreCell(blink, 0.995, 0, 0),
    scoreCell(tens, 0.95, 0, 0),
    scoreCell(tens, 0.8, 0.2, 0),
    scoreCell(threes, 0.9, 0, 0),
    scoreCell(orders, 0.98, 0, 0.8),
    scoreCell(pictures, 0.95, 0, 0.3),
    scoreCell(forty, 0.7, 0, 0),
    scoreCell(lopsided, 0.8, 0, 0),
    gradedCell(vstar, 0.5),
    pairedCell('paired', tens, {discordance: 0.2, effect: 0.1}),
    pairedCell('paired', vstar, {discordance: 0.1, effect: -0.02}),
    pairedCell('alarm', blink, {discordance: 0.3, effect: 0, spread: 0.2}),
    pairedCell('alarm', vstar, {discordance: 0.2, effect: 0}),
    pairedCell('alarm', pictures, {discordance: 0.3, effect: 0, correlation: 0.8}),
    pairedCell('gate', vstarMacro, {discordance: 0.02, effect: -0.02}),
    pairedCell('gate', pictures, {discordance: 0.1, effect: -0.02, correlation: 0.3}),
    pairedCell('gate', vstar, {discordance: 0.1, effect: -0.02}),
    ...[2, 12, 20].map(arms => rankCell(vstar, 0.7, arms, 0, 0)),
    rankCell(lopsided, 0.6, 8, 0, 0),
    familyCell(tens, 0.2),
    powerCell('power', vstar, 0.2),
    powerCell('power', tens, 0.1),
    powerCell('margin', vstarMacro, 0.2),
    groupScoreCell(designs.pairs, 0.9, 0.5),
    groupPairedCell('gate', designs.pairs, {discordance: 0.1, effect: -0.02, correlation: 0.5}),
    scoreCell(designs.nested, 0.9, 0.2, 0),
    pairedCell('alarm', designs.nested, {discordance: 0.2, effect: 0}),
  ]
}
