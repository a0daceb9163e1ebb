// The messages between the main thread and the worker, and how a group of requests is transferred. Pictures are read on
// the main thread (from a file or a parquet page) and sent as bytes. Generations are sent back without their requests.
import {
  type Generation,
  type LatentBlock,
  type Prompt,
  type PromptPart,
  picturesOf,
  type Request,
} from '../../core/generation.js'
import type {ImageRef, Sample} from '../../core/sample.js'
import type {RunnerEvent} from '../runner.js'
import type {EngineOptions} from './engine.js'
import type {CheckpointOptions} from './load.js'
import type {Provenance} from './types.js'

/** The data a worker is started with. */
export interface WorkerStart {
  readonly dir: string
  readonly load: Omit<CheckpointOptions, 'notify' | 'warn'>
  readonly engine: EngineOptions
  /**
   * URLs of plug-ins with protocols or interventions. They are loaded again in the worker, because each thread has its
   * own registers.
   */
  readonly plugins: readonly string[]
}

/** A picture in transit; `bytes` is its index in the group's list. */
interface SentImage {
  readonly source: string
  readonly orientation: ImageRef['orientation']
  readonly bytes: number
}

/** Requests whose pictures are `SentImage`s. Requests that share a sample still share it after the transfer. */
export interface SentGroup {
  readonly requests: readonly unknown[]
  readonly pictures: readonly Uint8Array[]
}

export type ToWorker =
  | {readonly type: 'start'}
  | {readonly type: 'group'; readonly number: number; readonly group: SentGroup}
  | {readonly type: 'end'}
  /** Nobody waits any longer for the answer to a request. */
  | {readonly type: 'drop'; readonly group: number; readonly request: number}
  | {readonly type: 'abort'}
  | {
      readonly type: 'score'
      readonly group: SentGroup
      readonly latents: readonly LatentBlock[]
      readonly continuations: readonly string[]
    }
  | {readonly type: 'close'}

export interface SentError {
  readonly code: string | null
  readonly message: string
  readonly suggestion: string | undefined
}

export type FromWorker =
  | {readonly type: 'ready'; readonly provenance: Provenance}
  | {readonly type: 'event'; readonly event: RunnerEvent}
  | {readonly type: 'pull'}
  | {
      readonly type: 'generation'
      readonly group: number
      readonly request: number
      readonly generation: Omit<Generation, 'request'>
    }
  /** More of the text of a request that somebody waits for. */
  | {readonly type: 'text'; readonly group: number; readonly request: number; readonly more: string}
  | {readonly type: 'scores'; readonly scores: number[][]}
  | {readonly type: 'done'}
  | {readonly type: 'failed'; readonly error: SentError}

/** A packed group, and the requests that are not in it because one of their pictures cannot be read. */
export interface Packed {
  readonly group: SentGroup
  readonly requests: readonly Request[]
  readonly unread: readonly {readonly request: Request; readonly error: unknown}[]
}

/** Reads the pictures and packs the requests. */
export async function packGroup(requests: readonly Request[]): Promise<Packed> {
  const pictures: Uint8Array[] = []
  const images = new Map<ImageRef, SentImage>()
  const samples = new Map<Sample, unknown>()
  const pack = async (image: ImageRef): Promise<SentImage> => {
    const known = images.get(image)
    if (known) return known
    const sent = {source: image.source, orientation: image.orientation, bytes: pictures.push(await image.bytes()) - 1}
    images.set(image, sent)
    return sent
  }
  const packParts = async (parts: readonly PromptPart[]) => {
    const sent: unknown[] = []
    for (const part of parts) sent.push(part.type === 'image' ? {...part, image: await pack(part.image)} : part)
    return sent
  }
  const packPrompt = async (prompt: Prompt) => {
    const parts = await packParts(prompt.parts)
    const earlier: unknown[] = []
    for (const turn of prompt.earlier ?? []) earlier.push({...turn, parts: await packParts(turn.parts)})
    return {...prompt, parts, ...(prompt.earlier && {earlier})}
  }
  const packed: unknown[] = []
  const kept: Request[] = []
  const unread: {request: Request; error: unknown}[] = []
  for (const request of requests) {
    const {sample, prompt, looksAt, foreign, live, ...rest} = request
    const {id, benchmark, subtask, question, boxes, item} = sample
    try {
      const more = {
        prompt: await packPrompt(prompt),
        // A mark in its place: the worker puts its own there.
        ...(live && {live: true}),
        ...(looksAt && {looksAt: await packPrompt(looksAt)}),
        ...(foreign && {foreign: await pack(foreign)}),
      }
      if (!samples.has(sample)) {
        const sent: SentImage[] = []
        for (const image of sample.images) sent.push(await pack(image))
        samples.set(sample, {id, benchmark, subtask, question, boxes, item, gold: null, images: sent})
      }
      packed.push({...rest, ...more, sample: samples.get(sample)})
      kept.push(request)
    } catch (error) {
      unread.push({request, error})
    }
  }
  return {group: {requests: packed, pictures}, requests: kept, unread}
}

/** The inverse of packGroup. */
export function unpackGroup({requests, pictures}: SentGroup): Request[] {
  const unpackImage = (image: SentImage | ImageRef) => {
    if (typeof image.bytes === 'number') {
      const bytes = pictures[image.bytes]!
      // Changed in place, so that a picture remains the same object in the prompt and in its sample.
      ;(image as {bytes: unknown}).bytes = async () => bytes
    }
  }
  for (const {sample, prompt, looksAt, foreign} of requests as Request[]) {
    sample.images.forEach(unpackImage)
    for (const one of looksAt ? [prompt, looksAt] : [prompt]) picturesOf(one).forEach(unpackImage)
    if (foreign) unpackImage(foreign)
  }
  return requests as Request[]
}
