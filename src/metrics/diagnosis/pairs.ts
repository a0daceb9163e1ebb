// Counterfactual pairs: two pictures that differ in one edit, the same question, the same options. What the answers do
// where the edit changes the truth, and where it changes nothing. Pure.
import {wilsonInterval} from '../statistics/index.js'

/** One side of a pair under one condition. */
export interface PairSide {
  readonly answer: string | null
  readonly correct: boolean
}

/** Both sides under one condition. */
export interface AnsweredPair {
  /** Whether the edit changes the gold answer. */
  readonly flips: boolean
  readonly sides: readonly [PairSide, PairSide]
}

/** A share of pairs with its 95 % Wilson interval; null without any pair. */
export interface PairShare {
  readonly n: number
  readonly rate: number
  readonly low: number
  readonly high: number
}

export interface PairFigures {
  /** Pairs whose gold changes: both sides are right, so the answer changed from the one gold to the other. */
  readonly strictFlip: PairShare | null
  /** The same pairs: the answer changes, rightly or not. An unread answer is an answer of its own. */
  readonly anyFlip: PairShare | null
  /** Pairs whose gold stays: the answer changes all the same. */
  readonly falseFlip: PairShare | null
}

export function pairFigures(pairs: readonly AnsweredPair[]): PairFigures {
  const changing = pairs.filter(({flips}) => flips)
  const still = pairs.filter(({flips}) => !flips)
  return {
    strictFlip: shareOf(changing, ({sides}) => sides.every(({correct}) => correct)),
    anyFlip: shareOf(changing, answersDiffer),
    falseFlip: shareOf(still, answersDiffer),
  }
}

function answersDiffer({sides: [one, other]}: AnsweredPair): boolean {
  return one.answer !== other.answer
}

function shareOf(pairs: readonly AnsweredPair[], holds: (pair: AnsweredPair) => boolean): PairShare | null {
  const n = pairs.length
  if (n === 0) return null
  const found = pairs.filter(holds).length
  return {n, rate: found / n, ...wilsonInterval(found, n)}
}

/**
 * How far the latents of two sides lie apart: 1 less their cosine, mean over the places that both have; 0 for the same
 * direction, 1 for none in common. Null where they have no place in common or one of them is zero everywhere.
 */
export function latentDistance(one: readonly Float32Array[], other: readonly Float32Array[]): number | null {
  const distances = one.slice(0, other.length).flatMap((vector, place) => {
    let [dot, mine, theirs] = [0, 0, 0]
    for (const [i, value] of vector.entries()) {
      const beside = other[place]![i]!
      dot += value * beside
      mine += value * value
      theirs += beside * beside
    }
    return mine === 0 || theirs === 0 ? [] : [1 - dot / Math.sqrt(mine * theirs)]
  })
  return distances.length === 0 ? null : distances.reduce((sum, value) => sum + value, 0) / distances.length
}
