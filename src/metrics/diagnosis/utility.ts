// What each latent is worth by itself: the loss when it alone is zero, and all others are the model's own.
import type {Effect, LatentUtility, UtilityLoss} from './result.js'
import {ownCondition} from './table.js'

const zeroAt = /^zero-at:(\d+)$/

/**
 * The utility of the latent at each place of a block, from own against `zero-at:i`: u_i = log p(gold | own) -
 * log p(gold | own, the i-th zero), and the same of the gold margin, behind own text. Samples that open several blocks
 * lose that latent in each. Places that were not asked are left out.
 */
export function utilityOf(effects: readonly Effect[], reading: Effect['reading']): LatentUtility[] {
  const places = new Map<number, string>()
  for (const {contrast} of effects) {
    const step = contrast[0] === ownCondition ? zeroAt.exec(contrast[1])?.[1] : undefined
    if (step !== undefined) places.set(Number(step), contrast[1])
  }
  return [...places]
    .sort(([a], [b]) => a - b)
    .map(([step, condition]) => {
      const loss = (scale: Effect['scale'], kind: Effect['reading']): UtilityLoss | null => {
        const effect = effects.find(
          one =>
            one.contrast[0] === ownCondition &&
            one.contrast[1] === condition &&
            one.scale === scale &&
            one.reading === kind,
        )
        if (effect === undefined) return null
        const {n, difference, low, high, pAdjusted} = effect
        return {n, difference, low, high, pAdjusted}
      }
      return {
        step,
        ...{logProb: loss('log-prob', 'forced'), margin: loss('gold-margin', 'forced')},
        accuracy: loss('accuracy', reading),
      }
    })
}
