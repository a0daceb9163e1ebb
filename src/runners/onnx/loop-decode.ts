// Decodes whole generations in one run of the Loop graph. A cache that passes through JavaScript crosses the GPU's bus
// at every step; in the loop it stays on the device. The price is that a run can be neither observed nor stopped, and
// that the graph only covers greedy decoding under LanteRn's rules.
import {type BlockState, decide, outsideBlock} from '../../modes/protocols.js'
import type {Decoded, DecodeTask} from './decode.js'
import type {PromptInput} from './prepared-inputs.js'
import {isPlainGreedy} from './sampling.js'
import type {Model} from './types.js'

type LoopTask = Pick<DecodeTask, 'machine' | 'sampling' | 'maxNewTokens' | 'eos'>

/** True for generations that the Loop graph can produce: greedy, and either plain or with LanteRn's own latents. */
export function fitsLoop({machine: {rules}, sampling}: LoopTask, ownLatents: boolean): boolean {
  return isPlainGreedy(sampling) && (rules.kind === 'discrete' || (rules.name === 'lantern' && ownLatents))
}

/** Gives the same result as decodeAll. */
export async function decodeInLoop(
  generate: NonNullable<Model['generate']>,
  {ids: prompt, embeds, positions, ropeDelta, deepstack}: PromptInput,
  {machine, maxNewTokens, eos}: LoopTask,
): Promise<Omit<Decoded<DecodeTask>, 'task'>> {
  const startedAt = performance.now()
  const {tokens, latents} = await generate({
    batch: 1,
    length: prompt.length,
    embeds,
    positions,
    lengths: Int32Array.of(prompt.length),
    nextPositions: Int32Array.of(prompt.length + ropeDelta),
    maxNewTokens,
    ...(deepstack && {deepstack}),
    latentSizes: Int32Array.of(machine.rules.kind === 'discrete' ? -1 : machine.budget),
  })
  const ids = Array.from(tokens[0]!)
  // The ids determine where the blocks are, so the rules are run over them once more.
  let state: BlockState = outsideBlock
  let previous = prompt.at(-1)!
  let fed = 0
  const latentMask: boolean[] = []
  const blocks: {vectors: Float32Array[]; own: Float32Array[]}[] = []
  for (const id of ids) {
    const decision = decide(machine, state, previous, id)
    state = decision.state
    previous = id
    latentMask.push(decision.latent)
    while (blocks.length < state.blocks) blocks.push({vectors: [], own: []})
    if (!decision.latent) continue
    const vector = latents[0]![fed++]!
    blocks.at(-1)!.vectors.push(vector)
    blocks.at(-1)!.own.push(vector)
  }
  const stop = eos.has(ids.at(-1)!) && !latentMask.at(-1) ? 'eos' : 'length'
  return {ids, latentMask, blocks, stop, decodeMs: performance.now() - startedAt, steps: ids.length}
}
