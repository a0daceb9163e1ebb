// The decoding loop. It decodes a batch of rows, each with its own prompt, protocol and intervention, one token or
// latent per step.
// A row starts as a fork of a prefilled prompt; when it ends, the next task takes its place. modes/protocols.ts and
// modes/interventions.ts decide which id and which vector come next. engine.ts handles prompts and pictures.
import {LanternError} from '../../core/errors.js'
import type {LatentBlock, Stop} from '../../core/generation.js'
import type {Random} from '../../core/random.js'
import type {ChooseLatent, Hidden, LatentPlace} from '../../modes/interventions.js'
import {
  type BlockState,
  decide,
  ignoresDrawn,
  type LatentMachine,
  masksEos,
  stateAfter,
  stopAfter,
  stopDistance,
} from '../../modes/latent-machine.js'
import {allFinite} from './finite.js'
import {KvCache} from './kv-cache.js'
import {type LensEntry, likeliest} from './lens.js'
import {promptPlaces} from './prompt-tokens.js'
import {chooseToken, isPlainGreedy, type Sampling} from './sampling.js'
import type {DecoderOutput, Model} from './types.js'

/** A prompt after its prefill. Any number of rows may be forked from it. */
export interface PromptState {
  readonly ids: readonly number[]
  readonly ropeDelta: number
  /** Output of the prefill, with the hidden state and logits of the last position. */
  readonly output: DecoderOutput
}

/** One generation to produce. */
export interface DecodeTask {
  readonly prompt: PromptState
  readonly machine: LatentMachine
  readonly choose: ChooseLatent
  readonly sampling: Sampling
  readonly random: Random
  readonly maxNewTokens: number
  readonly eos: ReadonlySet<number>
  /** The learned end vector, for protocols that have one. */
  readonly stopVector?: Float32Array
  /** What the cache loses; modes/interventions.ts says when. */
  readonly hides?: Hidden
  /** Whether the new ids, asked after each, hold a stop string of the protocol. Default: none does. */
  readonly textStops?: (ids: readonly number[]) => boolean
  /** What becomes of a vector where it is fed (its precision). Default: nothing. */
  readonly asFed?: (vector: Float32Array) => Float32Array
  /** How many tokens to note that the head reads in each own latent. Default: none. */
  readonly lens?: number
}

/** A block, and what the head reads in the vectors that the model itself would have fed, where it was asked. */
export interface DecodedBlock extends Required<LatentBlock> {
  readonly lens: readonly (readonly LensEntry[])[]
}

export interface Decoded<T extends DecodeTask> {
  readonly task: T
  readonly ids: readonly number[]
  /** For each id: whether a vector was fed in place of its embedding. */
  readonly latentMask: readonly boolean[]
  /** What was fed and what the model itself would have fed; one entry per block. */
  readonly blocks: readonly DecodedBlock[]
  /**
   * `error`: the model's output was not finite, so its tokens mean nothing; or there was no latent to feed (`failure`).
   */
  readonly stop: Extract<Stop, 'eos' | 'length' | 'error'> | 'stop-string'
  readonly failure?: unknown
  /** Time in milliseconds of the steps that the row took part in, and their number. */
  readonly decodeMs: number
  readonly steps: number
}

/**
 * Decodes all tasks, up to `batchSize` rows at a time; pulls a task whenever a row is free. Results are yielded as rows
 * end.
 * A null among the tasks is yielded at once; it lets the producer of the tasks deliver results of its own.
 * After `signal` aborts, only the step in progress is finished, and unfinished rows are dropped.
 */
export async function* decodeAll<T extends DecodeTask>(
  model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>,
  tasks: AsyncIterable<T | null>,
  batchSize: number,
  signal: AbortSignal,
): AsyncGenerator<Decoded<T> | null> {
  const {text} = model.checkpoint
  const source = tasks[Symbol.asyncIterator]()
  const cache = new KvCache(text, batchSize)
  const rows: Row<T>[] = []
  let more = true
  try {
    while (!signal.aborted) {
      while (more && rows.length < batchSize && !signal.aborted) {
        const next = await source.next()
        if (next.done) {
          more = false
          break
        }
        if (next.value === null) {
          yield null
          continue
        }
        const row = new Row(next.value, model.checkpoint.ids.image)
        const {output} = next.value.prompt
        // The first token needs no step, because it comes from the prefill.
        if (row.advance(output.nextTokens[0]!, output.hidden!.slice(), output.logits!.slice())) yield row.result()
        else {
          cache.add(output.delta, next.value.prompt.ids.length)
          rows.push(row)
        }
      }
      if (rows.length === 0 || signal.aborted) return
      yield* step(model, cache, rows)
      // Lets the worker handle signals and messages between two steps.
      await new Promise(setImmediate)
    }
  } finally {
    await source.return?.()
  }
}

