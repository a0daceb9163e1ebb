// A checkpoint and a device -> a model that runs: graphs emitted, weights placed, sessions created.
// The whole of it blocks its thread while it computes; decoding loops and workers are built on top (see types.ts for the shapes).
import {LanternError} from '../../../core/errors.js'
import {sha256} from '../../../core/hash.js'
import {createSession, type Device, type InferenceSession, loadRuntime, parseDevice} from '../ort-session.js'
import {placeWeights} from '../placement.js'
import type {TensorPlace} from '../safetensors.js'
import {type ComputeType, Weights} from '../weights.js'
import {isDecoderTensor} from './config.js'
import {decoderOf} from './decoder.js'
import {decoderGraph} from './decoder-graph.js'
import {openEmbedding} from './embedding.js'
import {loopOf} from './loop.js'
import {loopGraph} from './loop-graph.js'
import {lowPrecisionWeights, measureParity, rememberedParity} from './low-precision.js'
import type {Checkpoint, LoadOptions, LoopInput, Model, Parity} from './types.js'
import {visionOf} from './vision.js'
import {visionGraph} from './vision-graph.js'

/** Raised with every change of an emitted graph: it is part of what identifies a run. */
export const graphVersion = 1

/** Throws LanternError: `usage` (device), `device` (provider cannot be loaded), `unsupported` (precision on this device), `disk` (cache). */
export async function loadModel(checkpoint: Checkpoint, options: LoadOptions): Promise<Model> {
  const device = parseDevice(options.device)
  const {precision} = options
  const loading = {...options, device, compute: computeType(device, options)}
  const {Tensor, env} = await loadRuntime()
  const {text, vision, tensors} = checkpoint
  const low = precision === 'fp32' ? null : await lowPrecisionWeights(checkpoint, precision, options)
  const embedding = openEmbedding(tensors.get('model.embed_tokens.weight')!)

  let parity: Parity | null = null
  if (low !== null) {
    parity = await rememberedParity(low.parityFile, async () => {
      options.notify?.(`comparing ${precision} with fp32`)
      const onCpu = {...loading, device: parseDevice('cpu'), compute: 'f32'} as const
      const exactGraph = await load(tensors, isDecoderTensor, onCpu, weights => decoderGraph(text, weights))
      const lowGraph = await load(low.tensors, isDecoderTensor, onCpu, weights => decoderGraph(text, weights))
      const [exact, lower] = [exactGraph, lowGraph].map(({session}) => decoderOf(session, Tensor, text))
      const measured = await measureParity(checkpoint, embedding.rows, exact!, lower!)
      await exactGraph.session.release()
      await lowGraph.session.release()
      return measured
    })
  }
  const decoderTensors = low?.tensors ?? tensors
  const visionLoaded = await load(
    tensors,
    name => !isDecoderTensor(name),
    loading,
    weights => visionGraph(vision, text, weights),
  )
  const decoderLoaded = await load(decoderTensors, isDecoderTensor, loading, weights => decoderGraph(text, weights))
  let loop: Promise<Loaded> | undefined
  const generate = async (input: LoopInput) => {
    loop ??= load(decoderTensors, isDecoderTensor, loading, weights => loopGraph(text, weights))
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
    decode: decoderOf(decoderLoaded.session, Tensor, text),
    generate: precision === 'fp32' || precision === 'fp16' ? generate : null,
    async close() {
      embedding.close()
      for (const loaded of [visionLoaded, decoderLoaded, await loop]) await loaded?.session.release()
    },
  }
}

interface Loaded {
  readonly session: InferenceSession
  /** True when the weights are pages of their files. */
  readonly mapped: boolean
  readonly sha256: string
}

interface Loading extends Omit<LoadOptions, 'device'> {
  readonly device: Device
  readonly compute: ComputeType
}

/** Emits one graph over the tensors it reads and creates its session. */
async function load(
  tensors: ReadonlyMap<string, TensorPlace>,
  reads: (name: string) => boolean,
  {device, compute, threads, cacheDir}: Loading,
  emit: (weights: Weights) => Uint8Array,
): Promise<Loaded> {
  const used = [...tensors].filter(([name]) => reads(name)).map(([, place]) => place)
  const {folder, locate} = await placeWeights([...new Set(used.map(({file}) => file))], cacheDir)
  const graph = emit(new Weights(tensors, locate, compute))
  const mapped = device.provider === 'cpu' && used.every(({type}) => type === 'F32')
  const session = await createSession(graph, {device, folder, mapped, ...(threads !== undefined && {threads})})
  return {session, mapped, sha256: sha256(graph)}
}

function computeType(device: Device, {precision}: LoadOptions): ComputeType {
  if (device.provider === 'cpu') return 'f32'
  if (precision !== 'fp32') return 'f16'
  throw new LanternError(
    'unsupported',
    'On CUDA the graphs compute in half precision: their attention kernel has no fp32 form there.',
    'Use --precision fp16 with --device cuda, or --device cpu for fp32.',
  )
}
