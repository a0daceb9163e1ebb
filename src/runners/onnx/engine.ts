// Turns requests into generations with a loaded model: translates each arm for the decoding loop, and each result into
// a generation.
// Runs wherever the model runs: in a worker (worker.ts) or in a test. prepared-inputs.ts shares work between requests.
import {LanternError, messageOf} from '../../core/errors.js'
import {
  cutAtStop,
  failedGeneration,
  type Generation,
  type LatentBlock,
  promptText,
  type Request,
  type Usage,
} from '../../core/generation.js'
import {random} from '../../core/random.js'
import {readFloats, rounded} from '../../core/safetensors.js'
import {
  bankMissing,
  type Intervention,
  interventionNamed,
  type LatentSupply,
  latentChooser,
  needsBank,
} from '../../modes/interventions.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import type {Protocol} from '../../modes/protocol.js'
import {stopStringWatch} from '../../modes/stop-strings.js'
import {type Decoded, type DecodeTask, decodeAll, type PromptState} from './decode.js'
import {notFinite} from './finite.js'
import {tokenSide} from './image-processor.js'
import {type LatentBank, openLatentBank} from './latent-bank.js'
import {decodeInLoop, fitsLoop} from './loop-decode.js'
import {machineOf, markerIds} from './machines.js'
import {oracleLatents, randomBoxes} from './oracle-latents.js'
import {PreparedInputs, type PreparedPrompt, type PromptTools} from './prepared-inputs.js'
import {scoreContinuations} from './score.js'

export interface EngineOptions {
  /** Number of rows decoded together. */
  readonly batchSize: number
  readonly keepLatents: boolean
  /**
   * Decode a whole generation in one run of the Loop graph where possible. Meant for devices on which moving the cache
   * over the bus at every step is too slow.
   */
  readonly wholeGenerations?: boolean
  /** The type that latents are rounded to where they are fed. Default: none. */
  readonly latentDtype?: 'fp32' | 'bf16'
  /** Run folder with the latents for interventions that need a bank. */
  readonly latentBank?: string
}

/** What a result needs from its prompt. */
type Prompted = Omit<PreparedPrompt, 'state'> & {readonly state: Omit<PreparedPrompt['state'], 'output'>}

interface Plan extends Omit<DecodeTask, 'prompt'> {
  readonly request: Request
}

interface ArmTask extends DecodeTask {
  readonly request: Request
  readonly prepared: PreparedPrompt
}

export class Engine {
  readonly #tools: PromptTools
  readonly #options: EngineOptions
  readonly #banks = new Map<string, Promise<LatentBank>>()
  #stopVector: Promise<Float32Array> | undefined
  /** Whether a problem of the checkpoint was told. */
  #told = false
  /** Inputs of the sample scored last, because options are scored one after another. */
  #scored: {readonly key: string; readonly inputs: PreparedInputs} | undefined

