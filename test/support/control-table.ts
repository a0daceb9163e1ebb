// What the built-in models must show, as data: the claims that test/controls.test.ts holds and scripts/controls.ts prints.
// How a row is measured is measure-controls.ts; what the claims prove is design/controls.md.
import type {GeneratedId} from '../../src/benchmarks/generators/index.js'
import type {Intervention, Mode} from '../../src/core/generation.js'

/** A claim about one arm of a row. All figures are per cent or points of it. */
export interface Claim {
  readonly arm: Intervention
  /**
   * `accuracy` of the arm; `difference`: that minus the accuracy of `own` on the same samples; `blocks`: share of generations with a latent
   * block; `lead`: the lower end of the accuracy's 95 % interval minus what guessing earns.
   */
  readonly of: 'accuracy' | 'difference' | 'blocks' | 'lead'
  readonly low?: number
  readonly high?: number
  /** The claim is not reached. What is reached instead is held, so that it cannot get worse unseen. */
  readonly knownGap?: {readonly reached: number; readonly why: string}
}

export interface ControlRow {
  readonly model: string
  readonly mode: Mode
  readonly task: string
  readonly bench: GeneratedId
  /** A cell pools these, in equal shares. */
  readonly subtasks: readonly string[]
  /** `drawn` for this check from a seed of its own, or the `builtin` sample that ships with the package. */
  readonly samples: 'drawn' | 'builtin'
  readonly claims: readonly Claim[]
}

/** Seed of the drawn samples: training uses 1 to 9999, the built-in samples 112028. */
export const controlSeed = 271_828

const replacements: readonly Intervention[] = ['zeros', 'noise', 'matched-noise', 'mean', 'swap', 'first-repeat']

const atLeast = (low: number, arm: Intervention = 'own'): Claim => ({arm, of: 'accuracy', low})
const atMost = (high: number, arm: Intervention = 'own'): Claim => ({arm, of: 'accuracy', high})
/** The arm differs from `own` by at most so many points, to either side. */
const nearOwn =
  (points: number) =>
  (arm: Intervention): Claim => ({arm, of: 'difference', low: -points, high: points})
const aboveChance: Claim = {arm: 'own', of: 'lead', low: 0}

const hops = (from: number, to: number) => Array.from({length: to - from + 1}, (_, k) => `hops-${from + k}`)
const drawn = {bench: 'hops', samples: 'drawn'} as const
const latent = {model: 'nano-latent', mode: 'latent'} as const
const written = {model: 'nano-text', mode: 'text-cot'} as const
const direct = {model: 'nano-direct', mode: 'direct'} as const

/** Nothing but its own latents, or better ones, lets the model follow arrows. */
const needsLatents: ControlRow = {
  ...latent,
  ...drawn,
  task: 'hops-1..4',
  subtasks: hops(1, 4),
  claims: [
    atLeast(97),
    {arm: 'oracle', of: 'difference', low: -1},
    ...replacements.map(arm => atMost(35, arm)),
    // Guessing among the options, not collapse.
    {arm: 'markers-only', of: 'accuracy', low: 15, high: 40},
  ],
}

/** Where a look at the picture is enough, the same replacements must change nothing. */
const needsNone: readonly ControlRow[] = [
  {
    ...latent,
    ...drawn,
    task: 'attr',
    subtasks: ['attr'],
    claims: [atLeast(97), ...(['oracle', ...replacements, 'markers-only'] as const).map(nearOwn(4))],
  },
  {
    model: 'nano-placebo',
    mode: 'latent',
    ...drawn,
    task: 'attr, hops-0',
    subtasks: ['attr', 'hops-0'],
    claims: [atLeast(90), {arm: 'own', of: 'blocks', low: 99}, ...replacements.map(nearOwn(4)), nearOwn(6)('markers-only')],
  },
]

/** Reading works, the latents themselves are poor. */
const drifts: ControlRow = {
  model: 'nano-drift',
  mode: 'latent',
  ...drawn,
  task: 'hops-2..4',
  subtasks: hops(2, 4),
  claims: [{arm: 'oracle', of: 'difference', low: 15}, atLeast(90, 'oracle')],
}

