// Teacher-forced scoring: how likely the model finds given tokens after a prompt and given latents. Nothing is
// generated.

import type {PromptState} from './decode.js'
import {requireFinite} from './finite.js'
import {KvCache} from './kv-cache.js'
import type {Model} from './types.js'

/** A token of the text before the continuation. At a latent position, `vector` is fed in place of its embedding. */
export interface ForcedToken {
  readonly id: number
  readonly vector?: Float32Array
}

/**
 * Natural log-probability of each token of each continuation, [continuation][token]. Throws LanternError
 * `bad-checkpoint` for an output that is not finite.
 */
export async function scoreContinuations(
  model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>,
  prompt: PromptState,
  prefix: readonly ForcedToken[],
  continuations: readonly (readonly number[])[],
): Promise<number[][]> {
  const scores: number[][] = []
  for (const continuation of continuations) scores.push(await scoreOne(model, prompt, prefix, continuation))
  return scores
}

/**
 * One run over the last prompt token, the prefix and all but the last token of the continuation. Each position predicts
 * its successor.
 */
async function scoreOne(
  model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>,
  {ids, ropeDelta, output}: PromptState,
  prefix: readonly ForcedToken[],
  continuation: readonly number[],
): Promise<number[]> {
  if (continuation.length === 0) return []
  const {text} = model.checkpoint
  const start = ids.length - 1
  const fed: ForcedToken[] = [{id: ids[start]!}, ...prefix, ...continuation.slice(0, -1).map(id => ({id}))]
  const length = fed.length
  const embeds = model.embed(fed.map(({id}) => id))
  for (const [i, {vector}] of fed.entries()) if (vector) embeds.set(vector, i * text.hidden)

  const cache = new KvCache(text, 1)
  cache.add(output.delta, start)
  const {logProbs} = await model.decode({
    batch: 1,
    length,
    embeds,
    positions: Int32Array.from({length: 3 * length}, (_, i) => start + ropeDelta + (i % length)),
    totals: Int32Array.of(start + length),
    past: cache.past(),
    rows: Int32Array.from(continuation, (_, i) => prefix.length + i),
    targets: Int32Array.from(continuation),
    latents: Uint8Array.from(continuation, (_, i) => (fed[prefix.length + i]!.vector === undefined ? 0 : 1)),
  })
  requireFinite(logProbs!)
  return Array.from(logProbs!)
}
