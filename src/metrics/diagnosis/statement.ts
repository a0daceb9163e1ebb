// What a verdict says in plain English: one sentence with its figures, and further sentences for those who want more.
import type {MeanDifference} from '../statistics/index.js'
import type {Diagnosis, DiagnosisVerdict, Effect, EffectName, Guard, Undecided} from './result.js'
import type {Judgement} from './verdict.js'

export interface Said {
  readonly verdict: DiagnosisVerdict
  readonly judgement: Judgement
  readonly effects: readonly Effect[]
  readonly guards: readonly Guard[]
  readonly undecided: Undecided | null
  readonly reading: Diagnosis['reading']
  /** Conditions whose texts differ from own in length or format. */
  readonly differing: readonly string[]
  readonly margin: number
  readonly alpha: number
  readonly n: number
  /** By swap: samples that were asked, those with a donor, and donors that were cut or repeated. */
  readonly donors: Readonly<Record<string, {asked: number; found: number; resized: number}>>
  /** Mean norm of what a condition fed over that of own; absent where it was not recorded. */
  readonly norms: Readonly<Record<string, number>>
}

/** One sentence: the verdict, its figures, what is shown beside it, and what could not be checked. */
export function statementOf(said: Said): string {
  const unchecked = said.guards.filter(({ok}) => ok === null).map(({name}) => name)
  const clauses = said.verdict === 'void' ? [voidClause(said.guards)] : [main(said), ...beside(said)]
  const readings = said.reading === 'forced' ? ['judged on teacher-forced answers'] : []
  const aside = [...readings, ...(unchecked.length > 0 ? [`not checked: ${unchecked.join(', ')}`] : [])]
  return `${clauses.join('; ')}${aside.length > 0 ? ` (${aside.join('; ')})` : ''}.`
}

function voidClause(guards: readonly Guard[]): string {
  const failed = guards.filter(({ok}) => ok === false)
  const which = failed.map(({name, detail}) => `${name} (${detail})`).join(', ')
  const todo = failed.flatMap(guard => (guard.todo === undefined ? [] : [guard.todo.replace(/\.$/, '')]))
  return `Void: nothing is said about the latents, because a guard failed: ${which}. ${todo.join('. ')}`
}

type Find = (first: string, second: string) => Effect | undefined

function finder({effects, reading}: Said): Find {
  return (first, second) =>
    effects.find(
      ({contrast, scale, reading: kind}) =>
        contrast[0] === first && contrast[1] === second && scale === 'accuracy' && kind === reading,
    )
}

const words: Readonly<Record<string, string>> = {
  'matched-noise': 'noise of the same distribution',
  'swap-unrelated': "a stranger's latents",
  'markers-only': 'the markers alone',
  'no-latent': 'no latents',
  oracle: 'true features',
  shuffle: 'shuffled latents',
}
const inWords = (condition: string) => words[condition] ?? condition

function main(said: Said): string {
  const find = finder(said)
  const own = (condition: string) => againstOwn(find('own', condition), condition)
  const within = `within ${points(said.margin)} points`
  const all = (...conditions: string[]) => conditions.map(own).join(', ')
  const {judgement, n} = said
  switch (said.verdict) {
    case 'harmful': {
      const read = judgement.contentRead ? '; their content is read' : ''
      return `Harmful: the model does better with ${judgement.harmedBy.map(inWords).join(' and ')} than with its own latents (own against ${all(...judgement.harmedBy)}; n = ${n})${read}`
    }
    case 'load-bearing':
      return `Load-bearing: its own latents beat latents without content and a stranger's, and something is lost without them (own against ${all('matched-noise', 'swap-unrelated', 'markers-only')}; n = ${n})`
    case 'read-not-needed':
      return `Read, not needed: wrong content misleads (own against ${all('matched-noise', 'swap-unrelated')}), but no content costs nothing ${within} (${all('markers-only')}; n = ${n})`
    case 'trace':
      return `A trace: the latents are read, but what they hold moves accuracy by less than ${points(said.margin)} points (own against ${all('matched-noise', 'swap-unrelated')}; n = ${n})`
    case 'representation-fails':
      return `The representation fails: true features raise accuracy (${against(find('oracle', 'own'), 'oracle', 'own')}), its own latents recover less than a fifth of that (own against ${all('matched-noise', 'swap-unrelated')}; n = ${n})`
    case 'budget-only':
      return `Budget only: any content does ${within} (own against ${all('matched-noise', 'swap-unrelated')}), but the steps are needed (${all('markers-only')}; n = ${n})`
    case 'format-only':
      return `Format only: the markers are needed (own against ${all('no-latent')}), what stands between them is not, ${within} (${all('matched-noise', 'swap-unrelated', 'markers-only')}; n = ${n})`
    case 'not-used':
      return `Not used: accuracy is alike ${within} with its own latents, with any others and with none (own against ${all('matched-noise', 'swap-unrelated', 'markers-only', 'no-latent')}; n = ${n})`
    default:
      return inconclusive(said, own)
  }
}