const others: readonly ControlRow[] = [
  {...written, ...drawn, task: 'hops-0..4', subtasks: hops(0, 4), claims: [atLeast(97)]},
  {...direct, ...drawn, task: 'hops-0', subtasks: hops(0, 0), claims: [atLeast(80)]},
  {...direct, ...drawn, task: 'hops-2..4', subtasks: hops(2, 4), claims: [atMost(35)]},
  {
    ...latent,
    ...drawn,
    task: 'count-hops-1..4',
    subtasks: [1, 2, 3, 4].map(n => `count-hops-${n}`),
    claims: [{arm: 'shuffle', of: 'difference', high: -30}],
  },
]

const relations: readonly ControlRow[] = [latent, written].flatMap(asked =>
  ['left-right', 'above', 'count'].map((task): ControlRow => ({...asked, ...drawn, task, subtasks: [task], claims: [atLeast(90)]})),
)

/** The samples a newcomer meets: better than guessing in every subtask that the models are trained for. */
const builtinSubtasks: Readonly<Partial<Record<GeneratedId, readonly string[]>>> = {
  vstar: ['direct_attributes', 'relative_position'],
  blink: ['Counting', 'Object_Localization', 'Spatial_Relation'],
  viscot: ['gqa', 'textvqa'],
}

const builtin: readonly ControlRow[] = [latent, written].flatMap(asked =>
  Object.entries(builtinSubtasks).flatMap(([bench, subtasks]) =>
    subtasks.map(
      (subtask): ControlRow => ({
        ...asked,
        task: `${bench}: ${subtask}`,
        bench: bench as GeneratedId,
        subtasks: [subtask],
        samples: 'builtin',
        claims: [aboveChance],
      }),
    ),
  ),
)

const unread = 'where cards stand relative to each other is not read: features carry no position, and the place heads did not teach it'
const walks = 'the walk of latents takes 2 and 4 arrows for 3, so these two counts are wrong before anything is shuffled'
const counts = 'counting was learned in words; in latents only in part'
/**
 * Single-claim rows that are not reached, measured on 200 drawn samples or the built-in 40; training/README.md says what was tried.
 * A lead is a lower end: -15 is an accuracy of 50 where guessing earns 50.
 */
const knownGaps: Readonly<Record<string, NonNullable<Claim['knownGap']>>> = {
  'nano-latent, count-hops-1..4': {reached: -16.5, why: walks},
  'nano-latent, left-right': {reached: 52, why: unread},
  'nano-latent, above': {reached: 53, why: unread},
  'nano-latent, count': {reached: 53.5, why: counts},
  'nano-text, left-right': {reached: 51, why: unread},
  'nano-text, above': {reached: 49.5, why: unread},
  'nano-latent, vstar: relative_position': {reached: -21.5, why: unread},
  'nano-text, vstar: relative_position': {reached: -21.5, why: unread},
  'nano-latent, blink: Spatial_Relation': {reached: -14.8, why: unread},
  'nano-text, blink: Spatial_Relation': {reached: -17.1, why: unread},
  'nano-latent, blink: Counting': {reached: -2.9, why: counts},
}

/** What is reached instead of the four counts together: on the counts the model walks rightly, the order of its latents matters. */
const orderMatters: ControlRow = {
  ...latent,
  ...drawn,
  task: 'count-hops-1, 3',
  subtasks: ['count-hops-1', 'count-hops-3'],
  claims: [{arm: 'shuffle', of: 'difference', high: -30}],
}

export const controlRows: readonly ControlRow[] = [
  needsLatents,
  ...needsNone,
  drifts,
  ...others,
  orderMatters,
  ...relations,
  ...builtin,
].map(row => {
  const knownGap = knownGaps[`${row.model}, ${row.task}`]
  return knownGap ? {...row, claims: row.claims.map(claim => ({...claim, knownGap}))} : row
})