  constructor(tools: PromptTools, options: EngineOptions) {
    this.#tools = tools
    this.#options = options
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
      if (decoded.stop === 'error') throw notFinite()
      return {...this.#generation(decoded), ...(await this.#wantedScores(request, prompt, decoded.blocks))}
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
    if (this.#scored?.key !== key) this.#scored = {key, inputs: new PreparedInputs(this.#tools)}
    const {state} = await this.#scored.inputs.prompt(request, this.#bind(request).prefix)
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

  async *#tasks(groups: AsyncIterable<readonly Request[]>, settled: Generation[]): AsyncGenerator<ArmTask | null> {
    for await (const requests of groups) {
      const inputs = new PreparedInputs(this.#tools)
      for (const request of requests) {
        // A problem with the arm itself affects every sample, so it ends the run.
        const machine = this.#bind(request)
        const bank = await this.#bank(request)
        let task: ArmTask | null = null
        try {
          const plan = await this.#plan(request, inputs, machine, bank)
          const whole = await this.#inOneRun(plan, inputs)
          if (whole) settled.push(whole)
          else {
            const prepared = await inputs.prompt(request, machine.prefix)
            task = {...plan, prepared, prompt: prepared.state}
          }
        } catch (error) {
          settled.push(this.#failed(request, error))
        }
        yield task
      }
    }
  }

  /** Everything a generation needs except its prompt, so that an arm that cannot run costs no prefill. */
  async #plan(
    request: Request,
    inputs: PreparedInputs,
    machine: LatentMachine,
    bank: LatentBank | null,
  ): Promise<Plan> {
    const {arm, decoding} = request
    const {generation} = this.#tools.model.checkpoint
    const supply = await this.#supply(request, inputs, machine, bank)
    const topP = decoding.topP ?? generation.topP
    const topK = decoding.topK ?? generation.topK
    return {
      request,
      machine,
      choose: latentChooser(arm.intervention ?? 'own', supply),
      sampling: {
        temperature: decoding.temperature,
        ...(topP !== undefined && {topP}),
        ...(topK !== undefined && {topK}),
        repetitionPenalty: generation.repetitionPenalty,
        banned: interventionOf(request)?.blocks === 'none' ? [machine.ids.start] : [],
      },
      // The draws are the same in every arm of a sample, because arms are compared in pairs.
      random: random(decoding.seed, request.sample.benchmark, request.sample.id, 'sampling'),
      maxNewTokens: decoding.maxNewTokens,
      eos: new Set(generation.eos),
      ...(this.#options.latentDtype === 'bf16' && {asFed}),
      textStops: stopStringWatch(machine.rules, ids => this.#tools.tokenizer.decode(ids)),
      ...(machine.rules.stopVector !== null && {stopVector: await this.#learnedEnd(machine.rules)}),
    }
  }

  /** The generation of the Loop graph, or null when it is not requested or cannot do this one. */
  async #inOneRun(plan: Plan, inputs: PreparedInputs): Promise<Generation | null> {
    const {generate, checkpoint} = this.#tools.model
    const {intervention} = plan.request.arm
    const ownLatents = intervention === 'own' || intervention === null
    if (!this.#options.wholeGenerations || generate === null || !fitsLoop(plan, ownLatents && checkpoint.head === null))
      return null
    const input = await inputs.input(plan.request, plan.machine.prefix)
    const decoded = await decodeInLoop(generate, input, plan)
    const {ids, ropeDelta, imageTokens, seen, inputMs} = input
    // There is no separate prefill, so the time of the first token is unknown. The time before the run stands in for
    // it.
    const prepared: Prompted = {state: {ids, ropeDelta}, imageTokens, seen, prefillMs: inputMs}
    const generation = this.#generation({...decoded, task: {...plan, prepared}})
    if (!plan.request.continuations) return generation
    return {
      ...generation,
      ...(await this.#wantedScores(
        plan.request,
        (
          await inputs.prompt(plan.request, plan.machine.prefix)
        ).state,
        decoded.blocks,
      )),
    }
  }

  async #supply(
    request: Request,
    inputs: PreparedInputs,
    machine: LatentMachine,
    bank: LatentBank | null,
  ): Promise<LatentSupply> {
    const {benchmark, id, item} = request.sample
    const seed = [request.decoding.seed, benchmark, id]
    const need = interventionOf(request)?.needs ?? 'nothing'
    if (need === 'evidence' || need === 'crops')
      return {seed, vectors: await this.#evidence(request, inputs, machine.budget)}
    if (bank === null) return {seed}
    if (need === 'statistics') return {seed, statistics: await bank.statistics()}
    const blocks =
      need === 'donor'
        ? await bank.donor({benchmark, id, item}, seed)
        : await bank.recorded(benchmark, id, request.repeat)
    if (blocks === null) {
      const whose = need === 'donor' ? 'of another item, picture and gold answer' : 'of this sample'
      throw new LanternError(
        'data-absent',
        `The recorded run has no latents ${whose}, which ${request.arm.intervention} needs.`,
      )
    }
    return need === 'donor' ? {seed, donor: blocks} : {seed, recorded: blocks}
  }

  /** Vectors of the sample's boxes, or of random crops, one per latent. */
  async #evidence(request: Request, inputs: PreparedInputs, budget: number) {
    const {sample, arm, decoding} = request
    const ofBoxes = interventionOf(request)?.needs === 'evidence'
    const {boxes = [], benchmark, id} = sample
    if (!Number.isFinite(budget)) {
      throw new LanternError(
        'unsupported',
        `${arm.protocol} has no fixed number of latents, which ${arm.intervention} needs.`,
      )
    }
    if (ofBoxes && boxes.length === 0) {
      throw new LanternError(
        'unsupported',
        `This sample has no box, so there is no ${arm.intervention} latent for it.`,
        'Run it on samples that have boxes.',
      )
    }
    const picture = await inputs.firstPicture(sample)
    const draws = random(decoding.seed, benchmark, id, 'random-crop')
    const chosen = ofBoxes ? boxes : randomBoxes(boxes, picture.width, picture.height, draws)
    const limits = {...this.#tools.limits, tokenSide: tokenSide(this.#tools.model.checkpoint.vision)}
    return oracleLatents(picture, chosen, budget, limits, (image, limits) => inputs.encode(image, limits))
  }

  /** The recorded latents that an arm feeds; null when it feeds none. */
  async #bank(request: Request): Promise<LatentBank | null> {
    const {id, intervention} = request.arm
    if (intervention === null || !needsBank(intervention)) return null
    const {latentBank} = this.#options
    if (latentBank === undefined) throw bankMissing(intervention)
    const bank = this.#banks.get(id) ?? openLatentBank(latentBank, id)
    this.#banks.set(id, bank)
    return bank
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
    decodeMs,
    steps,
  }: Omit<Decoded<ArmTask>, 'task'> & Finished): Generation {
    const {request, prepared, machine, eos} = task
    // The token that ends the sequence is not part of the answer.
    const spoken = stop === 'eos' ? ids.slice(0, -1) : ids
    const {text, cut} = cutAtStop(this.#tools.tokenizer.decode(spoken), request.decoding.stop)
    const replaced = request.arm.mode === 'latent' && request.arm.intervention !== 'own'
    return {
      request,
      text,
      tokenIds: ids,
      ...(this.#options.keepLatents && {
        latents: blocks.map(({vectors, own}) => (replaced ? {vectors, own} : {vectors})),
      }),
      usage: usageOf(prepared, machine, ids, latentMask, blocks, eos),
      timing: {
        firstTokenMs: prepared.prefillMs,
        totalMs: prepared.prefillMs + decodeMs,
        perStepMs: steps > 0 ? decodeMs / steps : null,
      },
      // A stop string ends the answer. Text decoded after it, even up to the limit, is not part of the answer.
      stop: cut || stop === 'stop-string' ? 'eos' : stop,
      attempts: 1,
      seen: prepared.seen,
    }
  }
}

const asFed = (vector: Float32Array) => rounded(vector, 'BF16')

interface Finished {
  readonly task: Plan & {readonly prepared: Prompted}
}

/** What is done to the latents of a request; null outside latent mode. Throws `usage` for an unknown name. */
function interventionOf({arm}: Request): Intervention | null {
  return arm.mode === 'latent' && arm.intervention !== null ? interventionNamed(arm.intervention) : null
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
