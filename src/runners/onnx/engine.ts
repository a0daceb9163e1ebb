// Turns requests into generations with a loaded model: translates each arm for the decoding loop, and each result into
// a generation.
// Runs wherever the model runs: in a worker (worker.ts) or in a test. prepared-inputs.ts shares work between requests.
import {LanternError, messageOf} from '../../core/errors.js'
import {
  cutAtStop,
  failedGeneration,
  type Generation,
  type LatentBlock,
  type OwnText,
  type Prompt,
  promptText,
  type Request,
  type TokenLogProb,
  type Usage,
  unknownTiming,
  unknownUsage,
} from '../../core/generation.js'
import {random} from '../../core/random.js'
import {readFloats, rounded} from '../../core/safetensors.js'
import type {Blocks, ChooseLatent} from '../../modes/interventions.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import type {Protocol} from '../../modes/protocol.js'
import {stopStringWatch} from '../../modes/stop-strings.js'
import {type LatentBank, wasResized} from '../latent-bank.js'
import {arriving} from './arriving.js'
import {
  type Decoded,
  type DecodedBlock,
  type DecodeTask,
  decodeAll,
  type NotedToken,
  type PromptState,
  type Waiting,
} from './decode.js'
import {notFinite} from './finite.js'
import {ForcedReader, type Kept, keptText} from './forced-reading.js'
import {LatentContext} from './latent-context.js'
import {interventionOf, LatentSupplies, type Supplied} from './latent-supply.js'
import {injected, textWatch} from './live.js'
import {decodeInLoop, fitsLoop} from './loop-decode.js'
import {machineOf, markerIds} from './machines.js'
import {
  editOf,
  PreparedInputs,
  type PreparedPrompt,
  type PromptTools,
  type SharedWork,
  sharedWork,
} from './prepared-inputs.js'
import {scoreContinuations} from './score.js'

export interface EngineOptions {
  /** Number of rows decoded together. */
  readonly batchSize: number
  /**
   * Rows go on while groups are awaited, for a stream that has no end. Otherwise they wait for the row beside them, so
   * that batches are full and the same in every run.
   */
  readonly joins?: boolean
  readonly keepLatents: boolean
  /** Also give what latents are looked at with: the features of the pictures, and their logit lens. */
  readonly keepContext?: boolean
  /**
   * Decode a whole generation in one run of the Loop graph where possible. Meant for devices on which moving the cache
   * over the bus at every step is too slow.
   */
  readonly wholeGenerations?: boolean
  /**
   * Run prompts in two parts, so that those that begin with the same picture share the first. It pays where a run takes
   * long.
   */
  readonly sharesBeginnings?: boolean
  /** The type that latents are rounded to where they are fed. Default: none. */
  readonly latentDtype?: 'fp32' | 'bf16'
  /** Run folder with the latents for interventions that need a bank. */
  readonly latentBank?: string
}

/** What a result needs from its prompt. */
type Prompted = Omit<PreparedPrompt, 'state'> & {readonly state: Omit<PreparedPrompt['state'], 'output'>}

interface Plan extends Omit<DecodeTask, 'prompt'> {
  readonly request: Request
  readonly supplied: Supplied
  /** The latents of the own arm, and what the texts of this group share; for a reading. */
  readonly bank: LatentBank | null
  readonly group: Group
}

interface ArmTask extends DecodeTask, Plan {
  readonly prompt: PromptState
  readonly prepared: PreparedPrompt
}

/** What the requests of a sample share. */
interface Group {
  readonly inputs: PreparedInputs
  /** Latents made of other pictures, by prompt and number of latents. */
  readonly seen: Map<string, Promise<Blocks>>
  /** The beginnings of own texts that readings keep. */
  readonly kept: Map<OwnText, Kept>
}

/** Held between two passes at most: all samples of a small model, a few of a large one. */
const mostHeldBytes = 512e6

function sampleKey([request]: readonly Request[]): string {
  const {benchmark, id} = request!.sample
  return JSON.stringify([benchmark, id])
}

export class Engine {
  readonly #tools: PromptTools
  readonly #options: EngineOptions
  readonly #supplies: LatentSupplies
  readonly #shared: SharedWork
  readonly #context: LatentContext
  /** By sample. */
  readonly #held = new Map<string, PreparedInputs>()
  #heldBytes = 0
  readonly #reader: ForcedReader
  #stopVector: Promise<Float32Array> | undefined
  /** Whether a problem of the checkpoint was told. */
  #told = false
  /** Inputs of the sample scored last, because options are scored one after another. */
  #scored: {readonly key: string; readonly inputs: PreparedInputs} | undefined

