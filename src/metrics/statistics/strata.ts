// Values by subtask, and how subtasks are combined into one mean.

/**
 * The values of one stratum (a subtask), between -1 and 1. Values with equal cluster numbers are dependent, also across
 * strata. Without cluster numbers all values are independent.
 */
export interface Stratum {
  readonly values: Float64Array
  readonly clusters?: Int32Array
  /** Its weight in a macro mean, where the strata do not all weigh the same; only the ratios matter. */
  readonly weight?: number
}

/** How strata are combined: the mean over all samples (micro), or the mean of the strata's means (macro). */
export type Aggregate = 'macro' | 'micro'

/** The share of each stratum in a macro mean: equal, or in proportion to their weights. The shares sum to 1. */
export function sharesOf(strata: readonly {readonly weight?: number}[]): number[] {
  const total = strata.reduce((sum, {weight = 1}) => sum + weight, 0)
  return strata.map(({weight = 1}) => weight / total)
}

/**
 * The strata of a mean. A macro mean keeps them; for a micro mean they are merged into one stratum that holds every
 * sample. Throws RangeError when there is no stratum or one is empty.
 */
export function strataOfFigure(strata: readonly Stratum[], aggregate: Aggregate): readonly Stratum[] {
  if (strata.length === 0 || strata.some(({values}) => values.length === 0)) throw new RangeError('a mean needs values')
  if (aggregate === 'macro' || strata.length === 1) return strata
  const n = strata.reduce((sum, {values}) => sum + values.length, 0)
  const values = new Float64Array(n)
  const clustered = strata.some(({clusters}) => clusters !== undefined)
  const clusters = clustered ? new Int32Array(n) : undefined
  let at = 0
  // Each sample of a stratum without clusters is its own cluster, with a number that no other cluster has.
  let alone = Math.min(0, ...strata.map(stratum => stratum.clusters?.reduce((a, b) => Math.min(a, b), 0) ?? 0))
  for (const stratum of strata) {
    values.set(stratum.values, at)
    if (clusters !== undefined) {
      if (stratum.clusters) clusters.set(stratum.clusters, at)
      else for (let i = 0; i < stratum.values.length; i++) clusters[at + i] = --alone
    }
    at += stratum.values.length
  }
  return [clusters === undefined ? {values} : {values, clusters}]
}

/** True when every value is 0 or 1. */
export function isBinary(values: Float64Array): boolean {
  return values.every(value => value === 0 || value === 1)
}
