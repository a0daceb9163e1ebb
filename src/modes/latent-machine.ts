// The state machine that decides what is appended while decoding: one machine for all methods, with a protocol's rules
// as its settings (design/latent-reasoning.md 2.2).
// Pure: token ids in, decisions out. interventions.ts chooses the vector fed at a latent position; runners/onnx runs
// the model.
import {LanternError} from '../core/errors.js'
import {type Protocol, protocolDefaults, type StopVector} from './protocol.js'

/** The marker tokens of a latent block. Their ids are always read from the checkpoint. */
export interface LatentIds {
  readonly start: number
  readonly pad: number
  readonly end: number
}

/** A protocol bound to the ids of a checkpoint and to an arm's number of latents per block. */
export interface LatentMachine {
  readonly rules: Protocol
  readonly ids: LatentIds
  /** Latents per block; Infinity for an unbounded method. */
  readonly budget: number
  /** The ids of `forcedAfterExit`. */
  readonly forced: readonly number[]
  /** The ids of `discretePrefix`. */
  readonly prefix: readonly number[]
}

/**
 * Binds a protocol to a checkpoint. `size` is the number of latents per block, or null for the protocol's default;
 * `texts` are the ids that the tokenizer makes of the protocol's texts.
 * Throws `usage` unless the size is a whole number that the method's loop can feed (upstream, K = -1 would overwrite
 * START itself, and SwimBird with 0 would still feed one).
 */
export function latentMachine(
  rules: Protocol,
  ids: LatentIds,
  size: number | null,
  texts: Partial<Pick<LatentMachine, 'forced' | 'prefix'>> = {},
): LatentMachine {
  const budget = size ?? rules.budget ?? Number.POSITIVE_INFINITY
  const least = rules.leastBudget
  if (budget !== Number.POSITIVE_INFINITY && (!Number.isInteger(budget) || budget < least)) {
    throw new LanternError(
      'usage',
      `${budget} is not a valid number of latents per block${least > 0 ? ` for ${rules.name}` : ''}.`,
      `Give --latent-size a whole number of at least ${least}.`,
    )
  }
  return {rules, ids, budget, forced: texts.forced ?? [], prefix: texts.prefix ?? []}
}

/** The machine for `markers-only`: END follows START at once and nothing is fed back. */
export function markersOnly(machine: LatentMachine): LatentMachine {
  const rules: Protocol = {
    ...machine.rules,
    startInput: 'embedding',
    exit: 'forceEnd',
    nestedStart: 'overwrite',
    repetitionExit: null,
    prefixLatents: 0,
  }
  return {...machine, rules, budget: 0}
}

/** The machine for `no-latent`: no block opens, and nothing of the method is put in by force. */
export function withoutBlocks(machine: LatentMachine): LatentMachine {
  const rules: Protocol = {
    ...machine.rules,
    enterOn: 'never',
    forceStart: 'never',
    forceStartAgain: false,
    prefixLatents: 0,
    deletedFromPrompt: [],
  }
  return {...machine, rules, forced: [], prefix: []}
}

/** Ordinary decoding: START, PAD and END are tokens like any other. */
export function plainDecoding(ids: LatentIds): LatentMachine {
  const rules: Protocol = {...protocolDefaults, name: 'plain', source: 'ordinary decoding', enterOn: 'never'}
  return {rules, ids, budget: 0, forced: [], prefix: []}
}

export interface BlockState {
  readonly inBlock: boolean
  /** Latents so far in the current block. */
  readonly used: number
  /** Number of blocks opened so far. */
  readonly blocks: number
  /** Number of ENDs emitted so far. */
  readonly ends: number
  /** Whether nothing was generated yet. */
  readonly first: boolean
  /** Ids that replace the next sampled ones, one a step. */
  readonly queue: readonly number[]
  /** The last ids, prompt included; at least the one just consumed. */
  readonly recent: readonly number[]
}