function inconclusive({judgement, undecided, n, margin}: Said, own: (condition: string) => string): string {
  const {missing = [], decidedAt = null, supports = null} = undecided ?? {}
  const seen = (['matched-noise', 'swap-unrelated', 'markers-only', 'no-latent'] as const).filter(
    condition => !missing.includes(condition),
  )
  const parts = [
    seen.length === 0
      ? `none of the deciding conditions was asked (n = ${n})`
      : `own against ${seen.map(own).join(', ')}; n = ${n}`,
    ...(missing.length > 0 ? [`a verdict needs ${missing.join(', ')} too`] : []),
    ...(supports === null ? [] : [`the smallest margin that ${n} samples support here is ${points(supports)} points`]),
    ...(judgement.open.length > 0 && decidedAt !== null
      ? [
          `about ${decidedAt} samples would decide ${judgement.open.join(', ')} at ${points(margin)} points and the discordance seen`,
        ]
      : []),
  ]
  return `Inconclusive: ${parts.join('; ')}`
}

/** "noise of the same distribution +73.1 points, 95 % interval 65.9 to 79.6". */
function againstOwn(effect: Effect | undefined, condition: string): string {
  return effect === undefined ? `${inWords(condition)}: not asked` : `${inWords(condition)} ${figures(effect)}`
}

function against(effect: Effect | undefined, first: string, second: string): string {
  return effect === undefined ? 'not asked' : `${inWords(first)} against ${second} ${figures(effect)}`
}

function figures({difference, low, high}: Pick<Effect, 'difference' | 'low' | 'high'>): string {
  return `${signed(difference)} points [${points(low)}, ${points(high)}]`
}

const outOfDistribution = ['zeros', 'noise', 'norm-noise', 'mean', 'first-repeat', 'fillers'] as const
const inDistribution = ['matched-noise', 'swap-unrelated', 'swap', 'other-image'] as const

/** What is shown beside a verdict: steering, headroom, order, picture, strict, nats, and what proves nothing. */
function beside(said: Said): string[] {
  const {effects, alpha, verdict, judgement, reading, margin} = said
  const find = finder(said)
  const above = (effect: Effect | undefined) =>
    effect !== undefined && effect.difference > 0 && effect.pAdjusted <= alpha ? effect : null
  const clauses: string[] = []
  const content = verdict === 'load-bearing' || verdict === 'read-not-needed' || verdict === 'trace'

  const lift = above(steering(effects, 'swap', 'own'))
  const beyond = above(steering(effects, 'swap', 'swap-unrelated'))
  if (lift !== null && beyond !== null) {
    const unrelated = steering(effects, 'swap-unrelated', 'own')
    const rest = unrelated === undefined ? '' : `, unrelated ${signed(unrelated.difference)}`
    clauses.push(`answers follow the latents of a contrast donor (lift ${signed(lift.difference)} points${rest})`)
  }
  const headroom = above(find('oracle', 'own'))
  if (headroom !== null && verdict !== 'representation-fails')
    clauses.push(`true features give ${signed(headroom.difference)} points more: its own latents are the limit`)
  const order = above(find('own', 'shuffle'))
  if (order !== null && content) clauses.push(`their order matters (shuffled ${signed(-order.difference)} points)`)
  /** In points; the same contrasts stand in nats too. */
  const shown = (name: EffectName) =>
    effects.filter(
      effect =>
        effect.name === name && effect.scale === 'accuracy' && effect.reading === reading && above(effect) !== null,
    )
  const place = shown('position')
  if (place.length > 0 && content) {
    const which = place.map(({contrast, difference}) => `${contrast[1]} ${signed(-difference)}`)
    clauses.push(`single places matter (${which.join(', ')} points)`)
  }
  const [picture] = shown('picture')
  if (picture !== undefined && content)
    clauses.push(`the picture is needed too (${picture.contrast[1]} ${signed(-picture.difference)} points)`)
  const strict = shown('strict').find(({contrast}) => contrast[0] === 'strict')
  if (strict !== undefined)
    clauses.push(
      `with the picture hidden the answer is read from the latents (strict against ${strict.contrast[1]} ${signed(strict.difference)} points)`,
    )
  const nats = effects.find(
    effect =>
      effect.name === 'content' &&
      effect.scale === 'log-prob' &&
      effect.contrast[1] === 'matched-noise' &&
      above(effect) !== null,
  )
  if (nats !== undefined && judgement.alike.includes('matched-noise') && !judgement.contentRead)
    clauses.push(
      `the latents are read (${nats.difference.toFixed(3)} nats on the gold), but no answer depends on it within ${points(margin)} points`,
    )
  clauses.push(...noEvidence(said, find))
  return clauses
}

