// How far an estimate may be from the truth, whichever way that was found out: by replicates or by a standard error.
import type {Interval} from './interval.js'
import {normalCdf, twoSidedZ} from './normal.js'
import {quantile} from './quantile.js'

export interface SamplingDistribution {
  /** The middle `confidence` of the distribution. */
  interval(confidence: number): Interval
  /** Two-sided p of "the true value is 0". */
  p(): number
}

/** Of the mean over all samples, of the unweighted mean over strata, and of each stratum's mean. */
export interface MeanDistributions {
  readonly micro: SamplingDistribution
  readonly macro: SamplingDistribution
  readonly strata: readonly SamplingDistribution[]
}

/**
 * Percentiles of replicates. p is twice the smaller share of replicates on either side of 0, both counting the observed
 * sample as one more replicate, so that p is never 0 (Davison and Hinkley 1997, Bootstrap Methods and their
 * Application, section 4.2.5).
 */
export function fromReplicates(replicates: Float64Array): SamplingDistribution {
  const ascending = replicates.slice().sort()
  return {
    interval: confidence => ({
      low: quantile(ascending, (1 - confidence) / 2),
      high: quantile(ascending, (1 + confidence) / 2),
    }),
    p() {
      let below = 0
      let above = 0
      for (const value of ascending) {
        if (value <= 0) below++
        if (value >= 0) above++
      }
      return Math.min(1, (2 * (Math.min(below, above) + 1)) / (ascending.length + 1))
    },
  }
}

/** The normal distribution around `mean`; without any spread p is 1 at 0 and 0 elsewhere. */
export function fromNormal(mean: number, standardError: number): SamplingDistribution {
  return {
    interval(confidence) {
      const reach = twoSidedZ(confidence) * standardError
      return {low: mean - reach, high: mean + reach}
    },
    p: () => (mean === 0 ? 1 : 2 * normalCdf(-Math.abs(mean) / standardError)),
  }
}
