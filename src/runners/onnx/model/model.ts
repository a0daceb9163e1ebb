// Loads a runnable model from a checkpoint on a device: emits graphs, places weights, creates sessions.
// All of it blocks its thread while it computes; decoding loops and workers are built on top (see types.ts for the
// shapes).
import {LanternError} from '../../../core/errors.js'
import {sha256} from '../../../core/hash.js'
import {architectureOf} from '../architectures.js'
import {cachedGraph} from '../graph-cache.js'
import {createSession, type Device, type InferenceSession, loadRuntime, parseDevice} from '../ort-session.js'
import {placeWeights} from '../placement.js'
import type {Checkpoint, LoadOptions, LoopInput, Model, Parity} from '../types.js'
import {type ComputeType, Weights} from '../weights.js'
import {decoderOf} from './decoder.js'
import {decoderGraph} from './decoder-graph.js'
import {openEmbedding} from './embedding.js'
import {type Tensors, tensorsOf} from './graph-tensors.js'
import {loopOf} from './loop.js'
import {loopGraph} from './loop-graph.js'
import {lowPrecisionWeights, mappableWeights, measureParity, rememberedParity} from './low-precision.js'
import {withMergedAdapter} from './merged-weights.js'
import {visionOf} from './vision.js'

/** Incremented with every change of an emitted graph. It is part of what identifies a run. */
export const graphVersion = 5

/**
 * Loads a model. Throws LanternError: `usage` (device), `device` (provider cannot be loaded), `unsupported` (precision
 * on this device), `disk` (cache).
 */
export async function loadModel(opened: Checkpoint, options: LoadOptions): Promise<Model> {
  const device = parseDevice(options.device)
  const checkpoint = await withMergedAdapter(opened, options)
  const {precision} = options
  const loading: Loading = {...options, device, compute: computeType(device, options), checkpoint}
  const {Tensor, env} = await loadRuntime()
  const {vision: visionTensors, decoder} = tensorsOf(checkpoint)
  const maps = device.provider === 'cpu' && options.weights !== 'packed'
  const mappable = (graph: 'vision' | 'decoder', tensors: Tensors) =>
    maps ? mappableWeights(checkpoint, graph, tensors, options) : tensors
  const low = precision === 'fp32' ? null : await lowPrecisionWeights(checkpoint, decoder, precision, options)
  const embedding = openEmbedding(checkpoint.tensors.get('model.embed_tokens.weight')!)

  const compare = () => parityOf(low!.tensors, loading, embedding.rows)
  const parity = low === null ? null : await rememberedParity(low.parityFile, compare)
  const decoderTensors = low?.tensors ?? (await mappable('decoder', decoder))
  const visionLoaded = await load('vision', await mappable('vision', visionTensors), loading)
  const decoderLoaded = await load('decoder', decoderTensors, loading)
  let loop: Promise<Loaded> | undefined
  const generate = async (input: LoopInput) => {
    loop ??= load('loop', decoderTensors, loading)
    return loopOf((await loop).session, Tensor, checkpoint)(input)
  }
  return {
    checkpoint,
    provenance: {
      runtime: `onnxruntime-node ${env.versions.common}`,
      provider: options.device,
      precision,
      graphs: graphVersion,
      decoderSha256: decoderLoaded.sha256,
      visionSha256: visionLoaded.sha256,
      prepacked: !decoderLoaded.mapped,
      parity,
    },
    vision: visionOf(visionLoaded.session, Tensor, checkpoint),
    embed: embedding.rows,
    decode: decoderOf(decoderLoaded.session, Tensor, checkpoint),
    generate: precision === 'fp32' || precision === 'fp16' ? generate : null,
    async close() {
      embedding.close()
      for (const loaded of [visionLoaded, decoderLoaded, await loop]) await loaded?.session.release()
    },
  }
}

interface Loaded {
  readonly session: InferenceSession
  /** True when the weights are mapped pages of their files. */
  readonly mapped: boolean
  readonly sha256: string
}

interface Loading extends Omit<LoadOptions, 'device'> {
  readonly device: Device
  readonly compute: ComputeType
  readonly checkpoint: Checkpoint
  /**
   * Weights narrower than float32 are widened once, when the session loads, or in every run, which is five times slower
   * and takes the memory of one matrix. Default: once.
   */
  readonly widens?: 'once' | 'each run'
}

/** The functions that emit the graphs. */
const graphs = {
  vision: (checkpoint: Checkpoint, weights: Weights) =>
    architectureOf(checkpoint).visionGraph(checkpoint.vision, checkpoint.text, weights),
  decoder: ({text, head}: Checkpoint, weights: Weights) => decoderGraph(text, head, weights),
  loop: ({text}: Checkpoint, weights: Weights) => loopGraph(text, weights),
}

/** Emits one graph and creates its session. */
async function load(name: keyof typeof graphs, tensors: Tensors, options: Loading): Promise<Loaded> {
  const {checkpoint, device, compute, threads, cacheDir, weights = 'mapped', widens = 'once'} = options
  const {folder, locate} = await placeWeights([...new Set([...tensors.values()].map(({file}) => file))], cacheDir)
  const placed = [...tensors].map(([tensor, place]) => [tensor, {...place, file: locate(place.file)}])
  const {architecture, text, vision, head} = checkpoint
  const ingredients = [graphVersion, architecture, text, vision, head, compute, placed]
  const graph = await cachedGraph(cacheDir, name, ingredients, () =>
    graphs[name](checkpoint, new Weights(tensors, locate, compute)),
  )
  const inF32 = [...tensors.values()].every(({type}) => type === 'F32')
  const mapped = device.provider === 'cpu' && (widens === 'each run' || (weights === 'mapped' && inF32))
  const session = await createSession(graph, {
    device,
    folder,
    mapped,
    folds: widens === 'once' || inF32,
    frugal: name === 'vision' || widens === 'each run',
    ...(threads !== undefined && {threads}),
  })
  return {session, mapped, sha256: sha256(graph)}
}

/** Loads the decoder on the CPU at both precisions and measures how far apart they are. */
async function parityOf(low: Tensors, loading: Loading, embed: Model['embed']): Promise<Parity> {
  const {checkpoint, precision, notify} = loading
  notify?.(`comparing ${precision} with fp32`)
  const {Tensor} = await loadRuntime()
  const onCpu: Loading = {...loading, device: parseDevice('cpu'), compute: 'f32'}
  // Two runs do not pay for the whole model in float32.
  const exact = await load('decoder', tensorsOf(checkpoint).decoder, {...onCpu, widens: 'each run'})
  const lower = await load('decoder', low, onCpu)
  const decode = ({session}: Loaded) => decoderOf(session, Tensor, checkpoint)
  const parity = await measureParity(checkpoint, embed, decode(exact), decode(lower))
  await exact.session.release()
  await lower.session.release()
  return parity
}

/** The type the graphs compute in. Throws LanternError `unsupported` for a precision not available on the device. */
export function computeType(device: Device, {precision}: Pick<LoadOptions, 'precision'>): ComputeType {
  if (device.provider === 'cpu') return 'f32'
  if (precision !== 'fp32') return 'f16'
  throw new LanternError(
    'unsupported',
    'On CUDA the graphs compute in half precision, because their attention kernel has no fp32 version there.',
    'Use --precision fp16 with --device cuda, or --device cpu for fp32.',
  )
}