function steering(effects: readonly Effect[], first: string, second: string): Effect | undefined {
  return effects.find(
    ({name, scale, contrast}) =>
      name === 'steering' && scale === 'donor-lift' && contrast[0] === first && contrast[1] === second,
  )
}

/** Replacements that leave the distribution of latents and hurt, while one that stays within it does not. */
function noEvidence({alpha, norms, judgement}: Said, find: Find): string[] {
  if (judgement.contentRead) return []
  const hurting = outOfDistribution.filter(condition => {
    const effect = find('own', condition)
    return effect !== undefined && effect.difference > 0 && effect.pAdjusted <= alpha
  })
  const reference = inDistribution.find(condition => find('own', condition) !== undefined)
  const kept = reference === undefined ? undefined : find('own', reference)
  if (hurting.length === 0 || (kept !== undefined && kept.difference > 0 && kept.p <= alpha)) return []
  const which = hurting.map(condition => {
    const norm = norms[condition]
    const ratio = norm === undefined ? '' : `, norm ${norm.toFixed(2)} of own`
    return `${condition} ${signed(-find('own', condition)!.difference)} points${ratio}`
  })
  const hurt = `${which.join(', ')}: out of distribution, no evidence of content`
  if (kept === undefined) return [`${hurt}, since no latents of the same distribution were tried`]
  return [`${hurt}, since ${inWords(reference!)} is not shown to hurt (${figures(kept)})`]
}

/** Sentences beside the statement: the words of papers, texts that differ, the interactions that were given. */
export function notesOf(said: Said, interactions: readonly (readonly [string, MeanDifference])[]): string[] {
  const {effects, differing, reading, n} = said
  const find = finder(said)
  const named = (name: EffectName, word: string, first: string, second: string) => {
    const effect = find(first, second)
    return effect === undefined || effect.name !== name ? [] : [`${word} (${first} - ${second}) ${figures(effect)}`]
  }
  const strict = effects.find(
    ({name, contrast, scale, reading: kind}) =>
      name === 'strict' && contrast[0] === 'strict' && scale === 'accuracy' && kind === reading,
  )
  const papers = [
    ...named('slots', 'slots', 'own', 'fillers'),
    ...named('markers', 'markers', 'markers-only', 'no-latent'),
    ...named('format', 'format', 'forced-template', 'no-latent'),
    ...(strict === undefined ? [] : [`presence (strict - ${strict.contrast[1]}) ${figures(strict)}`]),
    ...named('content', 'use', 'own', 'swap'),
  ]
  return [
    ...(papers.length > 0 ? [`In the words of papers: ${papers.join('; ')}.`] : []),
    ...(differing.length > 0
      ? [
          `Texts differ from own under ${differing.join(', ')}${reading === 'forced' ? '; teacher-forced answers decided' : '; no teacher-forced reading can decide, so part of a difference may be the text'}.`,
        ]
      : []),
    ...Object.entries(said.donors).map(([swap, {asked, found, resized}]) => {
      const fitted = resized === 0 ? '' : `, ${resized} of them cut or repeated to fit`
      return `${swap} found a donor for ${found} of ${asked} samples${fitted}.`
    }),
    ...interactions.map(
      ([condition, effect]) =>
        `Path interaction of ${condition}: ${figures(effect)}: ${effect.low > 0 ? 'the open path to the picture makes up for the replacement' : effect.high < 0 ? 'the replacement costs more with the picture open' : 'not shown to differ between the paths'}.`,
    ),
    ...(n < smallSample ? [`${n} samples show large effects only.`] : []),
  ]
}

const smallSample = 100

/** Percentage points with one decimal and a minus that is one. */
function points(fraction: number): string {
  const value = Number((100 * fraction).toFixed(1))
  return String(value === 0 ? 0 : value)
}

function signed(fraction: number): string {
  const text = points(fraction)
  return text.startsWith('-') || text === '0' ? text : `+${text}`
}
