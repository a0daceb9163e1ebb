// The stratified interval of a macro mean: how the intervals of its parts combine.
import type {Estimate} from './interval.js'

/**
 * The unweighted mean of independent estimates with an interval at the confidence of theirs.
 * Method of variance estimates recovery (MOVER): each part's distance to its own bound stands for z times its standard
 * error, so the result keeps what is good about the parts' intervals (asymmetry, range, no zero width at 0 or 100 %);
 * one part gives its own interval.
 * Source: Zou and Donner 2008, Statistics in Medicine 27:1693; with Wilson parts Yan and Su 2010, Stat. Biopharm. Res.
 * 2:329.
 * Throws RangeError without parts.
 */
export function macroInterval(parts: readonly Estimate[]): Estimate {
  if (parts.length === 0) throw new RangeError('a mean needs at least one part')
  let sum = 0
  let below = 0
  let above = 0
  for (const {value, low, high} of parts) {
    sum += value
    below += (value - low) ** 2
    above += (high - value) ** 2
  }
  const value = sum / parts.length
  return {value, low: value - Math.sqrt(below) / parts.length, high: value + Math.sqrt(above) / parts.length}
}
