// How each supported method produces latents at decode time: one state machine, with its settings as data.
// Pure: token ids in, decisions out. interventions.ts chooses the vector fed at a latent position; runners/onnx runs
// the model.
import {closest} from '../core/closest.js'
import {aBoolean, aCount, anObject, aText, type Definition, definitionOf, oneOf, orNull} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import {Register} from '../core/register.js'

/** The marker tokens of a latent block. Their ids are always read from the checkpoint. */
export interface LatentIds {
  readonly start: number
  readonly pad: number
  readonly end: number
}

/** The rules of one method (design/latent-reasoning.md 2.1). */
export interface Protocol {
  readonly name: string
  /** `feedback`: hidden states are fed back. `discrete`: every token, markers included, is fed as its own embedding. */
  readonly kind: 'feedback' | 'discrete'
  /**
   * `predicted`: sampling START opens the block. `consumed`: the block opens after START was processed, so a START at
   * the end of the prompt counts too.
   */
  readonly enterOn: 'predicted' | 'consumed'
  /** What is fed at the position of START itself. */
  readonly startInput: 'embedding' | 'hidden'
  /** Latents per block when neither the user nor the checkpoint sets it; null for no bound. */
  readonly budget: number | null
  /** Whether a predicted END closes the block. */
  readonly earlyEnd: boolean
  /** The id recorded at a latent position. */
  readonly recordId: 'pad' | 'sampled'
  /** What happens when the budget is used up: END is forced, or the sampled token is emitted as usual. */
  readonly exit: 'forceEnd' | 'none'
  /**
   * What happens when START is sampled inside a block. `overwrite`: the pad replaces it. `record`: it is kept as the id
   * of a latent. `embed`: it is fed as its embedding. `restart`: it is fed as its embedding and the count restarts.
   */
  readonly nestedStart: 'overwrite' | 'record' | 'embed' | 'restart'
  /**
   * What happens when the end of sequence or the token cap is reached at a latent position: stop at once, or only after
   * the block has ended.
   */
  readonly stopInLatent: 'hard' | 'deferred'
  /** Blocks per generation; null for no bound. Any further START is an ordinary token. */
  readonly maxBlocks: number | null
  /** A learned vector that ends a block when the previous state comes close to it. */
  readonly stopVector: StopVector | null
  /** The paper and the public code the rules were taken from. */
  readonly source: string
}

export interface StopVector {
  /** Name of the parameter in the checkpoint. */
  readonly tensor: string
  /** How the distance to the vector is measured; averaged over the dimensions. */
  readonly metric: 'mse' | 'mae' | 'cosine'
  readonly threshold: number
}

const fields = {
  kind: oneOf(['feedback', 'discrete']),
  enterOn: oneOf(['predicted', 'consumed']),
  startInput: oneOf(['embedding', 'hidden']),
  budget: orNull(aCount),
  earlyEnd: aBoolean,
  recordId: oneOf(['pad', 'sampled']),
  exit: oneOf(['forceEnd', 'none']),
  nestedStart: oneOf(['overwrite', 'record', 'embed', 'restart']),
  stopInLatent: oneOf(['hard', 'deferred']),
  maxBlocks: orNull(aCount),
  stopVector: orNull(anObject),
  source: aText,
}

/**
 * Checks the definition of a protocol. Throws LanternError `bad-config` naming the wrong rule, or one that no protocol
 * has: a rule that is spelled wrong would be left out in silence.
 */
export function defineProtocol(protocol: Protocol): Definition<'protocol', Protocol> {
  const definition = definitionOf('protocol', protocol, fields)
  const stranger = Object.keys(protocol).find(field => field !== 'name' && !Object.hasOwn(fields, field))
  if (stranger === undefined) return definition
  const near = closest(stranger, Object.keys(fields))
  throw new LanternError(
    'bad-config',
    `The protocol "${protocol.name}" has a rule that no protocol has: ${stranger}.`,
    near === undefined ? `The rules are ${Object.keys(fields).join(', ')}.` : `Did you mean ${near}?`,
  )
}

const lantern: Protocol = {
  name: 'lantern',
  kind: 'feedback',
  enterOn: 'predicted',
  startInput: 'embedding',
  budget: 8,
  earlyEnd: false,
  recordId: 'pad',
  exit: 'forceEnd',
  nestedStart: 'overwrite',
  stopInLatent: 'hard',
  maxBlocks: null,
  stopVector: null,
  source: 'arXiv 2603.25629; GuilhermeViveiros/LanteRn: src/lantern_generate/generate.py',
}

