// How uncertain the means of stratified, perhaps clustered values are: the bootstrap, or its limit where there are very
// many samples.
import type {Random} from '../../core/random.js'
import {bootstrapMeans} from './bootstrap.js'
import type {Stratum} from './clusters.js'
import {linearisedMeans} from './linearised.js'
import type {MeanDistributions} from './sampling-distribution.js'

/**
 * Above this many samples the replicates' own noise (2,000 of them place a 95 % bound to 0.06 standard errors) is far
 * larger than what the normal limit neglects (skewness / sqrt(n) / 2 standard errors), and the limit costs a pass
 * instead of 2,000.
 */
const bootstrapLimit = 20_000

/** Throws RangeError when there is no stratum or one is empty. */
export function meanDistributions(strata: readonly Stratum[], random: Random): MeanDistributions {
  const samples = strata.reduce((sum, {values}) => sum + values.length, 0)
  return samples > bootstrapLimit ? linearisedMeans(strata) : bootstrapMeans(strata, random)
}