/** Advances all rows by one step. Rows that end are removed and yielded. */
async function* step<T extends DecodeTask>(
  model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>,
  cache: KvCache,
  rows: Row<T>[],
): AsyncGenerator<Decoded<T>> {
  const {hidden: H} = model.checkpoint.text
  const n = rows.length
  const embeds = new Float32Array(n * H)
  const positions = new Int32Array(3 * n)
  const totals = new Int32Array(n)
  const startedAt = performance.now()
  const latents = Uint8Array.from(rows, row => (row.latent === null ? 0 : 1))
  for (const [i, row] of rows.entries()) {
    cache.drop(i, row.placesToDrop())
    const length = cache.lengths[i]!
    embeds.set(row.latent ?? model.embed([row.previous]), i * H)
    for (let axis = 0; axis < 3; axis++) positions[axis * n + i] = length + row.dropped + row.task.prompt.ropeDelta
    totals[i] = length + 1
  }
  const output = await model.decode({
    batch: n,
    length: 1,
    embeds,
    positions,
    totals,
    past: cache.past(),
    latents,
    withoutTokens: rows.every(row => !row.wantsHead),
    // The states are always fetched: they are small, and they show whether the output is finite.
    want: {hidden: true, logits: rows.some(row => row.wantsLogits)},
  })
  cache.append(output.delta)
  const stepMs = performance.now() - startedAt
  for (const row of rows) row.decodeMs += stepMs
  const vocabulary = (output.logits?.length ?? 0) / n
  // Starts from the last row, because a row that ends is replaced by the last one.
  for (let i = n - 1; i >= 0; i--) {
    const row = rows[i]!
    const hidden = output.hidden!.slice(i * H, (i + 1) * H)
    const logits = output.logits?.subarray(i * vocabulary, (i + 1) * vocabulary)
    if (allFinite(hidden)) {
      if (!row.advance(output.nextTokens[i], hidden, logits)) continue
    } else row.fail()
    cache.remove(i)
    const last = rows.pop()!
    if (i < rows.length) rows[i] = last
    yield row.result()
  }
}

/** The state of one generation. */
class Row<T extends DecodeTask> {
  readonly #readsLogits: boolean
  /** The id to feed next. */
  previous: number
  /** The vector to feed in its place, if it is a latent. */
  latent: Float32Array | null = null
  readonly #ids: number[] = []
  readonly #latentMask: boolean[] = []
  readonly #blocks: {vectors: Float32Array[]; own: Float32Array[]; lens: LensEntry[][]}[] = []
  readonly #seen: Set<number>
  readonly #imageToken: number
  decodeMs = 0
  /** Number of positions that the cache has lost. */
  dropped = 0
  /** Latents among the ids before this place are no longer in the cache. */
  #knockedOut = 0
  #state: BlockState
  /** Latents still to be appended to the prompt. */
  #prefixLeft: number
  #lastHidden: Float32Array | undefined
  #stop: Decoded<T>['stop'] | null = null
  #failure: unknown

