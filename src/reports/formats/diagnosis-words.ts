// The tables and sentences of a diagnosis, for the terminal and for Markdown alike.
import type {DiagnosisDocument, DiagnosisRow} from '../schemas/diagnosis.js'
import type {Column} from './layout.js'
import * as words from './words.js'

export interface TextTable {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

const left = (head: string): Column => ({head, align: 'left'})
const right = (head: string): Column => ({head, align: 'right'})

type EffectRow = DiagnosisRow['effects'][number]

const inNats = ({scale}: EffectRow) => scale === 'gold-margin' || scale === 'log-prob'

/** A difference in points, or in nats. */
function amount(effect: EffectRow, value: number): string {
  return inNats(effect) ? signedNats(value) : words.points(value)
}

function signedNats(value: number): string {
  const text = Math.abs(value).toFixed(2)
  return Number(text) === 0 ? text : value > 0 ? `+${text}` : `−${text}`
}

/** The headline of one benchmark, or all of its rows. */
export const headlinesOf = ({results}: DiagnosisDocument): readonly DiagnosisRow[] =>
  results.filter(({subtask}) => subtask === null)

export function subtasksOf({results}: DiagnosisDocument, bench: string): readonly DiagnosisRow[] {
  return results.filter(row => row.bench === bench && row.subtask !== null)
}

/** Effects in points, in the reading that decided and by donors; `all` adds the other reading and nats. */
export function effectTable({effects, reading}: DiagnosisRow, all: boolean): TextTable {
  const shown = effects.filter(effect => all || (!inNats(effect) && (effect.reading === reading || isLift(effect))))
  const unit = (effect: EffectRow) =>
    effect.scale === 'accuracy' ? 'points' : isLift(effect) ? 'lift, points' : `${effect.scale}, nats`
  return {
    columns: [
      ...[left('effect'), left('contrast')],
      ...(all ? [left('scale'), left('reading')] : []),
      ...[right(all ? 'difference' : 'points'), right('95 % interval'), right('n'), right('p')],
    ],
    rows: shown.map(effect => [
      ...[effect.name, effect.contrast.join(' − ')],
      ...(all ? [unit(effect), effect.reading] : []),
      amount(effect, effect.difference),
      `${amount(effect, effect.low)} to ${amount(effect, effect.high)}`,
      ...[words.count(effect.n), words.pValue(effect.pAdjusted)],
    ]),
  }
}

type Loss = DiagnosisRow['utility'][number]['margin']

/** What each latent is worth by itself; only where some were left out alone. */
export function utilityTable({utility}: DiagnosisRow): TextTable {
  const nats = (loss: Loss) => (loss === null ? words.absent : signedNats(loss.difference))
  const range = (loss: Loss) => (loss === null ? words.absent : `${signedNats(loss.low)} to ${signedNats(loss.high)}`)
  return {
    columns: [
      ...[left('zeroed'), right('gold, nats'), right('margin, nats'), right('interval')],
      ...[right('points'), right('n')],
    ],
    rows: utility.map(({step, logProb, margin, accuracy}) => [
      ...[`latent ${step}`, nats(logProb), nats(margin), range(margin)],
      accuracy === null ? words.absent : words.points(accuracy.difference),
      words.count((margin ?? logProb ?? accuracy)!.n),
    ]),
  }
}

export const utilityNote =
  'What the gold answer loses when one latent of each block is zero and the others are own. A zero is no vector that a model has seen: where any change hurts, this shows the place of a change, not what stood there.'

const isLift = ({scale}: EffectRow) => scale === 'donor-lift'

/** What the columns of the effects do not say: how p is adjusted and, where it is not 95 %, the level of intervals. */
export function levelNote({alpha}: DiagnosisRow): string {
  const level = alpha === 0.05 ? '' : ` Intervals hold at ${Number((100 * (1 - alpha)).toFixed(2))} %.`
  return `p is adjusted (Holm) among the contrasts that decide, and among the others.${level}`
}

/** Verdict of each subtask, with the two contrasts that a reader asks for first. */
export function subtaskTable(rows: readonly DiagnosisRow[]): TextTable {
  const against = ({effects, reading}: DiagnosisRow, condition: string) => {
    const effect = effects.find(
      one =>
        one.contrast[0] === 'own' &&
        one.contrast[1] === condition &&
        one.scale === 'accuracy' &&
        one.reading === reading,
    )
    return effect === undefined ? words.absent : words.points(effect.difference)
  }
  return {
    columns: [left('subtask'), right('n'), left('verdict'), right('noise'), right('stranger'), right('markers')],
    rows: rows.map(row => [
      ...[row.subtask!, words.count(row.n), row.verdict],
      ...['matched-noise', 'swap-unrelated', 'markers-only'].map(condition => against(row, condition)),
    ]),
  }
}

/** `identity ok · oracle FAILED (0 of 12) · determinism not checked`. */
export function guardFacts({guards}: DiagnosisRow): string[] {
  return guards.map(({name, ok, detail}) =>
    ok === null ? `${name} not checked` : ok ? `${name} ok` : `${name} FAILED (${detail})`,
  )
}

/** `160 samples, 100.0 % with latents (97.7 – 100.0), margin 10 points`. */
export function rowFacts({n, engaged, margin, reading, verdict, verdictAll}: DiagnosisRow): string[] {
  return [
    `${words.count(n)} samples`,
    engaged === null
      ? 'latents not observable'
      : `${words.percent(engaged.rate)} % with latents (${words.interval(engaged.low, engaged.high)})`,
    `margin ${Number((100 * margin).toFixed(1))} points`,
    ...(reading === 'forced' ? ['teacher-forced answers'] : []),
    ...(verdictAll === verdict ? [] : [`on all samples ${verdictAll}`]),
  ]
}

/** Cost of every arm, cheapest first; a star marks the arms that none beats. */
export function costTable(arms: DiagnosisDocument['efficiency'][number]['arms']): TextTable {
  const sorted = [...arms].sort((a, b) => (a.decodeSteps ?? 0) - (b.decodeSteps ?? 0) || b.accuracy - a.accuracy)
  const starred = (text: string, star: boolean) => (star ? `${text} *` : `${text}  `)
  return {
    columns: [left('arm'), right('accuracy'), right('n'), right('steps  '), right('ms  ')],
    rows: sorted.map(({arm, condition, mode, accuracy, n, decodeSteps, ms, pareto}) => [
      ...[condition ?? besideName(arm, mode), words.percent(accuracy), words.count(n)],
      ...[starred(words.figure(decodeSteps, 1), pareto.decodeSteps), starred(words.figure(ms), pareto.ms)],
    ]),
  }
}

/** An arm that is no condition of the latents: its mode, and the picture or steps that it had. */
function besideName(arm: string, mode: string): string {
  const [, changed] = arm.split(`|${mode}|`)
  return changed === undefined ? mode : `${mode} ${changed}`
}

export const costNote = '* no other arm is at least as accurate at no higher cost, and better in one of both.'

/** What every condition answers about counterfactual pairs. */
export function pairsTable({conditions}: DiagnosisDocument['pairs'][number]): TextTable {
  const shown = (share: {readonly rate: number} | null) => (share === null ? words.absent : words.percent(share.rate))
  return {
    columns: [left('pairs'), right('strict flip'), right('any flip'), right('n'), right('false flip'), right('n')],
    rows: conditions.map(({condition, strictFlip, anyFlip, falseFlip}) => [
      ...[condition, shown(strictFlip), shown(anyFlip), words.count(strictFlip?.n ?? 0)],
      ...[shown(falseFlip), words.count(falseFlip?.n ?? 0)],
    ]),
  }
}

/** What its columns mean, and how far own latents move. */
export function pairsNote({distance: {changed, unchanged}}: DiagnosisDocument['pairs'][number]): string {
  const note =
    'Strict flip: both pictures of a pair right. False flip: the answer changes though the edit changes nothing.'
  if (changed === null && unchanged === null) return note
  const three = (value: number | null) => (value === null ? words.absent : value.toFixed(3))
  return `${note} Distance of own latents (1 - cosine): ${three(changed)} where the answer changes, ${three(unchanged)} where it stays.`
}

/** What the stored latents look like, as sentences. */
export function geometrySentences({
  samples,
  norm,
  norms,
  inputs,
  cosines,
  rank,
  against,
  drift,
  retrieval,
  lens,
}: DiagnosisDocument['geometry'][number]): string[] {
  const two = (value: number | null) => (value === null ? words.absent : value.toFixed(2))
  const times = (ratio: number | null, norm: number | null, what: string) =>
    ratio === null || norm === null ? [] : [`${ratio.toPrecision(3)} times as long as ${what} (${norm.toPrecision(3)})`]
  const beside = [
    ...times(inputs.latentToText, inputs.text, 'the embeddings of text'),
    ...times(inputs.latentToPicture, inputs.picture, 'the features of pictures'),
  ]
  const aim = against === 'boxes' ? "picture's features in the boxes" : 'oracle'
  const ratios = Object.entries(norms).map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`)
  return [
    `Latents of ${words.count(samples)} samples, mean norm ${norm.toPrecision(3)}${ratios.length === 0 ? '' : `; norms over own: ${ratios.join(', ')}`}.`,
    ...(beside.length === 0 ? [] : [`Latents are ${beside.join(' and ')}.`]),
    `Cosine within a sample ${two(cosines.within)}, of neighbours ${two(cosines.adjacent)}, across samples ${two(cosines.across)} (${two(cosines.acrossCentred)} around the mean).`,
    ...(rank === null
      ? []
      : [
          `Effective rank: participation ratio ${rank.participationRatio.toFixed(1)}, ${rank.rank90} dimensions hold 90 % of the variance, the first ${words.percent(rank.top1)} %.`,
        ]),
    ...(drift.length === 0 ? [] : [`Cosine to the ${aim} by step: ${drift.map(step => two(step.cosine)).join(', ')}.`]),
    ...(retrieval === null
      ? []
      : [
          `Retrieval of the own ${aim} among ${words.count(retrieval.n)}${retrieval.of > retrieval.n ? ` (of ${words.count(retrieval.of)}, drawn)` : ''}: R@1 ${words.percent(retrieval.recallAt1)} % (chance ${words.percent(retrieval.chance.recallAt1)}), R@5 ${words.percent(retrieval.recallAt5)} % (${words.percent(retrieval.chance.recallAt5)}), MRR ${retrieval.mrr.toFixed(3)} (${retrieval.chance.mrr.toFixed(3)}).`,
        ]),
    ...(lens === null ? [] : [lensSentence(lens)]),
    'These figures are descriptive; none of them decides.',
  ]
}

/** Steps that are told; diagnosis.json has all. */
const lensSteps = 8

function lensSentence({of, warning, steps}: NonNullable<DiagnosisDocument['geometry'][number]['lens']>): string {
  const told = steps.slice(0, lensSteps).map(({step, tokens}) => {
    const named = tokens.map(({token, share}) => `${JSON.stringify(token)} ${words.percent(share)} %`)
    return `${step}: ${named.join(', ')}`
  })
  const rest = steps.length > lensSteps ? `; ${steps.length - lensSteps} more` : ''
  const what = of === 'latent' ? 'latents' : 'the states that latents are made of'
  return `Likeliest tokens of ${what} by step, in how many samples: ${told.join('; ')}${rest}. ${warning}`
}

/** `builtin:nano-latent, lantern:5, suite standard`. */
export function titleFacts({model, protocol, suite, conditions}: DiagnosisDocument): string[] {
  return [
    model ?? 'named arms',
    ...(protocol === null ? [] : [protocol]),
    ...(suite === null ? [] : [`suite ${suite}`]),
    `${conditions.length} conditions`,
  ]
}