const lvr: Protocol = {
  ...lantern,
  name: 'lvr',
  enterOn: 'consumed',
  recordId: 'sampled',
  exit: 'none',
  nestedStart: 'record',
  stopInLatent: 'deferred',
  source: 'arXiv 2509.24251; VincentLeebang/lvr: src/model/qwen_lvr_model.py',
}

const mirage: Protocol = {
  ...lantern,
  name: 'mirage',
  earlyEnd: true,
  nestedStart: 'embed',
  // Upstream never resets its counter, so its behaviour is defined for the first block only.
  maxBlocks: 1,
  source: 'arXiv 2506.17218; UMass-Embodied-AGI/Mirage',
}

/** Every supported method. To add one, add an entry here and its traces in protocols.test.ts. */
const builtIn: readonly Protocol[] = [
  lantern,
  lvr,
  {...lvr, name: 'lvr-vanilla', budget: null, earlyEnd: true},
  {
    ...lvr,
    name: 'lvr-latent-end',
    // The default of upstream's generate().
    stopVector: {tensor: 'lvr_latent_end_emb', metric: 'mse', threshold: 0.02},
  },
  {
    ...lantern,
    name: 'monet',
    startInput: 'hidden',
    budget: 10,
    earlyEnd: true,
    recordId: 'sampled',
    nestedStart: 'record',
    source: 'arXiv 2511.21395; NOVAglow646/Monet: inference/vllm/monet_gpu_model_runner.py',
  },
  {
    ...lantern,
    name: 'monet-hf',
    budget: 10,
    earlyEnd: true,
    nestedStart: 'embed',
    source: 'arXiv 2602.22766; Michael4933/CapImagine: README.md',
  },
  mirage,
  {...mirage, name: 'ilvr', nestedStart: 'restart', maxBlocks: null, source: 'arXiv 2512.05665; XD111ds/ILVR'},
  {
    ...lantern,
    name: 'skila',
    enterOn: 'consumed',
    // Two sketches of 27 tokens.
    budget: 54,
    earlyEnd: true,
    source: 'arXiv 2512.16584; TungChintao/SkiLa: src/model/skila.py',
  },
  {
    ...lantern,
    name: 'covt',
    kind: 'discrete',
    source: 'arXiv 2511.19418; Wakals/CoVT',
  },
]

const register = new Register<Protocol>('latent protocol', builtIn.map(defineProtocol))

/** Names of all registered protocols. */
export function protocolNames(): readonly string[] {
  return register.names()
}

/** Adds a protocol. Throws `bad-config` if it is incomplete or its name is taken. */
export function registerProtocol(protocol: Protocol): void {
  const definition = defineProtocol(protocol)
  if (Object.hasOwn(unsupportedProtocols, definition.name))
    throw new LanternError(
      'bad-config',
      `The protocol "${definition.name}" would carry the name of a method that is refused here.`,
      'Give it a name of its own.',
    )
  register.add(definition)
}

/** Methods that are refused, and why. An approximation would carry their name without following their rules. */
export const unsupportedProtocols: Readonly<Record<string, string>> = {
  'ivt-lr':
    'each of its steps inserts the image patches with the highest attention, and the graphs here give no attention maps',
  'latent-sketchpad':
    'its latents come from a regression head with a perceiver, which is not part of a Qwen2.5-VL checkpoint',
  livr: 'its latents are learned prompt tokens and nothing is fed back',
  coconut: 'it is a text-only method whose latents are appended to the prompt',
}

/**
 * The rules of a method, by its name on the command line. Throws `unsupported` for methods that cannot be run and
 * `usage` for unknown names.
 */
export function protocolNamed(name: string): Protocol {
  const reason = Object.hasOwn(unsupportedProtocols, name) ? unsupportedProtocols[name] : undefined
  if (reason)
    throw new LanternError(
      'unsupported',
      `The latent protocol ${name} is not supported: ${reason}.`,
      `Supported: ${protocolNames().join(', ')}.`,
    )
  return register.get(name)
}

/** A protocol bound to the ids of a checkpoint and to an arm's number of latents per block. */
export interface LatentMachine {
  readonly rules: Protocol
  readonly ids: LatentIds
  /** Latents per block; Infinity for an unbounded method. */
  readonly budget: number
}

