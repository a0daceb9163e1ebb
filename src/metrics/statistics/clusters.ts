// Samples that are not independent, gathered: all that a mean's uncertainty needs is each cluster's sum and count per
// stratum.

/**
 * The values of one stratum (a subtask). Equal cluster numbers are not independent of each other, also across strata;
 * absent = all are.
 */
export interface Stratum {
  readonly values: Float64Array
  readonly clusters?: Int32Array
}

/**
 * Clusters that touch the same strata. `cells` holds, cluster by cluster and stratum by stratum, the sum and the count
 * of the values.
 */
export interface ClusterGroup {
  /** Indices of the strata. */
  readonly strata: readonly number[]
  /** Shape [clusters][strata][sum, count]. */
  readonly cells: Float64Array
  readonly clusters: number
}

/**
 * Groups the clusters of all strata by the strata they touch. Throws RangeError when there is no stratum or one is
 * empty.
 */
export function clusterGroups(strata: readonly Stratum[]): ClusterGroup[] {
  if (strata.length === 0 || strata.some(stratum => stratum.values.length === 0))
    throw new RangeError('a mean needs values')
  const groups: ClusterGroup[] = []
  const clusters = new Map<number, Map<number, {sum: number; count: number}>>()
  for (const [s, {values, clusters: numbers}] of strata.entries()) {
    if (numbers === undefined) {
      const cells = new Float64Array(2 * values.length).fill(1)
      for (let i = 0; i < values.length; i++) cells[2 * i] = values[i]!
      groups.push({strata: [s], cells, clusters: values.length})
      continue
    }
    for (let i = 0; i < values.length; i++) {
      const cell = entryOf(
        entryOf(clusters, numbers[i]!, () => new Map()),
        s,
        () => ({sum: 0, count: 0}),
      )
      cell.sum += values[i]!
      cell.count++
    }
  }
  const touching = new Map<string, number[]>()
  for (const cells of clusters.values()) {
    const members = entryOf(touching, [...cells.keys()].join(), () => [])
    for (const {sum, count} of cells.values()) members.push(sum, count)
  }
  for (const [touched, members] of touching) {
    const touchedStrata = touched.split(',').map(Number)
    groups.push({
      strata: touchedStrata,
      cells: Float64Array.from(members),
      clusters: members.length / 2 / touchedStrata.length,
    })
  }
  return groups
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
