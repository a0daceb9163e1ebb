// From logits to a token, in the order of huggingface/transformers (generation/logits_process.py): repetition penalty,
// bans, temperature, top-k, top-p. Pure but for the random generator it is given.
import type {Random} from '../../core/random.js'

export interface Sampling {
  /** 0: greedy. */
  readonly temperature: number
  /** Most likely tokens to keep; 0 or absent: all. */
  readonly topK?: number
  /** Smallest set of most likely tokens that reaches this probability; absent or 1: all. */
  readonly topP?: number
  /**
   * Divides positive logits of tokens seen before (prompt included) and multiplies negative ones; acts on greedy
   * decoding too.
   */
  readonly repetitionPenalty: number
  /** Tokens that are never chosen. */
  readonly banned: readonly number[]
}

/** True when the argmax of the raw logits is the answer, so that the logits need not be looked at. */
export function isPlainGreedy({temperature, repetitionPenalty, banned}: Sampling): boolean {
  return temperature === 0 && repetitionPenalty === 1 && banned.length === 0
}

/** Chooses a token. Changes `logits`. `seen`: ids of the prompt and of what was generated. */
export function chooseToken(
  logits: Float32Array,
  sampling: Sampling,
  seen: ReadonlySet<number>,
  random: Random,
): number {
  const {temperature, repetitionPenalty, banned} = sampling
  if (repetitionPenalty !== 1) {
    for (const id of seen) {
      const logit = logits[id]!
      logits[id] = logit < 0 ? logit * repetitionPenalty : logit / repetitionPenalty
    }
  }
  for (const id of banned) logits[id] = Number.NEGATIVE_INFINITY
  return temperature === 0 ? argmax(logits) : sample(logits, sampling, random)
}

/** The first of the largest. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

function sample(logits: Float32Array, {temperature, topK, topP}: Sampling, random: Random): number {
  const largest = logits[argmax(logits)]!
  const weights = Float64Array.from(logits, logit => Math.exp((logit - largest) / temperature))
  let kept = Array.from(weights.keys())
  const limited = (topK !== undefined && topK > 0) || (topP !== undefined && topP < 1)
  if (limited) {
    let order = kept.sort((a, b) => weights[b]! - weights[a]! || a - b)
    if (topK) order = order.slice(0, topK)
    if (topP !== undefined && topP < 1) order = order.slice(0, nucleusSize(order, weights, topP))
    kept = order
  }
  let total = 0
  for (const id of kept) total += weights[id]!
  let left = random.next() * total
  let chosen = kept[0]!
  for (const id of kept) {
    if (weights[id] === 0) continue
    chosen = id
    left -= weights[id]!
    if (left < 0) break
  }
  return chosen
}

/** How many of the tokens, most likely first, it takes to reach the probability `topP`. */
function nucleusSize(order: readonly number[], weights: Float64Array, topP: number): number {
  let total = 0
  for (const id of order) total += weights[id]!
  let sum = 0
  for (const [i, id] of order.entries()) {
    sum += weights[id]!
    if (sum >= topP * total) return i + 1
  }
  return order.length
}
