// All contrasts of a row, as they are printed: those that decide, and those that are shown beside them.
import {type Random, random} from '../../core/random.js'
import {
  detectableEffects,
  holm,
  type MeanDifference,
  meanDifference,
  type PairedStratum,
  pairedDifference,
  type Stratum,
} from '../statistics/index.js'
import {forcedScore, freeScore, goldLogProb, goldMargin, scoredBy} from './reading.js'
import type {Effect, EffectName, EffectScale, ReadingKind} from './result.js'
import {combined, type DiagnosedRow, pairsOf, type Scored, samplesOf} from './row.js'
import {donorLift, liftAbove, marginShift, pathInteraction} from './steering.js'
import {ownCondition} from './table.js'
import type {Judgement} from './verdict.js'

type Contrasted = readonly [EffectName, string, string]

/** Contrasts of two conditions that have a name of their own. */
const namedContrasts: readonly Contrasted[] = [
  ['content', ownCondition, 'matched-noise'],
  ['content-unrelated', ownCondition, 'swap-unrelated'],
  ['slots', ownCondition, 'markers-only'],
  ['total', ownCondition, 'no-latent'],
  ['slots', ownCondition, 'fillers'],
  ['markers', 'markers-only', 'no-latent'],
  ['format', 'forced-template', 'no-latent'],
  ['headroom', 'oracle', ownCondition],
  ['order', ownCondition, 'shuffle'],
  ['total', ownCondition, 'knock-out'],
]

/** Which test of the deciding family a contrast belongs to. */
const decides: Readonly<Record<string, keyof Judgement['adjusted']>> = {
  'own matched-noise': 'content',
  'own swap-unrelated': 'content',
  'own markers-only': 'markersOnly',
  'own no-latent': 'noLatent',
}

/** The name of every contrast that the conditions of a row allow. Other replacements stand under `content`. */
function contrastsIn(row: DiagnosedRow): Contrasted[] {
  const asked = new Set(samplesOf(row).flatMap(({under}) => Object.keys(under)))
  const named = namedContrasts.filter(([, first, second]) => asked.has(first) && asked.has(second))
  const used = new Set(['self-swap', ...named.flatMap(([, first, second]) => [first, second])])
  const others = [...asked].filter(condition => !used.has(condition)).map(condition => contrastWith(condition))
  return asked.has(ownCondition) ? [...named, ...others] : named
}

function contrastWith(condition: string): Contrasted {
  if (condition.startsWith('strict:')) return ['strict', 'strict', condition]
  if (condition === 'strict' || condition === 'strict-all') return ['strict', ownCondition, condition]
  if (condition.startsWith('image:')) return ['picture', ownCondition, condition]
  if (/^(truncate|zero-at):/.test(condition)) return ['position', ownCondition, condition]
  return ['content', ownCondition, condition]
}

export interface EffectOptions {
  readonly alpha: number
  readonly reading: ReadingKind
  readonly seed: string | number
  readonly flips?: number
}

/** An effect before it is adjusted, and the deciding test that adjusts it. */
type Unadjusted = Omit<Effect, 'pAdjusted'> & {readonly test?: keyof Judgement['adjusted']}

/**
 * The effects of a row. p of a deciding contrast is adjusted within the deciding family; all others are adjusted by
 * Holm among themselves.
 */
export function effectsOf(row: DiagnosedRow, {adjusted}: Judgement, options: EffectOptions): Effect[] {
  const contrasts = contrastsIn(row)
  const unadjusted = [
    ...contrasts.flatMap(contrast => accuracy(row, contrast, 'free', freeScore, options)),
    ...contrasts.flatMap(contrast => accuracy(row, contrast, 'forced', forcedScore, options)),
    ...contrasts.flatMap(([name, first, second]) => [
      ...inNats(row, [name, first, second], 'gold-margin', goldMargin, options),
      ...inNats(row, [name, first, second], 'log-prob', goldLogProb, options),
    ]),
    ...steering(row, options),
  ]
  const shown = holm(unadjusted.filter(({test}) => test === undefined).map(({p}) => p))
  let next = 0
  return unadjusted.map(({test, ...effect}) => ({
    ...effect,
    pAdjusted: test === undefined ? shown[next++]! : (adjusted[test] ?? effect.p),
  }))
}