/** The state before the first step after a prompt, which has at least one id. */
export function stateAfter(machine: LatentMachine, prompt: readonly number[]): BlockState {
  const recent = prompt.slice(-windowOf(machine.rules))
  const state = {inBlock: false, used: 0, blocks: 0, ends: 0, first: true, queue: [], recent}
  return {...state, queue: forcedAfter(machine, state, {ended: recent.at(-1) === machine.ids.end, spent: false})}
}

/** How many of the last ids the rules look at. */
function windowOf({repetitionExit}: Protocol): number {
  return Math.max(1, (repetitionExit ?? 0) - 1)
}

/** What to append, and what to feed at that position: the embedding of `id`, or a vector for a latent. */
export interface Decision {
  readonly state: BlockState
  readonly id: number
  readonly latent: boolean
  /** Whether the id was put in place of the sampled one by `forcedAfterExit` or `forceStartAgain`. */
  readonly forced: boolean
}

/** The state once a block has opened, if it is due before anything is sampled. */
function opened({rules, ids}: LatentMachine, state: BlockState): BlockState {
  if (rules.enterOn !== 'consumed' || state.recent.at(-1) !== ids.start) return state
  if (!state.inBlock && mayOpen(rules, state)) return {...state, inBlock: true, used: 0, blocks: state.blocks + 1}
  // With a stop vector, upstream restarts its count at every START it consumes, even inside a block.
  return state.inBlock && rules.stopVector ? {...state, used: 0} : state
}

function mayOpen({maxBlocks, maxBlocksCounts}: Protocol, {blocks, ends}: BlockState): boolean {
  return maxBlocks === null || (maxBlocksCounts === 'ends' ? ends : blocks) < maxBlocks
}

/** Whether the end of sequence is masked on this step (`suppressEos`). */
export function masksEos(machine: LatentMachine, state: BlockState): boolean {
  return machine.rules.suppressEos && opened(machine, state).inBlock
}

/** The first step of a method that begins with START by force. */
function forcesStart({rules: {forceStart}, ids}: LatentMachine, {first, recent}: BlockState): boolean {
  return first && (forceStart === 'always' || (forceStart !== 'never' && recent.at(-1) !== ids.start))
}

/**
 * One step of the machine: decides which id to append after `drawn` was drawn. `stopHit` says whether the stop vector
 * was reached. The order: a forced id replaces the drawn one; a block opens; its budget or a repetition closes it; an
 * early END does; a START inside is dealt with; otherwise a latent is fed.
 * The vector fed for a latent at position j is the state of position j - 1.
 */
export function decide(machine: LatentMachine, before: BlockState, drawn: number, stopHit = false): Decision {
  const {rules, ids, budget} = machine
  const forced = before.queue.length > 0
  const sampled = before.queue[0] ?? (forcesStart(machine, before) ? ids.start : drawn)
  const state = opened(machine, {...before, queue: before.queue.slice(1), first: false})
  const {inBlock, used} = state
  const emit = (id: number, next: BlockState, latent: boolean, spent = false): Decision => ({
    state: after(machine, next, id, {latent, spent}),
    id,
    latent,
    forced,
  })

  if (!inBlock) {
    if (rules.enterOn !== 'predicted' || sampled !== ids.start || !mayOpen(rules, state))
      return emit(sampled, state, false)
    const hidden = rules.startInput === 'hidden'
    return emit(ids.start, {...state, inBlock: true, used: hidden ? 1 : 0, blocks: state.blocks + 1}, hidden)
  }
  // In the loops of these methods, START is looked at before the count.
  if (sampled === ids.start && rules.nestedStart === 'embed') return emit(ids.start, state, false)
  if (sampled === ids.start && rules.nestedStart === 'restart') return emit(ids.start, {...state, used: 0}, false)
  const closed = {...state, inBlock: false, used: 0}
  const spent = used >= budget || stopHit || repeats(rules, state, sampled)
  if (spent) return emit(rules.exit === 'forceEnd' ? ids.end : sampled, closed, false, true)
  if (rules.earlyEnd && sampled === ids.end) return emit(ids.end, closed, false)
  return emit(rules.recordId === 'pad' ? ids.pad : sampled, {...state, used: used + 1}, true)
}

