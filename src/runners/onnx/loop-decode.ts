// Decodes whole generations in one run of the Loop graph. A cache that passes through JavaScript crosses the GPU's bus
// at every step; in the loop it stays on the device. The price is that a run can be neither observed nor stopped, and
// that the graph only covers greedy decoding under LanteRn's rules.
import {decide, type LatentMachine, stateAfter} from '../../modes/latent-machine.js'
import type {Protocol} from '../../modes/protocol.js'
import {protocolNamed} from '../../modes/protocols.js'
import type {Decoded, DecodeTask} from './decode.js'
import type {PromptInput} from './prefill.js'
import {isPlainGreedy} from './sampling.js'
import type {Model} from './types.js'

type LoopTask = Pick<DecodeTask, 'machine' | 'sampling' | 'maxNewTokens' | 'eos' | 'asFed'>

/** The rules that say nothing about what the graph does. */
const elsewhere: ReadonlySet<string> = new Set<keyof Protocol>(['name', 'source', 'budget', 'leastBudget', 'tokens'])

/**
 * True for generations that the Loop graph can produce: greedy, and either plain or with LanteRn's own latents. Every
 * other rule of a protocol takes the step path: the graph would not follow it. So does a vector that is changed where
 * it is fed.
 */
export function fitsLoop({machine, sampling, asFed}: LoopTask, ownLatents: boolean): boolean {
  if (!isPlainGreedy(sampling)) return false
  const {rules} = machine
  if (rules.enterOn === 'never')
    return rules.prefixLatents === 0 && rules.stopStrings.length === 0 && !forcesIds(machine)
  return ownLatents && asFed === undefined && followsLantern(rules)
}

/** Without blocks, some rules still put ids in place of the sampled ones. */
function forcesIds({rules, forced}: LatentMachine): boolean {
  return (
    rules.forceStart !== 'never' || rules.forceStartAgain || (rules.forcedAfterExitOn === 'end' && forced.length > 0)
  )
}

function followsLantern(rules: Protocol): boolean {
  const lantern = Object.entries(protocolNamed('lantern')).filter(([field]) => !elsewhere.has(field))
  return lantern.every(([field, value]) => JSON.stringify(rules[field as keyof Protocol]) === JSON.stringify(value))
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
    latentSizes: Int32Array.of(machine.rules.enterOn === 'never' ? -1 : machine.budget),
  })
  const ids = Array.from(tokens[0]!)
  // The ids determine where the blocks are, so the rules are run over them once more.
  let state = stateAfter(machine, prompt)
  let fed = 0
  const latentMask: boolean[] = []
  const blocks: {vectors: Float32Array[]; own: Float32Array[]; lens: []}[] = []
  for (const id of ids) {
    const decision = decide(machine, state, id)
    state = decision.state
    latentMask.push(decision.latent)
    while (blocks.length < state.blocks) blocks.push({vectors: [], own: [], lens: []})
    if (!decision.latent) continue
    const vector = latents[0]![fed++]!
    blocks.at(-1)!.vectors.push(vector)
    blocks.at(-1)!.own.push(vector)
  }
  const stop = eos.has(ids.at(-1)!) && !latentMask.at(-1) ? 'eos' : 'length'
  return {ids, latentMask, blocks, stop, decodeMs: performance.now() - startedAt, steps: ids.length}
}
