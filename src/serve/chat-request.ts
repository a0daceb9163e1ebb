// The body of a chat completion as a request for the runner. Pure: what is wrong with a body is said as a `Refusal`
// that names the field.
import type {Live, Prompt, PromptPart, Request, Turn} from '../core/generation.js'
import {armId} from '../core/generation.js'
import {isJsonObject, type JsonObject, parseJsonObject} from '../core/json.js'
import {serveLimits as limits} from '../core/limits.js'
import type {ImageRef} from '../core/sample.js'
import {changesPicture, isIntervention, needsBank, takesOwnSteps} from '../modes/interventions.js'
import {protocolNames} from '../modes/protocols.js'
import type {ModelIdentity} from '../runners/runner.js'
import {Refusal} from './refusal.js'
import {vectorOf} from './vectors.js'

/** A request for the runner, and what the reply must hold. */
export interface Asked {
  readonly request: Request
  readonly stream: boolean
  /** The last event of a stream says the usage. */
  readonly streamUsage: boolean
  /** What the reply holds of the latents. */
  readonly latents: 'none' | 'norms' | 'vectors'
}

/** Fields that change the answer in a way that is not built; other unknown ones are ignored, as servers do. */
const unsupported = ['tools', 'functions', 'audio', 'prompt_logprobs', 'logit_bias', 'continue_final_message'] as const

/**
 * Reads a body. `model` is what is served under which name. Throws `Refusal` with status 400 or, for another model,
 * 404.
 */
export function chatRequest(text: string, model: ModelIdentity, live: Live): Asked {
  const body = parseJsonObject(text, what => new Refusal(400, `The body ${what}.`))
  const name = body['model']
  if (typeof name !== 'string') throw wrong('model', 'must be the name of the model')
  if (name !== model.ref)
    throw new Refusal(404, `There is no model ${shown(name)} here, only ${model.ref}.`, 'model', 'model_not_found')
  const left = unsupported.find(field => isGiven(body[field]) && !isEmpty(body[field]))
  if (left !== undefined) throw wrong(left, 'is not supported by this server')
  if (isGiven(body['n']) && body['n'] !== 1) throw wrong('n', 'must be 1: this server gives one answer a request')
  for (const penalty of ['frequency_penalty', 'presence_penalty'])
    if (numberIn(body, penalty, {min: -2, max: 2})) throw wrong(penalty, 'must be 0: this server has no such penalty')
  const format = body['response_format']
  if (isGiven(format) && !(isJsonObject(format) && format['type'] === 'text'))
    throw wrong('response_format', 'can only be {"type": "text"}')
  const prompt = promptOf(body['messages'])
  const latents = latentsOf(body['latents'], model)
  const limit = isGiven(body['max_completion_tokens']) ? 'max_completion_tokens' : 'max_tokens'
  const temperature = numberIn(body, 'temperature', {min: 0, max: 2}) ?? 1
  const topP = numberIn(body, 'top_p', {min: 0, max: 1})
  const topK = numberIn(body, 'top_k', {min: 0, max: 1e6, whole: true})
  const stop = stopsOf(body['stop'])
  const logprobs = flagIn(body, 'logprobs')
  const top = numberIn(body, 'top_logprobs', {min: 0, max: limits.topLogProbs, whole: true})
  if (top !== undefined && !logprobs) throw wrong('top_logprobs', 'needs "logprobs": true')
  const options = body['stream_options']
  if (isGiven(options) && !isJsonObject(options)) throw wrong('stream_options', 'must be an object')
  const {benchmark, id, inject, back, ...arm} = latents
  const pictures = [...(prompt.earlier ?? []), prompt].flatMap(({parts}) =>
    parts.flatMap(part => (part.type === 'image' ? [part.image] : [])),
  )
  const whole = {model: model.ref, ...arm}
  return {
    stream: flagIn(body, 'stream'),
    streamUsage: isJsonObject(options) && options['include_usage'] === true,
    latents: back,
    request: {
      sample: {id, benchmark, subtask: '', images: pictures, question: '', gold: null},
      arm: {...whole, id: armId(whole)},
      prompt,
      decoding: {
        maxNewTokens: numberIn(body, limit, {min: 1, max: limits.newTokens, whole: true}) ?? 512,
        temperature,
        ...(topP !== undefined && {topP}),
        ...(topK !== undefined && {topK}),
        seed: numberIn(body, 'seed', {min: -(2 ** 53), max: 2 ** 53, whole: true}) ?? 0,
        ...(stop.length > 0 && {stop}),
      },
      live,
      ...(inject && {inject}),
      ...(logprobs && {tokenLogProbs: top ?? 0}),
    },
  }
}

function wrong(param: string, what: string): Refusal {
  return new Refusal(400, `${param} ${what}.`, param)
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}

const isGiven = (value: unknown) => value !== undefined && value !== null
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

function flagIn(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value !== 'boolean') throw wrong(name, 'must be true or false')
  return value
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly whole?: boolean
}

