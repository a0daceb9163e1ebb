// Runs the Loop graph: prompts in, whole generations out.

import {noLatentIds} from '../checkpoint/latent-tokens.js'
import {requireFinite} from '../finite.js'
import type {InferenceSession, Runtime} from '../ort-session.js'
import type {Checkpoint, LoopInput, LoopOutput} from '../types.js'
import {deepstackFeeds} from './deepstack-feeds.js'

/**
 * Returns a function that runs the graph. Rows end at their end-of-sequence id (included) or at `maxNewTokens`. The
 * function throws LanternError `bad-checkpoint` for an output that is not finite.
 */
export function loopOf(
  session: InferenceSession,
  TensorOf: Runtime['Tensor'],
  checkpoint: Checkpoint,
): (input: LoopInput) => Promise<LoopOutput> {
  const {hidden} = checkpoint.text
  const {eos} = checkpoint.generation
  const {start, pad, end} = checkpoint.latent?.ids ?? noLatentIds
  const int64 = (values: readonly number[], shape: readonly number[]) =>
    new TensorOf('int64', BigInt64Array.from(values, BigInt), shape)

  return async ({batch, length, embeds, positions, lengths, nextPositions, latentSizes, maxNewTokens, deepstack}) => {
    const outputs = await session.run({
      inputs_embeds: new TensorOf('float32', embeds, [batch, length, hidden]),
      position_ids: new TensorOf('int32', positions, [3, batch, length]),
      lengths: new TensorOf('int32', lengths, [batch]),
      next_positions: new TensorOf('int32', nextPositions, [batch]),
      latent_sizes: new TensorOf('int32', latentSizes, [batch]),
      markers: int64([start, pad, end], [3]),
      eos: int64(eos, [eos.length]),
      max_new_tokens: int64([maxNewTokens], []),
      ...deepstackFeeds(TensorOf, checkpoint.text, deepstack),
    })
    const all = outputs['tokens']!.data as Int32Array // [T,B]
    const fed = outputs['fed']!.data as Uint8Array // [T,B]
    const states = outputs['hiddens']!.data as Float32Array // [T,B,H]
    requireFinite(states)
    const rows = Array.from({length: batch}, (_, row) => {
      const column = Int32Array.from({length: all.length / batch}, (_, step) => all[step * batch + row]!)
      const last = column.findIndex(id => eos.includes(id))
      const tokens = last === -1 ? column : column.slice(0, last + 1)
      const steps = [...tokens.keys()].map(step => step * batch + row).filter(at => fed[at] === 1)
      return {tokens, latents: steps.map(at => states.slice(at * hidden, (at + 1) * hidden))}
    })
    return {tokens: rows.map(row => row.tokens), latents: rows.map(row => row.latents)}
  }
}
