// Which conditions a diagnosis asks a model under (design/contract.md, "diagnose").

import type {Mode} from '../core/generation.js'

export const diagnosisSuites = ['quick', 'standard', 'full'] as const
export type DiagnosisSuite = (typeof diagnosisSuites)[number]

const quick = ['own', 'matched-noise', 'swap-unrelated', 'markers-only', 'no-latent']

const standard = [
  ...quick,
  ...['swap', 'self-swap', 'oracle', 'zeros', 'norm-noise', 'first-repeat', 'fillers', 'shuffle', 'strict'],
  'image:blank',
]

/**
 * Beside these, `full` has every place: `truncate:k` and `zero-at:i`, and text chains of thought beside the latents.
 */
const full = [
  ...standard,
  ...['noise', 'mean', 'random-crop', 'other-crop', 'blank-image', 'other-image', 'knock-out', 'strict-all'],
  ...['strict:zeros', 'strict:matched-noise', 'strict:swap', 'image:other', 'image:shuffled', 'image:box-blacked'],
  'same-steps',
]

/** Conditions that need boxes of the evidence: left out where no sample has any. */
const needBoxes: readonly string[] = ['oracle', 'random-crop', 'other-crop', 'image:box-blacked']

/** The modes of a suite: what latents cost is compared with text chains of thought in `full`. */
export function modesOf(suite: DiagnosisSuite): Mode[] {
  return suite === 'full' ? ['latent', 'text-cot'] : ['latent']
}

/** The conditions of a suite, `own` first. */
export function conditionsOf(
  suite: DiagnosisSuite,
  {boxes, latentSize}: {readonly boxes: boolean; readonly latentSize: number | null},
): string[] {
  const places = Array.from({length: latentSize ?? 0}, (_, place) => place)
  const all = {
    quick,
    standard,
    full: [...full, ...places.slice(1).map(k => `truncate:${k}`), ...places.map(i => `zero-at:${i}`)],
  }[suite]
  return all.filter(condition => boxes || !needBoxes.includes(condition))
}
