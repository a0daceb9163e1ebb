// The decoding loop. It decodes a batch of rows, each with its own prompt, protocol and intervention, one token or
// latent per step.
// A row starts as a fork of a prefilled prompt; when it ends, the next task takes its place. modes/protocols.ts and
// modes/interventions.ts decide which id and which vector come next. engine.ts handles prompts and pictures.
import type {LatentBlock, Stop} from '../../core/generation.js'
import type {Random} from '../../core/random.js'
import type {ChooseLatent} from '../../modes/interventions.js'
import {
  type BlockState,
  decide,
  type LatentMachine,
  masksEos,
  stateAfter,
  stopAfter,
  stopDistance,
} from '../../modes/latent-machine.js'
import {allFinite} from './finite.js'
import {KvCache} from './kv-cache.js'
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
  /** Whether the new ids, asked after each, hold a stop string of the protocol. Default: none does. */
  readonly textStops?: (ids: readonly number[]) => boolean
  /** What becomes of a vector where it is fed (its precision). Default: nothing. */
  readonly asFed?: (vector: Float32Array) => Float32Array
}

export interface Decoded<T extends DecodeTask> {
  readonly task: T
  readonly ids: readonly number[]
  /** For each id: whether a vector was fed in place of its embedding. */
  readonly latentMask: readonly boolean[]
  /** What was fed and what the model itself would have fed; one entry per block. */
  readonly blocks: readonly Required<LatentBlock>[]
  /** `error`: the model's output was not finite, so its tokens mean nothing. */
  readonly stop: Extract<Stop, 'eos' | 'length' | 'error'> | 'stop-string'
  /** Time in milliseconds since the row was started, and the number of steps taken in that time. */
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
        const row = new Row(next.value)
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
  const latents = Uint8Array.from(rows, row => (row.latent === null ? 0 : 1))
  for (const [i, row] of rows.entries()) {
    const length = cache.lengths[i]!
    embeds.set(row.latent ?? model.embed([row.previous]), i * H)
    for (let axis = 0; axis < 3; axis++) positions[axis * n + i] = length + row.task.prompt.ropeDelta
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
    // The states are always fetched: they are small, and they show whether the output is finite.
    want: {hidden: true, logits: rows.some(row => row.readsLogits)},
  })
  cache.append(output.delta)
  const vocabulary = (output.logits?.length ?? 0) / n
  // Starts from the last row, because a row that ends is replaced by the last one.
  for (let i = n - 1; i >= 0; i--) {
    const row = rows[i]!
    const hidden = output.hidden!.slice(i * H, (i + 1) * H)
    const logits = output.logits?.subarray(i * vocabulary, (i + 1) * vocabulary)
    if (allFinite(hidden)) {
      if (!row.advance(output.nextTokens[i]!, hidden, logits)) continue
    } else row.fail()
    cache.remove(i)
    const last = rows.pop()!
    if (i < rows.length) rows[i] = last
    yield row.result()
  }
}

/** The state of one generation. */
class Row<T extends DecodeTask> {
  readonly readsLogits: boolean
  /** The id to feed next. */
  previous: number
  /** The vector to feed in its place, if it is a latent. */
  latent: Float32Array | null = null
  readonly #ids: number[] = []
  readonly #latentMask: boolean[] = []
  readonly #blocks: {vectors: Float32Array[]; own: Float32Array[]}[] = []
  readonly #seen: Set<number>
  readonly #startedAt = performance.now()
  #state: BlockState
  /** Latents still to be appended to the prompt. */
  #prefixLeft: number
  #lastHidden: Float32Array | undefined
  #stop: Decoded<T>['stop'] | null = null

  constructor(readonly task: T) {
    const {sampling, prompt, machine} = task
    this.readsLogits = !isPlainGreedy(sampling) || machine.rules.suppressEos
    this.previous = prompt.ids.at(-1)!
    this.#state = stateAfter(machine, prompt.ids)
    this.#prefixLeft = machine.rules.prefixLatents
    this.#seen = new Set(sampling.repetitionPenalty === 1 ? [] : prompt.ids)
  }

  /** Takes the output of a forward pass at its last position. Returns true when the generation has ended. */
  advance(argmaxToken: number, hidden: Float32Array, logits: Float32Array | undefined): boolean {
    const {task} = this
    const {machine} = task
    if (this.#prefixLeft > 0) {
      this.#feed(hidden, 0, machine.rules.prefixLatents - this.#prefixLeft--)
      return false
    }
    const masked = masksEos(machine, this.#state) ? [...task.sampling.banned, ...task.eos] : task.sampling.banned
    const sampled = this.readsLogits
      ? chooseToken(logits!, {...task.sampling, banned: masked}, this.#seen, task.random)
      : argmaxToken
    const decision = decide(machine, this.#state, sampled, this.#meetsStopVector())
    this.#lastHidden = hidden
    this.#state = decision.state
    const before = machine.rules.prefixLatents > 0 ? 1 : 0
    while (this.#blocks.length < before + decision.state.blocks) this.#blocks.push({vectors: [], own: []})
    this.latent = null
    if (decision.latent) this.#feed(hidden, before + decision.state.blocks - 1, decision.state.used - 1)
    this.previous = decision.id
    this.#ids.push(decision.id)
    this.#latentMask.push(decision.latent)
    if (task.sampling.repetitionPenalty !== 1) this.#seen.add(decision.id)
    const {maxNewTokens, eos, textStops} = task
    const conditions = {maxNewTokens, eos, textStops: textStops?.(this.#ids) ?? false}
    this.#stop = stopAfter(machine, decision, this.#ids.length, conditions)
    return this.#stop !== null
  }

  /** Chooses the vector of a latent and notes it. */
  #feed(own: Float32Array, block: number, index: number): void {
    const {choose, asFed = vector => vector} = this.task
    while (this.#blocks.length <= block) this.#blocks.push({vectors: [], own: []})
    const chosen = choose(own, {block, index})
    this.latent = asFed(chosen)
    this.#blocks[block]!.vectors.push(chosen)
    this.#blocks[block]!.own.push(own)
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
      decodeMs: performance.now() - this.#startedAt,
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
