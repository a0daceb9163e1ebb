// The body of a chat completion as a request for the runner. Pure: what is wrong with a body is said as a `Refusal`
// that names the field.
import type {Live, Prompt, PromptPart, Request, Turn} from '../core/generation.js'
import {armId, picturesOf} from '../core/generation.js'
import {isJsonObject, parseJsonObject} from '../core/json.js'
import {serveLimits as limits} from '../core/limits.js'
import type {ImageRef, Orientation} from '../core/sample.js'
import {interventionNamed} from '../modes/interventions.js'
import type {ModelIdentity} from '../runners/runner.js'
import {type LatentsBack, latentsAsked} from './latents-request.js'
import {Refusal} from './refusal.js'
import {flagIn, isGiven, numberIn, pictureOf, wrong} from './request-fields.js'

/** A request for the runner, and what the reply must hold. */
export interface Asked {
  readonly request: Request
  readonly stream: boolean
  /** The last event of a stream says the usage. */
  readonly streamUsage: boolean
  readonly latents: LatentsBack
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
  assertModel(name, model)
  const left = unsupported.find(field => isGiven(body[field]) && !isEmpty(body[field]))
  if (left !== undefined) throw wrong(left, 'is not supported by this server')
  if (isGiven(body['n']) && body['n'] !== 1) throw wrong('n', 'must be 1: this server gives one answer a request')
  for (const penalty of ['frequency_penalty', 'presence_penalty'])
    if (numberIn(body, penalty, {min: -2, max: 2})) throw wrong(penalty, 'must be 0: this server has no such penalty')
  const format = body['response_format']
  if (isGiven(format) && !(isJsonObject(format) && format['type'] === 'text'))
    throw wrong('response_format', 'can only be {"type": "text"}')
  const {sample, pictures, back, ...latents} = latentsAsked(body['latents'], model)
  const prompt = promptOf(body['messages'], latents.orientation)
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
  const arm = {model: model.ref, ...latents.arm}
  return {
    stream: flagIn(body, 'stream'),
    streamUsage: isJsonObject(options) && options['include_usage'] === true,
    latents: back,
    request: {
      sample: {...sample, subtask: '', images: picturesOf(prompt), question: '', gold: null},
      arm: {...arm, id: armId(arm)},
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
      ...latents.given,
      ...(pictures && shownOnly(prompt, pictures, arm.intervention!)),
      ...(logprobs && {tokenLogProbs: top ?? 0}),
    },
  }
}

/** Throws `Refusal` with status 404 for another name than that of the model. */
export function assertModel(name: string, {ref}: Pick<ModelIdentity, 'ref'>): void {
  if (name !== ref)
    throw new Refusal(404, `There is no model ${shown(name)} here, only ${ref}.`, 'model', 'model_not_found')
}

/** What latents are made of: crops of the first picture alone, or the prompt with the others in their places. */
function shownOnly(
  prompt: Prompt,
  pictures: readonly ImageRef[],
  intervention: string,
): Pick<Request, 'looksAt' | 'foreign'> {
  if (interventionNamed(intervention).needs === 'foreign-crops') return {foreign: pictures[0]!}
  if (pictures.length !== picturesOf(prompt).length)
    throw wrong('latents.pictures', 'must hold as many pictures as the messages')
  let next = 0
  const parts = (of: readonly PromptPart[]) =>
    of.map(part => (part.type === 'image' ? {...part, image: pictures[next++]!} : part))
  const earlier = prompt.earlier?.map(turn => ({...turn, parts: parts(turn.parts)}))
  return {looksAt: {...prompt, ...(earlier && {earlier}), parts: parts(prompt.parts)}}
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

function stopsOf(value: unknown): readonly string[] {
  if (!isGiven(value)) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > limits.stops) throw wrong('stop', `can hold ${limits.stops} texts`)
  if (!list.every(text => typeof text === 'string' && text !== '')) throw wrong('stop', 'must be a text or several')
  return list as string[]
}

function promptOf(messages: unknown, orientation: Orientation): Prompt {
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
    const parts = partsOf(content, `${at}.content`, orientation)
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

function partsOf(content: unknown, at: string, orientation: Orientation): readonly PromptPart[] {
  if (typeof content === 'string') return [{type: 'text', text: content}]
  if (!Array.isArray(content) || content.length === 0) throw wrong(at, 'must be a text or a list of parts')
  return content.map((part: unknown, index): PromptPart => {
    const here = `${at}[${index}]`
    if (!isJsonObject(part)) throw wrong(here, 'must be an object')
    const {type, text, image_url: picture} = part
    if (type === 'text' && typeof text === 'string') return {type, text}
    if (type !== 'image_url') throw wrong(here, 'must be a part of type text with a text, or of type image_url')
    const url = isJsonObject(picture) ? picture['url'] : picture
    return {type: 'image', image: pictureOf(url, `${here}.image_url`, orientation)}
  })
}
