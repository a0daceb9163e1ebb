// Describes an endpoint without sending it a prompt: its URL, and whether it serves the model.
import {LanternError, messageOf} from '../../core/errors.js'
import {jsonOrNothing} from '../../core/json.js'
import {request} from '../../hub/network.js'
import {bodyText} from './body-text.js'
import {type Endpoint, type EndpointOptions, resolveEndpoint} from './endpoint.js'
import {quoted} from './failure.js'
import {firstOf, listOf} from './fields.js'

const timeoutMs = 10_000

export interface EndpointDescription {
  readonly ref: string
  readonly endpoint: {readonly url: string; readonly name: string}
  /** True if the endpoint lists the model; null if it has no list (not every endpoint offers `GET /models`). */
  readonly served: boolean | null
  readonly models: readonly string[]
  /** Always null: only `--observe-latents` asks for them (observed-latents.ts). */
  readonly latent: null
}

/**
 * Describes `openai:NAME`. Throws LanternError `usage` for a bad reference, and `endpoint` if the server does not
 * answer or refuses the key.
 */
export async function describeEndpoint(ref: string, options: EndpointOptions): Promise<EndpointDescription> {
  const endpoint = await resolveEndpoint(ref, options)
  const {name, url} = endpoint
  const {models, names} = await listedModels(endpoint, options.env)
  return {
    ref,
    endpoint: {url, name},
    served: models.length === 0 ? null : names.includes(name),
    models: names,
    latent: null,
  }
}

/**
 * What the endpoint lists, as it says it, and the names of it; nothing where it has no list. Throws LanternError
 * `endpoint` if the server does not answer or refuses the key.
 */
export async function listedModels(
  {url, origin, path, otherPath, headers, redact}: Endpoint,
  env: EndpointOptions['env'],
): Promise<{readonly models: readonly unknown[]; readonly names: readonly string[]}> {
  const ask = async (chatPath: string) => {
    const answer = await request(origin + chatPath.replace('/chat/completions', '/models'), {
      env,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return {status: answer.statusCode, listed: modelsIn(jsonOrNothing(await bodyText(answer.body, answer.headers)))}
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
  const models = status === 200 ? answer.listed : []
  return {models, names: redact(models.map(model => nameOf(model)!))}
}

/** The models of a list that have a name: OpenAI's `data`, a bare list (Together), or `models` (Ollama, Gemini). */
function modelsIn(json: unknown): readonly unknown[] {
  const list = Array.isArray(json) ? json : listOf(firstOf(json, 'data', 'models'))
  return list.filter(model => nameOf(model) !== undefined)
}

function nameOf(model: unknown): string | undefined {
  const name = typeof model === 'string' ? model : firstOf(model, 'id', 'name', 'model')
  return typeof name === 'string' ? name : undefined
}
