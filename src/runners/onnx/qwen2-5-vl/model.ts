// A checkpoint and a device -> a model that runs: graphs emitted, weights placed, sessions created.
// The whole of it blocks its thread while it computes; decoding loops and workers are built on top (see types.ts for the shapes).
import {LanternError} from '../../../core/errors.js'
import {sha256} from '../../../core/hash.js'
import {createSession, type Device, loadRuntime, parseDevice} from '../ort-session.js'
import {placeWeights} from '../placement.js'
import type {TensorPlace} from '../safetensors.js'
import {type ComputeType, Weights} from '../weights.js'
import {decoderOf} from './decoder.js'
import {decoderGraph} from './decoder-graph.js'
import {openEmbedding} from './embedding.js'
import type {Checkpoint, LoadOptions, Model} from './types.js'
import {visionOf} from './vision.js'
import {visionGraph} from './vision-graph.js'

/** Raised with every change of an emitted graph: it is part of what identifies a run. */
export const graphVersion = 1

export async function loadModel(checkpoint: Checkpoint, options: LoadOptions): Promise<Model> {
  const device = parseDevice(options.device)
  const compute = computeType(device, options)
  const {Tensor, env} = await loadRuntime()
  const tensors = checkpoint.tensors
  const vision = await load(checkpoint, checkpoint.tensors, visionTensor, {...options, device, compute}, weights =>
    visionGraph(checkpoint.vision, checkpoint.text, weights),
  )
  const decoder = await load(checkpoint, tensors, decoderTensor, {...options, device, compute}, weights =>
    decoderGraph(checkpoint.text, weights),
  )
  const embedding = openEmbedding(checkpoint.tensors.get('model.embed_tokens.weight')!)
  return {
    checkpoint,
    provenance: {
      runtime: `onnxruntime-node ${env.versions.common}`,
      provider: options.device,
      precision: options.precision,
      graphs: graphVersion,
      decoderSha256: decoder.sha256,
      visionSha256: vision.sha256,
      prepacked: !decoder.mapped,
      parity: null,
    },
    vision: visionOf(vision.session, Tensor, checkpoint),
    embed: ids => embedding.rows(ids),
    decode: decoderOf(decoder.session, Tensor, checkpoint.text),
    generate: () => Promise.reject(new Error('not yet')),
    async close() {
      embedding.close()
      await vision.session.release()
      await decoder.session.release()
    },
  }
}

const visionTensor = (name: string) => name.startsWith('visual.')
const decoderTensor = (name: string) => !visionTensor(name)

interface GraphOptions extends Omit<LoadOptions, 'device'> {
  readonly device: Device
  readonly compute: ComputeType
}

async function load(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, TensorPlace>,
  part: (name: string) => boolean,
  {device, compute, threads, cacheDir}: GraphOptions,
  emit: (weights: Weights) => Uint8Array,
) {
  const used = [...tensors].filter(([name]) => part(name))
  const {folder, locate} = await placeWeights([...new Set(used.map(([, place]) => place.file))], cacheDir)
  const model = emit(new Weights(tensors, locate, compute))
  const mapped = used.every(([, {type}]) => type === 'F32') && device.provider === 'cpu'
  const session = await createSession(model, {device, folder, mapped, ...(threads !== undefined && {threads})})
  return {session, mapped, sha256: sha256(model), checkpoint}
}

function computeType(device: Device, {precision}: LoadOptions): ComputeType {
  if (device.provider === 'cpu') return 'f32'
  if (precision !== 'fp32') return 'f16'
  throw new LanternError(
    'unsupported',
    'CUDA runs compute in half precision: the attention kernel has no fp32 form there.',
    'Use --precision fp16 with --device cuda, or --device cpu for fp32.',
  )
}