function numberIn(body: JsonObject, name: string, {min, max, whole = false}: Bounds): number | undefined {
  const value = body[name]
  if (!isGiven(value)) return undefined
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw wrong(name, `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
}

function stopsOf(value: unknown): readonly string[] {
  if (!isGiven(value)) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > limits.stops) throw wrong('stop', `can hold ${limits.stops} texts`)
  if (!list.every(text => typeof text === 'string' && text !== '')) throw wrong('stop', 'must be a text or several')
  return list as string[]
}

function promptOf(messages: unknown): Prompt {
  if (!Array.isArray(messages) || messages.length === 0) throw wrong('messages', 'must be a list with a message')
  if (messages.length > limits.turns) throw wrong('messages', `can hold ${limits.turns} messages`)
  let system: string | null = null
  let chars = 0
  let pictures = 0
  const turns: Turn[] = []
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    if (!isJsonObject(message)) throw wrong(at, 'must be an object')
    const {role, content} = message
    const parts = partsOf(content, `${at}.content`)
    for (const part of parts) {
      if (part.type === 'text') chars += part.text.length
      else pictures++
    }
    if (chars > limits.textChars) throw wrong('messages', `can hold ${limits.textChars} characters`)
    if (pictures > limits.pictures) throw wrong('messages', `can hold ${limits.pictures} pictures`)
    if (role === 'system' || role === 'developer') {
      if (index > 0) throw wrong(`${at}.role`, 'can be "system" in the first message only')
      if (parts.some(({type}) => type === 'image')) throw wrong(`${at}.content`, 'of the system must be text')
      system = parts.map(part => (part.type === 'text' ? part.text : '')).join('')
    } else if (role === 'user' || role === 'assistant') turns.push({role, parts})
    else throw wrong(`${at}.role`, 'must be system, user or assistant')
  }
  const last = turns.pop()
  if (last?.role !== 'user') throw wrong('messages', 'must end with a message of the user')
  return {system, ...(turns.length > 0 && {earlier: turns}), parts: last.parts}
}

function partsOf(content: unknown, at: string): readonly PromptPart[] {
  if (typeof content === 'string') return [{type: 'text', text: content}]
  if (!Array.isArray(content) || content.length === 0) throw wrong(at, 'must be a text or a list of parts')
  return content.map((part: unknown, index): PromptPart => {
    const here = `${at}[${index}]`
    if (!isJsonObject(part)) throw wrong(here, 'must be an object')
    const {type, text, image_url: picture} = part
    if (type === 'text' && typeof text === 'string') return {type, text}
    if (type !== 'image_url') throw wrong(here, 'must be a part of type text with a text, or of type image_url')
    const url = isJsonObject(picture) ? picture['url'] : picture
    if (typeof url !== 'string') throw wrong(`${here}.image_url`, 'must hold a url')
    return {type: 'image', image: pictureOf(url, `${here}.image_url`)}
  })
}

const dataUri = /^data:image\/[a-z0-9.+-]{1,40};base64,/i

function pictureOf(url: string, at: string): ImageRef {
  const head = dataUri.exec(url.slice(0, 100))
  if (head === null)
    throw wrong(at, 'must be a data URI of a picture in base64: this server fetches nothing from the network')
  const bytes = Buffer.from(url.slice(head[0].length), 'base64')
  if (bytes.length === 0) throw wrong(at, 'holds no picture')
  return {source: at, orientation: 'ignore', bytes: async () => bytes}
}

/** The arm, and what belongs to the latents. */
function latentsOf(value: unknown, {latent}: ModelIdentity) {
  type Back = Asked['latents']
  const none = {protocol: null, latentSize: null, intervention: null}
  const unnamed = {benchmark: 'serve', id: 'request', inject: undefined, back: 'none' as Back}
  // Nothing said: as the checkpoint was trained to answer. `null` is ordinary decoding.
  if (value === null || (value === undefined && latent === null)) return {mode: 'direct' as const, ...none, ...unnamed}
  const given = value ?? {}
  if (!isJsonObject(given)) throw wrong('latents', 'must be an object, or null for ordinary decoding')
  const {protocol, intervention = 'own', inject, return: back = 'norms', sample} = given
  if (isGiven(protocol) && !(typeof protocol === 'string' && protocolNames().includes(protocol)))
    throw wrong('latents.protocol', 'is not a known protocol')
  if (!isGiven(protocol) && latent === null)
    throw wrong('latents', 'needs a protocol: this checkpoint names no latent tokens')
  if (typeof intervention !== 'string' || !isIntervention(intervention))
    throw wrong('latents.intervention', 'is not a known intervention')
  if (needsBank(intervention) || changesPicture(intervention) || takesOwnSteps(intervention))
    throw wrong('latents.intervention', `${intervention} needs a recorded run or other pictures, which a server lacks`)
  if (back !== 'none' && back !== 'norms' && back !== 'vectors')
    throw wrong('latents.return', 'must be none, norms or vectors')
  if (isGiven(sample) && !isJsonObject(sample)) throw wrong('latents.sample', 'must be an object')
  const {benchmark = unnamed.benchmark, id = unnamed.id} = (sample as JsonObject | null | undefined) ?? {}
  if (typeof benchmark !== 'string' || typeof id !== 'string')
    throw wrong('latents.sample', 'must hold texts as benchmark and id')
  const size = numberIn(given, 'latentSize', {min: 0, max: 4096, whole: true})
  return {
    mode: 'latent' as const,
    protocol: (protocol as string | null | undefined) ?? latent!.protocol,
    latentSize: size ?? (isGiven(protocol) ? null : latent!.size),
    intervention,
    benchmark,
    id,
    inject: isGiven(inject) ? injectedBlocks(inject) : undefined,
    back: value === undefined ? ('none' as Back) : (back as Back),
  }
}

function injectedBlocks(value: unknown): Request['inject'] {
  const lists = Array.isArray(value) && value.every(Array.isArray) ? (value as unknown[][]) : undefined
  if (lists === undefined) throw wrong('latents.inject', 'must be a list of blocks, each a list of vectors')
  return lists.map((block, b) => block.map((vector, v) => vectorOf(vector, `latents.inject[${b}][${v}]`)))
}
