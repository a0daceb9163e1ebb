// The logit lens: which tokens the model's output head finds likeliest in a latent. A likeness, not its content.

/** A token id and its probability. */
export interface LensEntry {
  readonly id: number
  readonly p: number
}

/**
 * The `count` largest of the logits [V] and their share of the softmax, the largest first; equal logits in the order of
 * ids. The logits of a step are those of the state that is fed back: Qwen2-VL, Qwen2.5-VL and Qwen3-VL feed back the
 * state after the final norm (`model.norm`), so the head (`lm_head`, or the tied embeddings) is applied as it is, and
 * the norm not a second time.
 */
export function likeliest(logits: Float32Array, count: number): LensEntry[] {
  const best: number[] = []
  let most = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!
    if (logit > most) most = logit
    if (best.length === count && logit <= logits[best[count - 1]!]!) continue
    let at = best.length
    while (at > 0 && logits[best[at - 1]!]! < logit) at--
    best.splice(at, 0, id)
    if (best.length > count) best.pop()
  }
  let total = 0
  for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id]! - most)
  return best.map(id => ({id, p: Math.exp(logits[id]! - most) / total}))
}