/**
 * Binds a protocol to a checkpoint. `size` is the number of latents per block, or null for the protocol's default.
 * Throws `usage` unless it is a whole number of at least 0 (upstream, K = -1 would overwrite START itself).
 */
export function latentMachine(rules: Protocol, ids: LatentIds, size: number | null): LatentMachine {
  const budget = size ?? rules.budget ?? Number.POSITIVE_INFINITY
  if (budget !== Number.POSITIVE_INFINITY && (!Number.isInteger(budget) || budget < 0)) {
    throw new LanternError(
      'usage',
      `${budget} is not a valid number of latents per block.`,
      'Give --latent-size a whole number of at least 0.',
    )
  }
  return {rules, ids, budget}
}

/** The machine for `markers-only`: END follows START at once and nothing is fed back. */
export function markersOnly(machine: LatentMachine): LatentMachine {
  return {...machine, rules: {...machine.rules, startInput: 'embedding', exit: 'forceEnd'}, budget: 0}
}

/** Ordinary decoding: START, PAD and END are tokens like any other. */
export function plainDecoding(ids: LatentIds): LatentMachine {
  return {rules: {...lantern, name: 'plain', kind: 'discrete'}, ids, budget: 0}
}

export interface BlockState {
  readonly inBlock: boolean
  /** Latents so far in the current block. */
  readonly used: number
  /** Number of blocks opened so far. */
  readonly blocks: number
}

export const outsideBlock: BlockState = {inBlock: false, used: 0, blocks: 0}

/** What to append, and what to feed at that position: the embedding of `id`, or a vector for a latent. */
export interface Decision {
  readonly state: BlockState
  readonly id: number
  readonly latent: boolean
}

/**
 * One step of the machine (design/latent-reasoning.md 2.2): decides which id to append after `sampled` was drawn.
 * `previous` is the id just consumed (in the first step, the last prompt id). `stopHit` says whether the stop vector
 * was reached.
 * The vector fed for a latent at position j is the state of position j - 1.
 */
export function decide(
  machine: LatentMachine,
  state: BlockState,
  previous: number,
  sampled: number,
  stopHit = false,
): Decision {
  const {rules, ids, budget} = machine
  const token = (id: number, next: BlockState): Decision => ({state: next, id, latent: false})
  if (rules.kind === 'discrete') return token(sampled, state)

  let {inBlock, used, blocks} = state
  const mayOpen = !inBlock && (rules.maxBlocks === null || blocks < rules.maxBlocks)
  if (mayOpen && rules.enterOn === 'predicted' && sampled === ids.start) {
    const hidden = rules.startInput === 'hidden'
    return {state: {inBlock: true, used: hidden ? 1 : 0, blocks: blocks + 1}, id: ids.start, latent: hidden}
  }
  if (rules.enterOn === 'consumed' && previous === ids.start) {
    if (mayOpen) [inBlock, used, blocks] = [true, 0, blocks + 1]
    // With a stop vector, upstream restarts its count at every START it consumes, even inside a block.
    else if (rules.stopVector) used = 0
  }
  if (!inBlock) return token(sampled, {inBlock, used, blocks})

  const closed = {inBlock: false, used: 0, blocks}
  if (rules.earlyEnd && sampled === ids.end) return token(ids.end, closed)
  if (sampled === ids.start && rules.nestedStart === 'embed') return token(ids.start, {inBlock, used, blocks})
  if (sampled === ids.start && rules.nestedStart === 'restart') return token(ids.start, {inBlock, used: 0, blocks})
  if (used >= budget || stopHit) return token(rules.exit === 'forceEnd' ? ids.end : sampled, closed)
  return {state: {inBlock, used: used + 1, blocks}, id: rules.recordId === 'pad' ? ids.pad : sampled, latent: true}
}

/**
 * Whether generation ends after this decision, and why. A method that defers stopping to the end of its block may
 * exceed the cap. The hard limit is then `maxNewTokens` plus one block (or twice `maxNewTokens` when blocks are
 * unbounded).
 */
export function stopAfter(
  machine: LatentMachine,
  decision: Decision,
  generated: number,
  maxNewTokens: number,
  eos: ReadonlySet<number>,
): 'eos' | 'length' | null {
  const hardLimit = maxNewTokens + 1 + (Number.isFinite(machine.budget) ? machine.budget : maxNewTokens)
  if (decision.latent && machine.rules.stopInLatent === 'deferred' && generated < hardLimit) return null
  if (eos.has(decision.id)) return 'eos'
  return generated >= maxNewTokens ? 'length' : null
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
