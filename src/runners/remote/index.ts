// `openai:NAME`: asks an OpenAI-compatible endpoint. Turns requests into chat calls and their outcomes into
// generations.
import {join} from 'node:path'
import {exitCodes, LanternError} from '../../core/errors.js'
import {
  cutAtStop,
  failedGeneration,
  type Generation,
  type Prompt,
  picturesOf,
  promptText,
  type Request,
  turnsOf,
  unknownTiming,
} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import {Budget} from '../budget.js'
import {
  type CommonOptions,
  defineRunner,
  type Forecast,
  type ModelIdentity,
  type OnDisk,
  type Session,
} from '../runner.js'
import type {ChatMessage, ChatPart} from './body.js'
import type {ChatClient, ChatOutcome} from './client.js'
import {type Endpoint, remoteScheme, resolveEndpoint} from './endpoint.js'
import {endpointForecast} from './forecast.js'
import {readImage, type SentImage} from './images.js'
import type {LatentsQuery, ObservedLatents, ServedCheckpoint} from './observed-latents.js'
import {odditiesOf} from './oddities.js'
import type {ChatOptions, RemoteOptions} from './options.js'
import {priceOf} from './prices.js'
import type {ChatReply} from './reply.js'
import {responseCache} from './response-cache.js'
import {OptionScorer} from './scoring.js'
import {inWindow} from './window.js'

export type {ChatOptions, RemoteOptions} from './options.js'

interface SessionOptions {
  readonly common: CommonOptions
  readonly remote: RemoteOptions
}

export const remoteRunner = defineRunner<SessionOptions>({
  name: 'openai',
  references: [{form: 'openai:NAME', meaning: 'an OpenAI-compatible endpoint'}],
  accepts: ref => ref.startsWith(remoteScheme),
  async open(ref, options) {
    const {common, remote} = options
    if (!remote.observeLatents) return new RemoteSession(ref, await openChat(ref, options), options, null)
    // Saved replies hold no latents.
    const chat = await openChat(ref, {...options, remote: {...remote, cache: false}})
    try {
      const {ObservedLatents, servedCheckpoint} = await import('./observed-latents.js')
      const served = await servedCheckpoint(chat.endpoint, common.env)
      const latents = new ObservedLatents(common, remote.latentBank)
      return new RemoteSession(ref, chat, options, {served, latents})
    } catch (error) {
      await chat.client.close()
      throw error
    }
  },
})

/**
 * A client for the endpoint of `openai:NAME`. Warns if a cost limit may have no effect.
 * Throws LanternError `usage`.
 */
export async function openChat(
  ref: string,
  {common, remote}: ChatOptions,
): Promise<{client: ChatClient; endpoint: Endpoint}> {
  const endpoint = await resolveEndpoint(ref, {env: common.env, ...remote})
  const {ChatClient} = await import('./client.js')
  const {concurrency, timeoutMs, maxRetries, cache, extraBody, budget = new Budget({})} = remote
  const price = priceOf(endpoint, remote.price)
  if (budget.limitsCost && price === null) {
    const message = `The price of ${ref} is not known: --max-cost holds only if its replies say what they cost. Give --price IN,OUT, or --max-requests.`
    common.notify({type: 'warning', message})
  }
  const client = new ChatClient({
    endpoint,
    env: common.env,
    concurrency,
    timeoutMs,
    maxRetries,
    budget,
    price,
    ...(extraBody && {extraBody}),
    cache: cache ? responseCache(join(common.cacheDir, 'responses')) : null,
    notify: event => common.notify(endpoint.redact(event)),
  })
  return {client, endpoint}
}

/** An endpoint that shows its latents. */
interface Observed {
  readonly served: ServedCheckpoint
  readonly latents: ObservedLatents
}

class RemoteSession implements Session {
  readonly #identity: ModelIdentity
  readonly #client: ChatClient
  readonly #options: SessionOptions
  readonly #scorer: OptionScorer
  readonly #observed: Observed | null
  readonly #told = new Set<string>()

