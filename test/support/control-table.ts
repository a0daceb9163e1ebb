// What the built-in models must show, as data: the claims that test/controls.test.ts checks and scripts/controls.ts
// prints.
// measure-controls.ts measures the rows; design/controls.md explains what the claims prove.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import type {GeneratedId} from '../../src/benchmarks/generators/index.js'
import type {Mode} from '../../src/core/generation.js'

/** A claim about one arm of a row. All figures are in percent or percentage points. */
export interface Claim {
  readonly arm: string
  /**
   * `accuracy`: of the arm. `difference`: the arm's accuracy minus that of `own` on the same samples. `blocks`: share
   * of generations with a latent block. `groups`: share of pairs of which both samples are right. `lead`: lower end of
   * the 95 % interval of the accuracy minus the accuracy of guessing.
   */
  readonly of: 'accuracy' | 'difference' | 'blocks' | 'groups' | 'lead'
  readonly low?: number
  readonly high?: number
}

export interface ControlRow {
  /** A built-in model, or a folder below `fixtures/controls/`. */
  readonly model: string
  readonly mode: Mode
  readonly task: string
  readonly bench: GeneratedId
  /** The subtasks of the row, pooled in equal shares. */
  readonly subtasks: readonly string[]
  /** `drawn`: generated for this check from a separate seed. `builtin`: the sample that ships with the package. */
  readonly samples: 'drawn' | 'builtin'
  readonly claims: readonly Claim[]
}

/** What `--model` takes for the model of a row. */
export function controlRef(model: string): string {
  const folder = join('fixtures', 'controls', model)
  return existsSync(folder) ? folder : `builtin:${model}`
}

/** Seed of the drawn samples. Training uses 1 to 9999; the built-in samples use 112028. */
export const controlSeed = 271_828

const replacements: readonly string[] = ['zeros', 'noise', 'matched-noise', 'mean', 'swap', 'first-repeat']

const atLeast = (low: number, arm: string = 'own'): Claim => ({arm, of: 'accuracy', low})
const atMost = (high: number, arm: string = 'own'): Claim => ({arm, of: 'accuracy', high})
/** The arm differs from `own` by at most this many points in either direction. */
const nearOwn =
  (points: number) =>
  (arm: string): Claim => ({arm, of: 'difference', low: -points, high: points})
const aboveChance: Claim = {arm: 'own', of: 'lead', low: 0}

const hops = (from: number, to: number) => Array.from({length: to - from + 1}, (_, k) => `hops-${from + k}`)
const drawn = {bench: 'hops', samples: 'drawn'} as const
const latent = {model: 'nano-latent', mode: 'latent'} as const
const written = {model: 'nano-text', mode: 'text-cot'} as const
const direct = {model: 'nano-direct', mode: 'direct'} as const
const onAttr = {mode: 'latent', ...drawn, task: 'attr', subtasks: ['attr']} as const

/** The model can only follow arrows with its own latents, or with better ones. */
const needsLatents: ControlRow = {
  ...latent,
  ...drawn,
  task: 'hops-1..4',
  subtasks: hops(1, 4),
  claims: [
    atLeast(97),
    {arm: 'oracle', of: 'difference', low: -1},
    ...replacements.map(arm => atMost(35, arm)),
    // It must guess among the options, not collapse.
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

/** Reading works, but the latents themselves are poor. */
const drifts: ControlRow = {
  model: 'nano-drift',
  mode: 'latent',
  ...drawn,
  task: 'hops-2..4',
  subtasks: hops(2, 4),
  claims: [{arm: 'oracle', of: 'difference', low: 15}, atLeast(90, 'oracle')],
}

/** The answer follows the one card that was changed, and only through the latents. */
const counterfactuals = {bench: 'hops-pairs', samples: 'drawn'} as const
const flips = ['colour', 'arrow', 'end']
const pairs: readonly ControlRow[] = [
  {
    ...latent,
    ...counterfactuals,
    task: 'hops-pairs',
    subtasks: flips,
    claims: [
      {arm: 'own', of: 'groups', low: 95},
      {arm: 'oracle', of: 'groups', low: 95},
      ...replacements.map((arm): Claim => ({arm, of: 'groups', high: 15})),
      {arm: 'markers-only', of: 'groups', high: 15},
    ],
  },
  {
    ...latent,
    ...counterfactuals,
    task: 'hops-pairs: off-walk',
    subtasks: ['off-walk'],
    claims: [{arm: 'own', of: 'groups', low: 95}],
  },
  {
    model: 'nano-placebo',
    mode: 'latent',
    ...counterfactuals,
    task: 'hops-pairs',
    subtasks: flips,
    claims: [
      {arm: 'own', of: 'groups', high: 15},
      ...replacements.map((arm): Claim => ({arm, of: 'groups', high: 15})),
    ],
  },
]

/** The controls that earn the other verdicts of a diagnosis (design/diagnosis.md). */
const diagnosed: readonly ControlRow[] = [
  {
    model: 'nano-shy',
    ...onAttr,
    // An answer without a block is "not-engaged", which scores nothing.
    claims: [
      {arm: 'own', of: 'accuracy', low: 33, high: 50},
      {arm: 'own', of: 'blocks', low: 33, high: 50},
      nearOwn(4)('matched-noise'),
      atLeast(97, 'markers-only'),
      atLeast(97, 'no-latent'),
    ],
  },
  {
    model: 'nano-format',
    ...onAttr,
    claims: [
      atLeast(97),
      ...['matched-noise', 'zeros', 'markers-only'].map(nearOwn(4)),
      {arm: 'no-latent', of: 'difference', high: -30},
    ],
  },
  {
    model: 'nano-budget',
    ...onAttr,
    claims: [
      atLeast(97),
      ...['matched-noise', 'zeros', 'swap'].map(nearOwn(4)),
      {arm: 'markers-only', of: 'difference', high: -20},
      {arm: 'no-latent', of: 'difference', high: -30},
    ],
  },
  {
    model: 'nano-harm',
    ...onAttr,
    claims: [atMost(40), atMost(40, 'markers-only'), atLeast(97, 'no-latent')],
  },
  {
    model: 'nano-blind',
    mode: 'latent',
    ...drawn,
    task: 'hops-1..4',
    subtasks: hops(1, 4),
    claims: [
      {arm: 'own', of: 'accuracy', low: 15, high: 40},
      atLeast(95, 'oracle'),
      ...['matched-noise', 'swap'].map(nearOwn(5)),
    ],
  },
]

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

/** The samples a new user sees first: better than guessing in every subtask that the models are trained for. */
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
  ...pairs,
  ...diagnosed,
  ...others,
  ...relations,
  ...builtin,
]
