// Values by subtask, and how subtasks make up one figure.

/**
 * The values of one stratum (a subtask), between -1 and 1. Equal cluster numbers are not independent of each other,
 * also across strata; absent = all are.
 */
export interface Stratum {
  readonly values: Float64Array
  readonly clusters?: Int32Array
}

/** How strata make up one figure: the mean over all samples, or the unweighted mean of the strata's means. */
export type Aggregate = 'macro' | 'micro'

/**
 * The strata of a figure: as they are for a macro mean; all as one for a micro mean, which is the mean of one stratum
 * that holds every sample. Throws RangeError when there is no stratum or one is empty.
 */
export function strataOfFigure(strata: readonly Stratum[], aggregate: Aggregate): readonly Stratum[] {
  if (strata.length === 0 || strata.some(({values}) => values.length === 0)) throw new RangeError('a mean needs values')
  if (aggregate === 'macro' || strata.length === 1) return strata
  const n = strata.reduce((sum, {values}) => sum + values.length, 0)
  const values = new Float64Array(n)
  const clustered = strata.some(({clusters}) => clusters !== undefined)
  const clusters = clustered ? new Int32Array(n) : undefined
  let at = 0
  // Samples of a stratum without clusters are one each: numbers that no cluster has.
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
