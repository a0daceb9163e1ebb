// A local OpenAI-compatible server for tests and benches: real HTTP, and the ways in which real endpoints fail.
import {createServer, type IncomingHttpHeaders, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

export type Behaviour =
  | {
      readonly kind: 'answer'
      readonly text: string | null
      readonly finish?: string | null
      readonly usage?: object
      readonly message?: object
      /** Tokens of the prompt after its first, as returned by vLLM for `prompt_logprobs: 0`. */
      readonly promptLogProbs?: readonly (readonly [token: string, logProb: number])[]
    }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: unknown
    }
  /** A verbatim body, with status 200 unless another is given. */
  | {
      readonly kind: 'raw'
      readonly body: string | Uint8Array
      readonly headers?: Record<string, string>
      readonly status?: number
    }
  /**
   * Half of a valid reply, after which the connection is closed. `length` says whether the full length is announced in
   * a header.
   */
  | {readonly kind: 'cut'; readonly length: 'true' | 'none'}
  /** Sends nothing and keeps the connection open. */
  | {readonly kind: 'hang'}
  /** Resets the connection. */
  | {readonly kind: 'reset'}
  /** Sends one byte of the reply every `everyMs`. */
  | {readonly kind: 'drip'; readonly everyMs: number}

export interface ReceivedRequest {
  readonly index: number
  readonly headers: IncomingHttpHeaders
  readonly path: string
  /** The parsed body; null when the server does not read bodies. */
  readonly body: {
    model: string
    messages: {role: string; content: unknown}[]
    max_tokens?: number
    [key: string]: unknown
  } | null
}

export interface OpenAIServer {
  /** Base URL, ending in /v1. */
  readonly url: string
  readonly requests: ReceivedRequest[]
  /** Largest number of requests open at the same time. */
  peak(): number
  close(): Promise<void>
}

export interface ServerOptions {
  readonly behave: (request: ReceivedRequest) => Behaviour
  readonly delayMs?: number
  /** False leaves bodies unread and does not keep requests; for benches. */
  readonly keep?: boolean
}

export async function startOpenAIServer({behave, delayMs = 0, keep = true}: ServerOptions): Promise<OpenAIServer> {
  const requests: ReceivedRequest[] = []
  let index = 0
  let open = 0
  let peak = 0
  const server = createServer(async (incoming, response) => {
    peak = Math.max(peak, ++open)
    let counted = true
    const leave = () => {
      if (counted) open--
      counted = false
    }
    response.on('close', leave)
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) if (keep) chunks.push(chunk)
    } catch {
      return
    }
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : null
    const request: ReceivedRequest = {index: index++, headers: incoming.headers, path: incoming.url ?? '', body}
    if (keep) requests.push(request)
    if (delayMs > 0) await new Promise(resolve => setTimeout(resolve, delayMs))
    const behaviour = behave(request)
    // The client may send its next request before this side learns that the reply has left.
    if (behaviour.kind !== 'hang' && behaviour.kind !== 'drip') leave()
    respond(response, behaviour)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    peak: () => peak,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A complete reply in OpenAI's format. */
function completion({
  text,
  finish = 'stop',
  usage,
  message,
  promptLogProbs,
}: Extract<Behaviour, {kind: 'answer'}>): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'test',
    choices: [{index: 0, message: {role: 'assistant', content: text, ...message}, finish_reason: finish}],
    usage: usage ?? {prompt_tokens: 100, completion_tokens: 3, total_tokens: 103},
    prompt_logprobs: promptLogProbs && [
      null,
      ...promptLogProbs.map(([token, logprob], id) => ({[id]: {logprob, rank: 1, decoded_token: token}})),
    ],
  })
}

const json = {'content-type': 'application/json'}

function respond(response: ServerResponse, behaviour: Behaviour): void {
  switch (behaviour.kind) {
    case 'answer':
      response.writeHead(200, json).end(completion(behaviour))
      return
    case 'status':
      response.writeHead(behaviour.status, {...json, ...behaviour.headers}).end(JSON.stringify(behaviour.body ?? {}))
      return
    case 'raw':
      response.writeHead(behaviour.status ?? 200, {...json, ...behaviour.headers}).end(behaviour.body)
      return
    case 'cut': {
      const whole = completion({kind: 'answer', text: 'A'})
      const half = whole.slice(0, whole.length / 2)
      if (behaviour.length === 'none') {
        response.writeHead(200, json).end(half)
        return
      }
      response.writeHead(200, {...json, 'content-length': String(whole.length)})
      response.write(half, () => response.destroy())
      return
    }
    case 'hang':
      return
    case 'reset':
      response.destroy()
      return
    case 'drip': {
      response.writeHead(200, json)
      const timer = setInterval(() => response.write(' '), behaviour.everyMs)
      response.on('close', () => clearInterval(timer))
    }
  }
}
