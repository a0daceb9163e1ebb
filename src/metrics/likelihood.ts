// Option likelihood: which option text the model finds most likely, without generating an answer. Pure.
import type {Sample} from '../core/sample.js'

/**
 * 1 if the gold option has the lowest mean cross-entropy per token, else 0; null where nothing was scored. Ties go to
 * the earlier option.
 * The rule of penghao-wu/vstar: vstar_bench_eval.py, except that here the prompt lists the options and the end
 * separator is left out.
 * @param logProbs natural logarithms, [option][token]
 */
export function likelihoodChoice(
  {gold, letters}: Pick<Sample, 'gold' | 'letters'>,
  logProbs: readonly (readonly number[])[] | undefined,
): number | null {
  if (
    !logProbs ||
    !letters ||
    typeof gold !== 'string' ||
    logProbs.length !== letters.length ||
    logProbs.some(tokens => tokens.length === 0)
  )
    return null
  const means = logProbs.map(tokens => tokens.reduce((sum, value) => sum + value, 0) / tokens.length)
  return letters[means.indexOf(Math.max(...means))] === gold ? 1 : 0
}