  constructor(
    ref: string,
    {endpoint: {url, name, redact}, client}: {readonly endpoint: Endpoint; readonly client: ChatClient},
    options: SessionOptions,
    observed: Observed | null,
  ) {
    const {extraBody} = options.remote
    const {details, ...served} = observed?.served ?? {latent: null}
    this.#observed = observed
    this.#client = client
    this.#options = options
    this.#scorer = new OptionScorer(client, ref, options.common.notify)
    this.#identity = {
      ref,
      endpoint: {url, name},
      ...served,
      ...((details || extraBody) && {details: {...details, ...(extraBody && redact({extraBody}))}}),
      observesLatents: observed !== null,
      needsImages: true,
      remote: true,
    }
  }

  describe(): ModelIdentity {
    return this.#identity
  }

  async forecast(): Promise<Forecast> {
    return endpointForecast(this.#identity.endpoint!, this.#options.common, this.#options.remote.price)
  }

  async *generate(
    groups: AsyncIterable<readonly Request[]>,
    signal: AbortSignal,
    onDisk?: OnDisk,
  ): AsyncGenerator<Generation> {
    const window = () => this.#client.window
    const answers = inWindow(
      flatten(groups),
      window,
      request => this.#answer(request, signal),
      signal,
      generation => generation && onDisk?.(generation.request),
    )
    for await (const generation of answers) if (generation !== undefined) yield generation
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Generation | undefined> {
    const {prompt, decoding, arm, continuations, repeat} = request
    let images: SentImage[]
    let query: LatentsQuery | undefined
    try {
      images = await Promise.all(picturesOf(prompt).map(image => readImage(image, this.#options.common)))
      query = await this.#observed?.latents.query(request)
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      return failedGeneration(request, error.code, error.message, 0)
    }
    const seen = {promptSha256: sha256(promptText(prompt)), images: images.map(image => image.seen)}
    const asked = {messages: messagesOf(prompt, images), images: seen.images}
    // Latents are drawn by the seed at any temperature.
    const fields = query && {seed: decoding.seed, latents: query.field}
    const outcome = await this.#client.complete({...asked, decoding, repeat, ...(fields && {fields})}, signal)
    if (outcome.kind === 'left-out') return undefined
    const own = outcome.kind === 'failure' && query ? ownCode(outcome.said?.code) : undefined
    if (outcome.kind === 'failure' && own !== undefined)
      return failedGeneration(request, own, outcome.said!.message, outcome.attempts)
    if (outcome.kind === 'failure')
      return {...failedGeneration(request, outcome.code, outcome.message, outcome.attempts), seen}
    this.#tellOddities(outcome.reply)
    const {usage} = outcome.reply
    // Not every endpoint supports stop strings, and some keep them in the text.
    const {text, cut} = cutAtStop(outcome.reply.text, decoding.stop)
    const stop = cut && outcome.reply.stop === 'length' ? 'eos' : outcome.reply.stop
    // In other styles the model's thoughts come between the prompt and the option.
    const scores =
      arm.mode === 'direct' && continuations ? await this.#scorer.score(asked, continuations, signal) : undefined
    const costUsd = outcome.cached ? 0 : outcome.reply.costUsd
    const generation: Generation = {
      request,
      text,
      stop,
      usage,
      timing: timingOf(outcome),
      attempts: outcome.attempts,
      cached: outcome.cached,
      costUsd,
      seen: outcome.dropped.length > 0 ? {...seen, dropped: outcome.dropped} : seen,
      ...(scores && {continuationLogProbs: scores}),
    }
    return query === undefined ? generation : this.#withLatents(generation, outcome.reply, query)
  }

  /** The generation as a local session would give it; a failure where the endpoint does not show its latents. */
  #withLatents(generation: Generation, {latents: said}: ChatReply, query: LatentsQuery): Generation {
    const {request, seen, attempts} = generation
    const {latents} = this.#observed!
    if (!latents.isWhole(said)) {
      const message = 'the reply does not show the latents that were asked for'
      return {...failedGeneration(request, 'no-latents', message, attempts), seen}
    }
    // Nothing is paid for a server of one's own, unless a price is given.
    const {costUsd, ...free} = generation
    const images = seen!.images.map((image, index) => {
      const [sentWidth, sentHeight] = said.pictures[index] ?? [image.sentWidth, image.sentHeight]
      return {...image, sentWidth, sentHeight}
    })
    return {
      ...(costUsd === null ? free : generation),
      ...latents.facts(request, said, query),
      seen: {...seen!, images},
    }
  }

  /** Warns of the oddities of a reply, each kind once. */
  #tellOddities(reply: ChatReply): void {
    for (const {what, message} of odditiesOf(reply, this.#identity.ref)) {
      if (this.#told.has(what)) continue
      this.#told.add(what)
      this.#options.common.notify({type: 'warning', message})
    }
  }
}

/** The code with which the checkpoint itself says why it cannot answer, as a local session says it. */
function ownCode(said = ''): string | undefined {
  return said.split(' ').find(code => Object.hasOwn(exitCodes, code))
}

async function* flatten(groups: AsyncIterable<readonly Request[]>): AsyncGenerator<Request> {
  for await (const group of groups) yield* group
}

function messagesOf(prompt: Prompt, images: readonly SentImage[]): ChatMessage[] {
  let next = 0
  const turns = turnsOf(prompt).map(
    ({role, parts}): ChatMessage => ({
      role,
      content: parts.map(
        (part): ChatPart =>
          part.type === 'text' ? part : {type: 'image', ...images[next++]!, ...(part.detail && {detail: part.detail})},
      ),
    }),
  )
  return prompt.system === null ? turns : [{role: 'system', content: prompt.system}, ...turns]
}

/** Without streaming, the time of the first token is unknown. */
function timingOf({totalMs}: Extract<ChatOutcome, {kind: 'reply'}>) {
  return totalMs === null ? unknownTiming : {...unknownTiming, totalMs}
}