  constructor(tools: PromptTools, options: EngineOptions) {
    this.#tools = tools
    this.#options = options
    this.#shared = sharedWork({sharesBeginnings: options.sharesBeginnings ?? false})
    this.#supplies = new LatentSupplies(tools, options.latentBank)
    this.#reader = new ForcedReader(tools.model)
    this.#context = new LatentContext(tools)
  }

  /** See Session.generate (runner.ts). */
  async *generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal): AsyncGenerator<Generation> {
    const {model} = this.#tools
    // Generations that need no further steps: failures, and those completed in one run.
    const settled: Generation[] = []
    for await (const decoded of decodeAll(model, this.#tasks(groups, settled), this.#options.batchSize, signal)) {
      if (decoded === null) yield* settled.splice(0)
      else yield await this.#finished(decoded)
    }
  }

  async #finished(decoded: Decoded<ArmTask>): Promise<Generation> {
    const {request, prompt} = decoded.task
    try {
      if (decoded.stop === 'abort') return abandoned(request)
      if (decoded.stop === 'error') throw decoded.failure ?? notFinite()
      const {blocks, task} = decoded
      return {
        ...this.#generation(decoded),
        ...(await this.#wantedScores(request, prompt, blocks)),
        ...(await this.#reading(task, prompt, () => blocks.map(({vectors}) => vectors))),
        ...this.#lookedAtWith(task, blocks),
      }
    } catch (error) {
      return this.#failed(request, error)
    }
  }

  #failed(request: Request, error: unknown): Generation {
    const code = error instanceof LanternError ? error.code : 'bug'
    // What is wrong with the checkpoint will fail every sample: it is told at the first.
    if (code === 'bad-checkpoint' && !this.#told) this.#tools.warn(messageOf(error))
    this.#told ||= code === 'bad-checkpoint'
    return failedGeneration(request, code, messageOf(error))
  }

  /** See Session.score (runner.ts). Each block is fed as START, its latents, END. */
  async score(
    request: Request,
    latents: readonly LatentBlock[],
    continuations: readonly string[],
  ): Promise<number[][]> {
    const key = JSON.stringify([request.sample.benchmark, request.sample.id, promptText(request.prompt)])
    if (this.#scored?.key !== key) this.#scored = {key, inputs: new PreparedInputs(this.#tools, this.#shared)}
    const {state} = await this.#scored.inputs.prompt(request, editOf(this.#bind(request)))
    return this.#scoreAfter(request, state, latents, continuations)
  }

  #bind(request: Request): LatentMachine {
    return machineOf(request, {checkpoint: this.#tools.model.checkpoint, tokenizer: this.#tools.tokenizer})
  }

  async #wantedScores(
    request: Request,
    prompt: PromptState,
    blocks: readonly LatentBlock[],
  ): Promise<Partial<Generation>> {
    const {continuations} = request
    return continuations ? {continuationLogProbs: await this.#scoreAfter(request, prompt, blocks, continuations)} : {}
  }

  #scoreAfter(
    {arm}: Request,
    prompt: PromptState,
    blocks: readonly LatentBlock[],
    continuations: readonly string[],
  ): Promise<number[][]> {
    const prefix = blocks.flatMap(({vectors}) => {
      const {model, tokenizer} = this.#tools
      const ids = markerIds({checkpoint: model.checkpoint, tokenizer}, arm.protocol)
      return [
        {id: ids.start},
        ...vectors.map(vector => ({
          id: ids.pad,
          vector: this.#options.latentDtype === 'bf16' ? asFed(vector) : vector,
        })),
        {id: ids.end},
      ]
    })
    return scoreContinuations(
      this.#tools.model,
      prompt,
      prefix,
      continuations.map(text => this.#tools.tokenizer.encode(text)),
    )
  }

  async *#tasks(
    groups: AsyncIterable<readonly Request[]>,
    settled: Generation[],
  ): AsyncGenerator<ArmTask | Waiting | null> {
    for await (const requests of this.#options.joins ? arriving(groups) : groups) {
      if ('waits' in requests) {
        yield requests
        continue
      }
      const inputs = this.#inputs(requests)
      const group: Group = {inputs, seen: new Map(), kept: new Map()}
      for (const request of requests) {
        let machine: LatentMachine
        let bank: LatentBank | null
        try {
          machine = this.#bind(request)
          bank = await this.#supplies.bank(request)
        } catch (error) {
          // A problem with the arm itself affects every sample, so it ends the run; others than who asked go on.
          if (!request.live) throw error
          settled.push(this.#failed(request, error))
          yield null
          continue
        }
        let task: ArmTask | null = null
        try {
          const plan = await this.#plan(request, group, machine, bank)
          const whole = request.live?.gone.aborted
            ? abandoned(request)
            : request.onlyRead
              ? await this.#readAgain(plan)
              : await this.#inOneRun(plan)
          if (whole) settled.push(whole)
          else {
            const prepared = await group.inputs.prompt(request, editOf(machine))
            task = {...plan, prepared, prompt: prepared.state}
          }
        } catch (error) {
          settled.push(this.#failed(request, error))
        }
        yield task
      }
      this.#hold(requests, inputs)
    }
  }

  /** The inputs of a group: those of the same sample, if they were held. */
  #inputs(requests: readonly Request[]): PreparedInputs {
    const key = sampleKey(requests)
    const held = this.#held.get(key)
    if (held === undefined) return new PreparedInputs(this.#tools, this.#shared)
    this.#held.delete(key)
    this.#heldBytes -= held.bytes
    held.adopt(requests)
    return held
  }

  /** Holds what the next pass over the samples needs again, as far as memory allows. */
  #hold(requests: readonly Request[], inputs: PreparedInputs): void {
    if (!requests.some(({again}) => again) || this.#heldBytes + inputs.bytes > mostHeldBytes) return
    this.#held.set(sampleKey(requests), inputs)
    this.#heldBytes += inputs.bytes
  }

  /** Everything a generation needs except its prompt, so that an arm that cannot run costs no prefill. */
  async #plan(request: Request, group: Group, machine: LatentMachine, bank: LatentBank | null): Promise<Plan> {
    const {decoding} = request
    const {generation} = this.#tools.model.checkpoint
    const intervention = interventionOf(request)
    const seen = () => this.#seen(request, request.looksAt!, group, machine)
    const supplied = await this.#supplies.supplied(request, group.inputs, machine, bank, seen)
    const topP = decoding.topP ?? generation.topP
    const topK = decoding.topK ?? generation.topK
    return {
      request,
      supplied,
      bank,
      group,
      machine,
      choose: request.inject
        ? injected(request.inject, supplied.chooser(), this.#tools.model.checkpoint.text.hidden)
        : supplied.chooser(),
      sampling: {
        temperature: decoding.temperature,
        ...(topP !== undefined && {topP}),
        ...(topK !== undefined && {topK}),
        repetitionPenalty: generation.repetitionPenalty,
        banned: intervention?.blocks === 'none' ? [machine.ids.start] : [],
      },
      // The draws are the same in every arm of a sample, because arms are compared in pairs.
      random: random(decoding.seed, request.sample.benchmark, request.sample.id, 'sampling'),
      maxNewTokens: decoding.maxNewTokens,
      eos: new Set(generation.eos),
      ...(this.#options.latentDtype === 'bf16' && {asFed}),
      textStops: stopStringWatch(machine.rules, ids => this.#tools.tokenizer.decode(ids)),
      ...(machine.rules.stopVector !== null && {stopVector: await this.#learnedEnd(machine.rules)}),
      ...(intervention?.hides && {hides: intervention.hides}),
      ...(this.#options.keepContext && {lens: lensTokens}),
      ...(request.live && {
        gone: request.live.gone,
        watch: textWatch(request, new Set(generation.eos), ids => this.#tools.tokenizer.decode(ids)),
      }),
      ...(request.tokenLogProbs !== undefined && {logProbs: request.tokenLogProbs}),
    }
  }

  /** The latents that the model makes with the pictures of another prompt. */
  #seen(request: Request, prompt: Prompt, group: Group, machine: LatentMachine): Promise<Blocks> {
    const key = JSON.stringify([machine.rules.name, machine.budget, request.decoding.seed, group.inputs.keyOf(prompt)])
    const make = async (): Promise<Blocks> => {
      const own = {...request, prompt, arm: {...request.arm, intervention: 'own'}}
      const plan = await this.#plan(own, group, machine, null)
      const {state} = await group.inputs.prompt(own, editOf(machine))
      const only = (async function* () {
        yield {...plan, prompt: state}
      })()
      for await (const decoded of decodeAll(this.#tools.model, only, 1, new AbortController().signal)) {
        if (decoded!.stop === 'error') throw decoded!.failure ?? notFinite()
        return decoded!.blocks.map(({vectors}) => vectors)
      }
      throw new TypeError('the other picture gave no generation')
    }
    const known = group.seen.get(key) ?? make()
    group.seen.set(key, known)
    return known
  }

  /** The reading of an answer that is known. */
  async #readAgain(plan: Plan): Promise<Generation> {
    const {request, group, machine} = plan
    const read = async () => {
      const {state} = await group.inputs.prompt(request, editOf(machine))
      return this.#reading(plan, state, () => this.#seen(request, request.prompt, group, machine))
    }
    return {
      request,
      text: '',
      usage: unknownUsage,
      timing: unknownTiming,
      stop: 'eos',
      attempts: 0,
      seen: null,
      ...(request.reading && (await read())),
    }
  }

  /**
   * The requested reading; nothing where none was requested, or where there are no latents for its places. An arm that
   * sees another picture reads the latents that it makes of it (`made`).
   */
  async #reading(
    {request, supplied, bank, group, machine}: Plan,
    prompt: PromptState,
    made: () => Blocks | Promise<Blocks>,
  ): Promise<Pick<Generation, 'forced'>> {
    const {reading, sample, repeat} = request
    const intervention = interventionOf(request)
    if (!reading || intervention === null) return {}
    const {tokenizer} = this.#tools
    const kept = group.kept.get(reading) ?? keptText(reading, ids => tokenizer.decode(ids))
    group.kept.set(reading, kept)
    const recorded = await bank!.recorded(sample.benchmark, sample.id, repeat)
    const own = (intervention.picture?.for === 'answer' ? await made() : (recorded ?? [])).filter(({length}) => length)
    const fed = reading.latentAt.some(place => place < kept.ids.length)
    const answers = kept.answers.map(answer => tokenizer.encode(answer))
    if ((fed && own.length === 0) || answers.some(({length}) => length === 0)) return {}
    const choose = supplied.chooser()
    const asRead: ChooseLatent = this.#options.latentDtype === 'bf16' ? (own, at) => asFed(choose(own, at)) : choose
    const rules = {...intervention, own, choose: asRead, ids: machine.ids}
    return {forced: await this.#reader.read(prompt, kept.ids, reading, rules, answers)}
  }

  /** The generation of the Loop graph, or null when it is not requested or cannot do this one. */
  async #inOneRun(plan: Plan): Promise<Generation | null> {
    const {generate, checkpoint} = this.#tools.model
    const {inputs} = plan.group
    const {intervention} = plan.request.arm
    const ownLatents = intervention === 'own' || intervention === null
    const {live, inject, tokenLogProbs} = plan.request
    const observed = live !== undefined || inject !== undefined || tokenLogProbs !== undefined
    if (
      observed ||
      !this.#options.wholeGenerations ||
      generate === null ||
      !fitsLoop(plan, ownLatents && checkpoint.head === null)
    )
      return null
    const input = await inputs.input(plan.request, editOf(plan.machine))
    const decoded = await decodeInLoop(generate, input, plan)
    const {ids, ropeDelta, imageTokens, seen, pictures, norms, inputMs} = input
    // There is no separate prefill, so the time of the first token is unknown. The time before the run stands in for
    // it.
    const prepared: Prompted = {state: {ids, ropeDelta}, imageTokens, seen, pictures, norms, prefillMs: inputMs}
    const task = {...plan, prepared}
    const generation = this.#generation({...decoded, task})
    if (!plan.request.continuations && !plan.request.reading)
      return {...generation, ...this.#lookedAtWith(task, decoded.blocks)}
    const {state} = await inputs.prompt(plan.request, editOf(plan.machine))
    return {
      ...generation,
      ...(await this.#wantedScores(plan.request, state, decoded.blocks)),
      ...(await this.#reading(plan, state, () => decoded.blocks.map(({vectors}) => vectors))),
      ...this.#lookedAtWith(task, decoded.blocks),
    }
  }

  /** Asked last: what failed before it is not given, and features are given once. */
  #lookedAtWith({request, prepared}: Finished['task'], blocks: readonly DecodedBlock[]) {
    return this.#options.keepContext ? this.#context.of(request, prepared.pictures, blocks) : {}
  }

  #named(noted: readonly NotedToken[]): readonly TokenLogProb[] {
    const named = ({id, logProb}: {readonly id: number; readonly logProb: number}) => ({
      token: this.#tools.tokenizer.decode([id]),
      logProb,
    })
    return noted.map(one => ({...named(one), likeliest: one.likeliest.map(named)}))
  }

  #learnedEnd({name, stopVector}: Protocol): Promise<Float32Array> {
    const {tensors} = this.#tools.model.checkpoint
    const place = [...tensors].find(([tensor]) => tensor.split('.').includes(stopVector!.tensor))?.[1]
    if (place === undefined) {
      throw new LanternError(
        'unsupported',
        `${name} ends its blocks with a learned vector (${stopVector!.tensor}), which this checkpoint lacks.`,
      )
    }
    this.#stopVector ??= readFloats(place)
    return this.#stopVector
  }

  #generation({
    task,
    ids,
    latentMask,
    blocks,
    stop,
    noted,
    decodeMs,
    steps,
  }: Omit<Decoded<ArmTask>, 'task'> & Finished): Generation {
    const {request, prepared, machine, eos} = task
    // The token that ends the sequence is not part of the answer.
    const spoken = stop === 'eos' ? ids.slice(0, -1) : ids
    const {text, cut} = cutAtStop(this.#tools.tokenizer.decode(spoken), request.decoding.stop)
    const {mode, intervention} = request.arm
    const replaced = mode === 'latent' && (intervention !== 'own' || request.inject !== undefined)
    const {donor, fed} = task.supplied
    const sizes = blocks.map(({vectors}) => vectors.length)
    return {
      request,
      text,
      tokenIds: ids,
      latentAt: latentMask.flatMap((latent, place) => (latent ? [place] : [])),
      ...(donor && {donor: wasResized(fed!, sizes) ? {...donor, resized: true} : donor}),
      ...(this.#options.keepLatents && {
        latents: blocks.map(({vectors, own}) => (replaced ? {vectors, own} : {vectors})),
        promptNorms: prepared.norms,
      }),
      usage: usageOf(prepared, machine, ids, latentMask, blocks, eos),
      timing: {
        firstTokenMs: prepared.prefillMs,
        totalMs: prepared.prefillMs + decodeMs,
        perStepMs: steps > 0 ? decodeMs / steps : null,
      },
      // A stop string ends the answer. Text decoded after it, even up to the limit, is not part of the answer.
      stop: cut || stop === 'stop-string' ? 'eos' : stop,
      ...(noted && {tokenLogProbs: this.#named(noted.filter(({id}) => !eos.has(id)))}),
      attempts: 1,
      seen: prepared.seen,
    }
  }
}

/** A generation that nobody waits for any longer. */
function abandoned(request: Request): Generation {
  return {...failedGeneration(request, 'interrupted', 'Nobody waits for this answer any longer.'), stop: 'abort'}
}

/** Tokens noted for each latent. */
const lensTokens = 5

const asFed = (vector: Float32Array) => rounded(vector, 'BF16')

interface Finished {
  readonly task: Plan & {readonly prepared: Prompted}
}

function usageOf(
  {state, imageTokens}: Prompted,
  {ids: {start, end}}: LatentMachine,
  ids: readonly number[],
  latentMask: readonly boolean[],
  blocks: readonly LatentBlock[],
  eos: ReadonlySet<number>,
): Usage {
  let latentSteps = 0
  let markerTokens = 0
  let endings = 0
  let starts = 0
  for (const [i, id] of ids.entries()) {
    if (latentMask[i]) latentSteps++
    else if (id === start || id === end) markerTokens++
    else if (eos.has(id)) endings++
    if (id === start && !latentMask[i]) starts++
  }
  return {
    promptTokens: state.ids.length,
    imageTokens,
    textTokens: ids.length - latentSteps - markerTokens - endings,
    // Those appended to the prompt have no id.
    latentSteps: blocks.reduce((sum, {vectors}) => sum + vectors.length, 0),
    markerTokens,
    // A START cut off by the token cap counts as a block without latents. A START that is itself a latent is counted in
    // `blocks` only.
    blocks: Math.max(starts, blocks.length),
  }
}
