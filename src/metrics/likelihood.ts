// Option likelihood: which option text the model finds most likely, without generating an answer. Pure.
import type {Sample} from '../core/sample.js'

/**
 * The letter of the option with the lowest mean cross-entropy per token; undefined where nothing was scored. Ties go to
 * the earlier option.
 * Rule: penghao-wu/vstar: vstar_bench_eval.py, except that our prompt lists the options and omits the end separator.
 * @param logProbs natural logarithms, [option][token]
 */
export function likeliestOption(
  {letters}: Pick<Sample, 'letters'>,
  logProbs: readonly (readonly number[])[] | undefined,
): string | undefined {
  if (!logProbs || logProbs.length === 0 || logProbs.length !== letters?.length) return undefined
  if (logProbs.some(tokens => tokens.length === 0)) return undefined
  const means = logProbs.map(tokens => tokens.reduce((sum, value) => sum + value, 0) / tokens.length)
  return letters[means.indexOf(Math.max(...means))]
}
