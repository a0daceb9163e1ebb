// What the built-in models must show, as data: the claims that test/controls.test.ts holds and scripts/controls.ts
// prints.
// How a row is measured is measure-controls.ts; what the claims prove is design/controls.md.
import type {GeneratedId} from '../../src/benchmarks/generators/index.js'
import type {Intervention, Mode} from '../../src/core/generation.js'

/** A claim about one arm of a row. All figures are per cent or points of it. */
export interface Claim {
  readonly arm: Intervention
  /**
   * `accuracy` of the arm; `difference`: that minus the accuracy of `own` on the same samples; `blocks`: share of
   * generations with a latent block; `lead`: the lower end of the accuracy's 95 % interval minus what guessing earns.
   */
  readonly of: 'accuracy' | 'difference' | 'blocks' | 'lead'
  readonly low?: number
  readonly high?: number
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
    claims: [
      atLeast(90),
      {arm: 'own', of: 'blocks', low: 99},
      ...replacements.map(nearOwn(4)),
      nearOwn(6)('markers-only'),
    ],
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
  ['left-right', 'above', 'count'].map(
    (task): ControlRow => ({...asked, ...drawn, task, subtasks: [task], claims: [atLeast(90)]}),
  ),
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

export const controlRows: readonly ControlRow[] = [
  needsLatents,
  ...needsNone,
  drifts,
  ...others,
  ...relations,
  ...builtin,
]
