// Quantiles of a sample.

/**
 * The p-quantile of ascending values by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996,
 * The American Statistician 50:361: the default of R and NumPy). NaN when there are none.
 */
export function quantile(ascending: ArrayLike<number>, p: number): number {
  const at = (ascending.length - 1) * p
  const below = Math.floor(at)
  const value = ascending[below]
  if (value === undefined) return Number.NaN
  const above = ascending[below + 1]
  return above === undefined ? value : value + (at - below) * (above - value)
}
