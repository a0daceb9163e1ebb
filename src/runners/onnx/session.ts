// A checkpoint folder as a session: its identity, and its model in a worker thread.
import {existsSync} from 'node:fs'
import {loadedPlugins} from '../../core/loaded-plugins.js'
import type {CommonOptions, ModelIdentity, Session} from '../runner.js'
import {openCheckpoint} from './checkpoint/checkpoint.js'
import {checkpointSha256} from './checkpoint/checkpoint-hash.js'
import {isBuiltinRef} from './checkpoint-folder.js'
import {Engine} from './engine.js'
import {checkpointForecast} from './forecast.js'
import {loadCheckpoint} from './load.js'
import type {WorkerStart} from './messages.js'
import {headInWords} from './model/latent-head.js'
import {knownParity} from './model/low-precision.js'
import {computeType, graphVersion} from './model/model.js'
import {defaultBatchSize, type LocalOptions, type OnnxOptions} from './options.js'
import {parseDevice} from './ort-session.js'
import type {Checkpoint, Provenance} from './types.js'
import {type ModelHost, startWorker} from './worker-client.js'

/**
 * Below this size a second thread costs more than it does: 800 generations of the built-in models (0.5 M parameters)
 * took 14 s of processor time on one thread and 28 s on two, and were done sooner.
 */
const parametersWorthThreads = 10_000_000

/** From this size on a prompt is run in two parts, to share the first: half a million parameters see one in no time. */
const parametersWorthSharing = 10_000_000

/** Throws LanternError: what opening the checkpoint and loading the model throw. */
export async function openSession(ref: string, dir: string, options: OnnxOptions): Promise<Session> {
  const {common, local} = options
  const {adapter} = local
  const checkpoint = await openCheckpoint(dir, {...(adapter !== undefined && {adapter}), env: common.env})
  const sha256 = await checkpointSha256(checkpoint, common.cacheDir)
  const threads = local.threads ?? (checkpoint.parameters < parametersWorthThreads ? 1 : undefined)
  const start = startOf(checkpoint, {common, local: {...local, threads}})
  let started: Promise<ModelHost> | undefined
  let closed: Promise<void> | undefined
  const host = () => {
    started ??= startHost(start, common.notify)
    return started
  }
  const known = common.planOnly ? await knownProvenance(checkpoint, start) : undefined
  const identity = identityOf(ref, checkpoint, sha256, {
    ...(known ?? (await host()).provenance),
    latentDtype: local.latentDtype,
    pictureFetch: local.pictureFetch,
  })
  return {
    describe: () => identity,
    forecast: () => checkpointForecast(checkpoint, start.load),
    async *generate(groups, signal) {
      yield* (await host()).generate(groups, signal)
    },
    score: async (request, latents, continuations) => (await host()).score(request, latents, continuations),
    // A second call must not close the descriptors again: they may be somebody else's by then.
    close: async () => {
      closed ??= started?.then(model => model.close())
      await closed
    },
  }
}

/**
 * What a loaded model would say of itself, as far as the lock asks; undefined where only loading it can tell. Throws as
 * loading does.
 */
async function knownProvenance(checkpoint: Checkpoint, {load}: WorkerStart): Promise<LockedProvenance | undefined> {
  const {precision, device, cacheDir} = load
  computeType(parseDevice(device), load)
  const parity = precision === 'fp32' ? null : await knownParity(checkpoint, precision, cacheDir)
  return parity === undefined ? undefined : {precision, parity, graphs: graphVersion}
}

function startOf({dir, adapter, parameters}: Checkpoint, {common, local}: OnnxOptions): WorkerStart {
  const {cacheDir, minPixels, maxPixels, keepLatents, keepContext} = common
  const {
    device,
    threads,
    precision,
    weights,
    batchSize = defaultBatchSize,
    latentBank,
    latentDtype,
    pictureFetch,
  } = local
  return {
    dir,
    load: {
      device,
      cacheDir,
      precision: precision ?? (device === 'cpu' ? 'fp32' : 'fp16'),
      ...(threads !== undefined && {threads}),
      ...(weights !== undefined && {weights}),
      ...(adapter !== null && {adapter: adapter.dir}),
      ...(minPixels !== undefined && {minPixels}),
      ...(maxPixels !== undefined && {maxPixels}),
      ...(pictureFetch !== undefined && {pictureFetch}),
    },
    engine: {
      batchSize,
      keepLatents,
      ...(keepContext && {keepContext}),
      wholeGenerations: device !== 'cpu',
      sharesBeginnings: parameters >= parametersWorthSharing,
      ...(latentBank !== undefined && {latentBank}),
      ...(latentDtype !== undefined && {latentDtype}),
    },
    plugins: loadedPlugins()
      .filter(({parts}) => parts.some(({kind}) => kind === 'protocol' || kind === 'intervention'))
      .map(({url}) => url),
  }
}

/** A thread needs compiled code; run from its sources (tests, development) the model stays on this one. */
function startHost(start: WorkerStart, notify: CommonOptions['notify']): Promise<ModelHost> {
  const script = new URL('./worker.js', import.meta.url)
  return existsSync(script) ? startWorker(script, start, notify) : startHere(start, notify)
}

async function startHere(
  {dir, load, engine: engineOptions}: WorkerStart,
  notify: CommonOptions['notify'],
): Promise<ModelHost> {
  const tools = await loadCheckpoint(dir, {
    ...load,
    notify: (what, bytes) => notify({type: 'loading', what, ...bytes}),
    warn: message => notify({type: 'warning', message}),
  })
  const engine = new Engine(tools, engineOptions)
  return {
    provenance: tools.model.provenance,
    generate: (groups, signal) => engine.generate(groups, signal),
    score: (request, latents, continuations) => engine.score(request, latents, continuations),
    close: () => tools.model.close(),
  }
}

type LockedProvenance = Pick<Provenance, 'precision' | 'parity' | 'graphs'>

/** What the lock says of a model beside its files. */
interface LockedLoading extends LockedProvenance {
  readonly latentDtype: LocalOptions['latentDtype']
  readonly pictureFetch: LocalOptions['pictureFetch']
}

function identityOf(ref: string, checkpoint: Checkpoint, sha256: string, provenance: LockedLoading): ModelIdentity {
  const {latent, head, generation, image, parameters, assumed} = checkpoint
  return {
    ref,
    sha256,
    precision: provenance.precision,
    details: {
      parameters,
      graphs: provenance.graphs,
      repetitionPenalty: generation.repetitionPenalty,
      minPixels: image.minPixels,
      maxPixels: image.maxPixels,
      parity: provenance.parity,
      // Latents as they are computed are the default, so that most locks do not change.
      ...(provenance.latentDtype === 'bf16' && {latentDtype: provenance.latentDtype}),
      ...(provenance.pictureFetch !== undefined &&
        provenance.pictureFetch !== image.fetch && {pictureFetch: provenance.pictureFetch}),
      ...(head !== null && {head: headInWords(head)}),
      ...(assumed.length > 0 && {assumed}),
    },
    latent: latent && {protocol: latent.protocol, size: latent.size, ids: latent.ids},
    observesLatents: true,
    needsImages: true,
    remote: false,
    builtin: isBuiltinRef(ref),
  }
}
