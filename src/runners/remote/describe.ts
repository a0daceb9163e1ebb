// Describes an endpoint without sending it a prompt: its URL, and whether it serves the model.
import {LanternError, messageOf} from '../../core/errors.js'
import {jsonOrNothing} from '../../core/json.js'
import {request} from '../../hub/network.js'
import {bodyText} from './body-text.js'
import {type EndpointOptions, resolveEndpoint} from './endpoint.js'
import {quoted} from './failure.js'
import {firstOf, listOf} from './fields.js'

const timeoutMs = 10_000

export interface EndpointDescription {
  readonly ref: string
  readonly endpoint: {readonly url: string; readonly name: string}
  /** True if the endpoint lists the model; null if it has no list (not every endpoint offers `GET /models`). */
  readonly served: boolean | null
  readonly models: readonly string[]
  /** Always null: the latents of an endpoint cannot be observed. */
  readonly latent: null
}

/**
 * Describes `openai:NAME`. Throws LanternError `usage` for a bad reference, and `endpoint` if the server does not
 * answer or refuses the key.
 */
export async function describeEndpoint(ref: string, options: EndpointOptions): Promise<EndpointDescription> {
  const {name, url, origin, path, otherPath, headers, redact} = await resolveEndpoint(ref, options)
  const ask = async (chatPath: string) => {
    const answer = await request(origin + chatPath.replace('/chat/completions', '/models'), {
      env: options.env,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return {status: answer.statusCode, listed: namesIn(jsonOrNothing(await bodyText(answer.body, answer.headers)))}
  }
  let answer: Awaited<ReturnType<typeof ask>>
  try {
    answer = await ask(path)
    if (answer.listed.length === 0 && otherPath !== undefined) answer = await ask(otherPath)
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'endpoint',
      `${url} does not answer: ${quoted(redact(messageOf(error)))}.`,
      'Check --base-url and that the server runs.',
    )
  }
  const {status} = answer
  if (status === 401 || status === 403)
    throw new LanternError(
      'endpoint',
      `${url} refuses the key (${status}).`,
      'Check OPENAI_API_KEY, or name another variable with --api-key-env.',
    )
  const models = status === 200 ? redact(answer.listed) : []
  return {ref, endpoint: {url, name}, served: models.length === 0 ? null : models.includes(name), models, latent: null}
}

/** The names of a list of models: OpenAI's `data`, a bare list (Together), or `models` (Ollama, Gemini). */
function namesIn(json: unknown): string[] {
  const list = Array.isArray(json) ? json : listOf(firstOf(json, 'data', 'models'))
  return list
    .map(model => (typeof model === 'string' ? model : firstOf(model, 'id', 'name', 'model')))
    .filter(name => typeof name === 'string')
}
