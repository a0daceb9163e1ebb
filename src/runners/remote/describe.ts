// What can be known of an endpoint without asking it a question: where it is, and whether it serves the model.
import {z} from 'zod'
import {LanternError, messageOf} from '../../core/errors.js'
import {request} from '../../hub/network.js'
import {type EndpointOptions, resolveEndpoint} from './endpoint.js'

const listSchema = z.looseObject({data: z.array(z.looseObject({id: z.string()}))})

const timeoutMs = 10_000

export interface EndpointDescription {
  readonly ref: string
  readonly endpoint: {readonly url: string; readonly name: string}
  /** True if the endpoint lists the model; null when it lists none (`GET /models` is not offered by all). */
  readonly served: boolean | null
  readonly models: readonly string[]
  /** Latents of an endpoint are out of reach. */
  readonly latent: null
}

/**
 * Describes `openai:NAME`. Throws LanternError `usage` for a bad reference, `endpoint` when nothing answers or the key
 * is refused.
 */
export async function describeEndpoint(ref: string, options: EndpointOptions): Promise<EndpointDescription> {
  const {name, url, origin, path, headers, redact} = await resolveEndpoint(ref, options)
  let status: number
  let text: string
  try {
    const answer = await request(origin + path.replace('/chat/completions', '/models'), {
      env: options.env,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    })
    status = answer.statusCode
    text = await answer.body.text()
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'endpoint',
      `${url} does not answer: ${redact(messageOf(error))}.`,
      'Check --base-url and that the server runs.',
    )
  }
  if (status === 401 || status === 403)
    throw new LanternError(
      'endpoint',
      `${url} refuses the key (${status}).`,
      'Check OPENAI_API_KEY, or name another variable with --api-key-env.',
    )
  const listed = status === 200 ? listSchema.safeParse(parsed(text)) : null
  const models = listed?.success ? listed.data.data.map(({id}) => id) : []
  return {ref, endpoint: {url, name}, served: models.length === 0 ? null : models.includes(name), models, latent: null}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
