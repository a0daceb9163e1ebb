// Chooses a token from logits, in the order of huggingface/transformers (generation/logits_process.py): repetition
// penalty, bans, temperature, top-k, top-p. Pure except for the random generator passed in.
import type {Random} from '../../core/random.js'

export interface Sampling {
  /** 0 means greedy. */
  readonly temperature: number
  /** Number of most likely tokens to keep; 0 or absent keeps all. */
  readonly topK?: number
  /** Keep the smallest set of most likely tokens that reaches this probability; absent or 1 keeps all. */
  readonly topP?: number
  /**
   * Divides positive logits of tokens seen before (prompt included) and multiplies negative ones. Also affects greedy
   * decoding.
   */
  readonly repetitionPenalty: number
  /** Tokens that are never chosen. */
  readonly banned: readonly number[]
}

/** True when the token is the argmax of the raw logits, so that the logits themselves are not needed. */
export function isPlainGreedy({temperature, repetitionPenalty, banned}: Sampling): boolean {
  return temperature === 0 && repetitionPenalty === 1 && banned.length === 0
}

/** Chooses a token. Modifies `logits`. `seen`: ids of the prompt and of what was generated. */
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

/** Index of the first of the largest values. */
function argmax(values: ArrayLike<number>): number {
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

/** How many tokens, most likely first, are needed to reach the probability `topP`. */
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