/**
 * Whether the next step decides the same whatever is drawn, so that no token need be chosen: a forced id is due, or the
 * block feeds a latent or closes by its count alone.
 */
export function ignoresDrawn(machine: LatentMachine, before: BlockState): boolean {
  if (before.queue.length > 0 || forcesStart(machine, before)) return true
  const {rules, budget} = machine
  const {inBlock, used} = opened(machine, {...before, first: false})
  if (!inBlock || rules.nestedStart === 'embed' || rules.nestedStart === 'restart') return false
  const closesAlike = rules.exit === 'forceEnd'
  if (used >= budget) return closesAlike
  if (rules.repetitionExit !== null || rules.earlyEnd) return false
  return rules.recordId === 'pad' && (rules.stopVector === null || closesAlike)
}

/** Whether the sampled id and those before it are equal for as long as the rule says. */
function repeats({repetitionExit}: Protocol, {used, recent}: BlockState, sampled: number): boolean {
  if (repetitionExit === null || used === 0 || recent.length < repetitionExit - 1) return false
  return recent.slice(1 - repetitionExit).every(id => id === sampled)
}

interface Emitted {
  readonly latent: boolean
  /** Whether the id left a block whose budget was used up, or that a repetition closed. */
  readonly spent: boolean
}

/** The state after an id was emitted. */
function after(machine: LatentMachine, state: BlockState, id: number, {latent, spent}: Emitted): BlockState {
  const ended = id === machine.ids.end && !latent
  const recent = [...state.recent, id].slice(-windowOf(machine.rules))
  const next = {...state, recent, ends: state.ends + (ended ? 1 : 0)}
  const more = forcedAfter(machine, next, {ended, spent})
  return more.length === 0 ? next : {...next, queue: more}
}

/** The ids to force after an END, or after a block that was closed by force. */
function forcedAfter(
  {rules, ids, forced}: LatentMachine,
  state: BlockState,
  {ended, spent}: {readonly ended: boolean; readonly spent: boolean},
): readonly number[] {
  if (ended && rules.forceStartAgain && mayOpen(rules, state)) return [ids.start]
  return (rules.forcedAfterExitOn === 'end' ? ended : spent) ? forced : []
}

/**
 * Whether generation ends after this decision, and why. `textStops` says whether the new text contains a stop string. A
 * method that defers stopping to the end of its block may exceed the cap. The hard limit is then `maxNewTokens` plus
 * one block (or twice `maxNewTokens` when blocks are unbounded).
 */
export function stopAfter(
  {rules, budget}: LatentMachine,
  decision: Decision,
  generated: number,
  {maxNewTokens, eos, textStops = false}: StopConditions,
): 'eos' | 'stop-string' | 'length' | null {
  const hardLimit = maxNewTokens + 1 + (Number.isFinite(budget) ? budget : maxNewTokens)
  if (decision.latent && rules.stopInLatent === 'deferred' && generated < hardLimit) return null
  const tested = !decision.forced || rules.forcedStops
  if (tested && eos.has(decision.id)) return 'eos'
  if (textStops) return 'stop-string'
  return tested && generated >= maxNewTokens ? 'length' : null
}

export interface StopConditions {
  readonly maxNewTokens: number
  readonly eos: ReadonlySet<number>
  readonly textStops?: boolean
}

/**
 * Distance between a state and a stop vector, averaged over the dimensions; `cosine` is one minus the cosine
 * similarity.
 */
export function stopDistance(metric: StopVector['metric'], state: Float32Array, vector: Float32Array): number {
  let squares = 0
  let absolutes = 0
  let dot = 0
  let stateNorm = 0
  let vectorNorm = 0
  for (let i = 0; i < vector.length; i++) {
    const a = state[i]!
    const b = vector[i]!
    squares += (a - b) ** 2
    absolutes += Math.abs(a - b)
    dot += a * b
    stateNorm += a * a
    vectorNorm += b * b
  }
  if (metric === 'mse') return squares / vector.length
  if (metric === 'mae') return absolutes / vector.length
  return 1 - dot / Math.sqrt(stateNorm * vectorNorm)
}