function accuracy(
  row: DiagnosedRow,
  [name, first, second]: Contrasted,
  reading: ReadingKind,
  scored: Scored,
  options: EffectOptions,
): Unadjusted[] {
  const pairs = pairsOf(row, [first, second], scored)
  if (pairs.length === 0) return []
  const test = reading === options.reading ? decides[`${first} ${second}`] : undefined
  const head = {name, contrast: [first, second], scale: 'accuracy', reading} as const
  // The deciding tests drew their flips under this purpose, so that the same p is printed.
  const random = randomOf(row, test === undefined ? `${reading} ${first} ${second}` : second, options)
  return [{...head, ...paired(row, pairs, random, options), ...(test !== undefined && {test})}]
}

function paired(row: DiagnosedRow, pairs: readonly PairedStratum[], random: Random, {alpha, flips}: EffectOptions) {
  const {n, difference, low, high, p} = pairedDifference(pairs, {aggregate: row.aggregate, random, alpha, flips})
  const {mde} = detectableEffects(pairs, row.aggregate, alpha)
  return {n, difference, low, high, p, mde, supports: Math.max(Math.abs(low), Math.abs(high))}
}

function randomOf({bench, subtask}: DiagnosedRow, purpose: string, {seed}: EffectOptions): Random {
  return random('diagnosis', seed, bench, subtask ?? '', purpose)
}

/** A difference on a scale that has no margin. */
function meanEffect(
  row: DiagnosedRow,
  head: Pick<Effect, 'name' | 'contrast' | 'scale' | 'reading'>,
  values: readonly Stratum[],
  {alpha}: EffectOptions,
): Unadjusted[] {
  if (values.length === 0) return []
  const shares = head.scale === 'donor-lift'
  const {low, high, ...mean} = meanDifference(values, {aggregate: row.aggregate, alpha, shares})
  // A lift is a difference of two shares; that of one donor above another is a difference of two lifts.
  const most = !shares ? Number.POSITIVE_INFINITY : head.contrast[1] === ownCondition ? 1 : 2
  return [{...head, ...mean, low: Math.max(low, -most), high: Math.min(high, most), mde: null, supports: null}]
}

function inNats(
  row: DiagnosedRow,
  [name, first, second]: Contrasted,
  scale: EffectScale,
  scored: Scored,
  options: EffectOptions,
): Unadjusted[] {
  const values = combined(row, [first, second], scored, (one, other) => one - other)
  return meanEffect(row, {name, contrast: [first, second], scale, reading: 'forced'}, values, options)
}

/** Lift of contrast donors, of donors by letter, of unrelated ones, and of the first above the last; margin shifts. */
function steering(row: DiagnosedRow, options: EffectOptions): Unadjusted[] {
  const lift = (contrast: readonly [string, string], values: readonly Stratum[]) =>
    meanEffect(row, {name: 'steering', contrast, scale: 'donor-lift', reading: 'free'}, values, options)
  const shift = (swap: string) => {
    const head = {name: 'steering', contrast: [swap, ownCondition], scale: 'log-prob', reading: 'forced'} as const
    return meanEffect(row, head, marginShift(row, swap), options)
  }
  return [
    ...lift(['swap', ownCondition], donorLift(row, 'swap', 'text')),
    ...lift(['swap:letter', ownCondition], donorLift(row, 'swap', 'letter')),
    ...lift(['swap-unrelated', ownCondition], donorLift(row, 'swap-unrelated')),
    ...lift(['swap', 'swap-unrelated'], liftAbove(row, 'swap', 'swap-unrelated')),
    ...shift('swap'),
    ...shift('swap-unrelated'),
  ]
}

/** The path interaction of every replacement that was asked with the picture open and with it hidden. */
export function interactionsOf(
  row: DiagnosedRow,
  {alpha, reading}: EffectOptions,
): (readonly [condition: string, interaction: MeanDifference])[] {
  const asked = new Set(samplesOf(row).flatMap(({under}) => Object.keys(under)))
  return [...asked].flatMap(name => {
    const condition = name.startsWith('strict:') ? name.slice('strict:'.length) : null
    if (condition === null || !asked.has(condition)) return []
    const values = pathInteraction(row, condition, scoredBy(reading))
    if (values.length === 0) return []
    return [[condition, meanDifference(values, {aggregate: row.aggregate, alpha, shares: true})] as const]
  })
}
