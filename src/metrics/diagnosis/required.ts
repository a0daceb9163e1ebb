// How many samples a question needs that this table leaves open.
import {normalQuantile} from '../statistics/index.js'

export interface OpenContrast {
  readonly n: number
  /** Effective number of independent pairs (subtasks, clusters). */
  readonly pieces: number
  readonly difference: number
  /** Share of pairs that differ. */
  readonly discordance: number
}

const power = 0.8
/** Tests of the deciding family: Holm's first step. */
const family = 3

/**
 * The number of samples at which own and a condition are told apart, or shown alike, in 80 % of tables, at the
 * discordance seen: whichever comes first. A difference is taken as it was seen; "alike" supposes that there is none
 * and is asked only where the difference seen lies within the margin. Null where neither can come.
 * Sources: Miettinen 1968, Biometrics 24:339; Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15:657. Without
 * discordance the bound of Tango's interval decides: z^2 / (z^2 + n) below the margin.
 */
export function samplesToDecide(
  {n, pieces, difference, discordance}: OpenContrast,
  {alpha, margin}: {alpha: number; margin: number},
): number | null {
  const size = Math.abs(difference)
  const z = normalQuantile(1 - alpha / 2)
  const alike =
    size < margin
      ? Math.max(
          ((z + normalQuantile((1 + power) / 2)) ** 2 * discordance) / margin ** 2,
          (z ** 2 * (1 - margin)) / margin,
        )
      : Number.POSITIVE_INFINITY
  const apart =
    size > 0
      ? ((normalQuantile(1 - alpha / family / 2) + normalQuantile(power)) ** 2 * (discordance - size ** 2)) / size ** 2
      : Number.POSITIVE_INFINITY
  const needed = (Math.min(alike, apart) * n) / pieces
  return Number.isFinite(needed) ? Math.max(n + 1, Math.ceil(needed)) : null
}