  constructor(
    readonly task: T,
    imageToken: number,
  ) {
    this.#imageToken = imageToken
    const {sampling, prompt, machine} = task
    this.#readsLogits = !isPlainGreedy(sampling) || machine.rules.suppressEos
    this.previous = prompt.ids.at(-1)!
    this.#state = stateAfter(machine, prompt.ids)
    this.#prefixLeft = machine.rules.prefixLatents
    if (this.#prefixLeft > 0) this.#blocks.push({vectors: [], own: [], lens: []})
    this.#seen = new Set(sampling.repetitionPenalty === 1 ? [] : prompt.ids)
  }

  /**
   * Whether the next output's token makes no difference. Where tokens are drawn at random each step takes its draw, so
   * there it does.
   */
  get #ignoresToken(): boolean {
    const {sampling, machine} = this.task
    return sampling.temperature === 0 && (this.#prefixLeft > 0 || ignoresDrawn(machine, this.#state))
  }

  /** Whether the next step needs the logits themselves. */
  get wantsLogits(): boolean {
    return this.task.lens !== undefined || (this.#readsLogits && !this.#ignoresToken)
  }

  /** Whether the next step needs a token or the logits. */
  get wantsHead(): boolean {
    return this.wantsLogits || !this.#ignoresToken
  }

  /** Takes the output of a forward pass at its last position. Returns true when the generation has ended. */
  advance(argmaxToken: number | undefined, hidden: Float32Array, logits: Float32Array | undefined): boolean {
    const {task} = this
    const {machine} = task
    const {prefixLatents} = machine.rules
    if (this.#prefixLeft > 0) return !this.#feed(hidden, logits, {block: 0, index: prefixLatents - this.#prefixLeft--})
    const ignores = this.#ignoresToken
    const masked = masksEos(machine, this.#state) ? [...task.sampling.banned, ...task.eos] : task.sampling.banned
    const chosen =
      this.#readsLogits && !ignores
        ? chooseToken(logits!, {...task.sampling, banned: masked}, this.#seen, task.random)
        : argmaxToken
    const sampled = ignores ? machine.ids.pad : chosen!
    const decision = decide(machine, this.#state, sampled, this.#meetsStopVector())
    this.#lastHidden = hidden
    this.#state = decision.state
    const before = prefixLatents > 0 ? 1 : 0
    while (this.#blocks.length < before + decision.state.blocks) this.#blocks.push({vectors: [], own: [], lens: []})
    this.latent = null
    const place = {block: before + decision.state.blocks - 1, index: decision.state.used - 1}
    if (decision.latent && !this.#feed(hidden, logits, place)) return true
    this.previous = decision.id
    this.#ids.push(decision.id)
    this.#latentMask.push(decision.latent)
    if (task.sampling.repetitionPenalty !== 1) this.#seen.add(decision.id)
    const {maxNewTokens, eos, textStops} = task
    const conditions = {maxNewTokens, eos, textStops: textStops?.(this.#ids) ?? false}
    this.#stop = stopAfter(machine, decision, this.#ids.length, conditions)
    return this.#stop !== null
  }

  /** The places in the cache to be removed before the next position is fed. */
  placesToDrop(): number[] {
    const {hides, prompt, machine} = this.task
    const {prefixLatents} = machine.rules
    const none = this.#state.blocks === 0 && prefixLatents === 0
    if (hides === undefined || this.#state.inBlock || this.#prefixLeft > 0 || none) return []
    const before = this.dropped
    let places: number[]
    if (hides === 'latents') {
      // The token that ends the block still sees its latents, so it must be in the cache.
      const fed = this.#latentMask.length - 1
      if (fed < 1 || this.#latentMask[fed - 1]) return []
      const first = prompt.ids.length
      const ofPrefix = this.#knockedOut === 0 ? Array.from({length: prefixLatents}, (_, i) => first + i) : []
      const inText = this.#latentMask.flatMap((latent, i) =>
        latent && i >= this.#knockedOut ? [first + prefixLatents + i] : [],
      )
      places = [...ofPrefix, ...inText]
      this.#knockedOut = fed
    } else places = before > 0 ? [] : promptPlaces(prompt.ids, hides, this.#imageToken)
    this.dropped += places.length
    return places.map(place => place - before)
  }

  /** Chooses the vector of a latent and notes it. False where there is none to feed, which ends the row. */
  #feed(own: Float32Array, logits: Float32Array | undefined, place: LatentPlace): boolean {
    const {choose, asFed = vector => vector, lens} = this.task
    let chosen: Float32Array
    try {
      chosen = choose(own, place)
    } catch (error) {
      // What a definition does wrong ends the run, as every sample would fail; a latent that is absent is of this one.
      if (!(error instanceof LanternError && error.code === 'data-absent')) throw error
      this.#failure = error
      this.#stop = 'error'
      return false
    }
    this.latent = asFed(chosen)
    const block = this.#blocks[place.block]!
    block.vectors.push(chosen)
    block.own.push(own)
    if (lens !== undefined) block.lens.push(likeliest(logits!, lens))
    return true
  }

  /** Ends the generation where the model's output is not finite. */
  fail(): void {
    this.#stop = 'error'
  }

  result(): Decoded<T> {
    return {
      task: this.task,
      ids: this.#ids,
      latentMask: this.#latentMask,
      blocks: this.#blocks,
      stop: this.#stop!,
      ...(this.#failure !== undefined && {failure: this.#failure}),
      decodeMs: this.decodeMs,
      steps: this.#ids.length - 1 + this.task.machine.rules.prefixLatents,
    }
  }

  /** Compares the state before the one just computed, as upstream does. */
  #meetsStopVector(): boolean {
    const rule = this.task.machine.rules.stopVector
    if (rule === null || this.task.stopVector === undefined || this.#lastHidden === undefined) return false
    return stopDistance(rule.metric, this.#lastHidden, this.task.stopVector) < rule.threshold
  }
}
