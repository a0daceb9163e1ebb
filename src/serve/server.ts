// A local checkpoint as an OpenAI-compatible endpoint: routes, key, bounds and the way back to the client.
import {createHash, randomUUID, timingSafeEqual} from 'node:crypto'
import {createServer, type IncomingMessage, type ServerResponse, STATUS_CODES} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Duplex} from 'node:stream'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {type Generation, picturesOf, type Request} from '../core/generation.js'
import {serveLimits as limits} from '../core/limits.js'
import type {ImageRef} from '../core/sample.js'
import type {Session} from '../runners/runner.js'
import {Answers} from './answers.js'
import {completion, lastEvents, type ReplyHead, textEvent} from './chat-reply.js'
import {assertModel, chatRequest} from './chat-request.js'
import {checkPictures} from './picture-check.js'
import {errorBody, Refusal, stoppingRefusal} from './refusal.js'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  /** The key that clients must show; without one nobody is asked. */
  readonly key?: string
  /** Milliseconds that a client has to send a request whole; a parameter for tests. */
  readonly bodyMs?: number
}

export interface ServedModel {
  readonly url: string
  /** Refuses new requests, finishes those that run, then resolves. The session stays open. */
  close(): Promise<void>
}

/** Serves a session. Throws LanternError `usage` for an address that cannot be used. */
export async function serveModel(
  session: Session,
  {host, port, key, bodyMs = limits.bodyMs}: ServeOptions,
): Promise<ServedModel> {
  const identity = session.describe()
  const answers = new Answers(session)
  const created = Math.floor(Date.now() / 1000)
  let stopping = false
  let reading = 0
  let bytesRead = 0
  const open = () => answers.open + reading

  async function body(incoming: IncomingMessage): Promise<string> {
    const tooLarge = () => new Refusal(413, `A body may have ${limits.bodyBytes} bytes.`)
    if (Number(incoming.headers['content-length'] ?? 0) > limits.bodyBytes) throw tooLarge()
    const pieces: Buffer[] = []
    let size = 0
    try {
      for await (const piece of incoming as AsyncIterable<Buffer>) {
        size += piece.length
        bytesRead += piece.length
        if (size > limits.bodyBytes) throw tooLarge()
        if (bytesRead > limits.bodiesBytes) throw busy()
        pieces.push(piece)
      }
    } finally {
      bytesRead -= size
    }
    return Buffer.concat(pieces).toString('utf8')
  }

  async function chat(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (open() >= limits.open) throw busy()
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    reading++
    const text = await body(incoming).finally(() => reading--)
    const head: ReplyHead = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: identity.ref,
    }
    let told = ''
    const event = (value: object) => {
      if (!outgoing.headersSent)
        outgoing.writeHead(200, {'content-type': 'text/event-stream', 'cache-control': 'no-cache'})
      outgoing.write(`data: ${JSON.stringify(value)}\n\n`)
      if (outgoing.writableLength > limits.unsentBytes) outgoing.destroy()
    }
    const more = (content: string) => {
      if (!asked.stream || outgoing.destroyed) return
      event(textEvent(head, content, told === ''))
      told += content
    }
    const asked = chatRequest(text, identity, {gone: gone.signal, text: more})
    await checkPictures(picturesIn(asked.request))
    const generation = await answers.ask(asked.request)
    if (generation.stop === 'abort' || outgoing.destroyed) return
    if (generation.stop === 'error') throw refusalOf(generation)
    if (!asked.stream) return send(outgoing, 200, completion(head, generation, asked))
    if (generation.text.length > told.length) more(generation.text.slice(told.length))
    for (const value of lastEvents(head, generation, asked)) event(value)
    outgoing.end('data: [DONE]\n\n')
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '/').split('?', 1)[0]!
    if (path === '/health') {
      const ok = !stopping && !answers.failed
      return send(outgoing, ok ? 200 : 503, {status: stopping ? 'stopping' : ok ? 'ok' : 'failed', open: open()})
    }
    if (key !== undefined && !sameKey(incoming.headers.authorization, key))
      throw new Refusal(
        401,
        'The key is missing or wrong: send it as "Authorization: Bearer KEY".',
        null,
        'invalid_api_key',
      )
    const listed = path === '/v1/models' || path.startsWith('/v1/models/')
    const known = listed ? 'GET' : path === '/v1/chat/completions' ? 'POST' : undefined
    if (known === undefined) throw new Refusal(404, 'There is /v1/chat/completions, /v1/models and /health.')
    const method = incoming.method === 'HEAD' ? 'GET' : incoming.method
    if (method !== known) throw new Refusal(405, `${path} takes ${known}.`, null, null, {allow: known})
    if (known === 'POST') {
      if (stopping) throw stoppingRefusal()
      return chat(incoming, outgoing)
    }
    const {ref: id, sha256, precision, details, latent} = identity
    const model = {id, object: 'model', created, owned_by: 'lantern-eval', sha256, precision, details, latent}
    if (path === '/v1/models') return send(outgoing, 200, {object: 'list', data: [model]})
    assertModel(decoded(path.slice('/v1/models/'.length)), identity)
    return send(outgoing, 200, model)
  }

  const patience = {
    requestTimeout: bodyMs,
    headersTimeout: bodyMs,
    connectionsCheckingInterval: bodyMs / 4,
    keepAliveTimeout: limits.idleMs,
  }
  /** The last reply on each connection. */
  const replies = new WeakMap<Duplex, ServerResponse>()
  const server = createServer(patience, (incoming, outgoing) => {
    replies.set(incoming.socket, outgoing)
    outgoing.on('error', () => undefined)
    answer(incoming, outgoing).catch((error: unknown) => {
      if (outgoing.destroyed) return
      const refusal =
        error instanceof Refusal ? error : new Refusal(500, `The model cannot answer: ${messageOf(error)}`)
      if (outgoing.headersSent) {
        outgoing.end(`data: ${JSON.stringify(errorBody(refusal))}\n\n`)
        return
      }
      // What was not read of a body is not waited for.
      const close: Record<string, string> = incoming.complete ? {} : {connection: 'close'}
      send(outgoing, refusal.status, errorBody(refusal), {...refusal.headers, ...close})
    })
  })
  server.on('clientError', (error, socket) => {
    const reply = replies.get(socket)
    const begun = reply?.headersSent === true && !reply.writableFinished
    if (!socket.writable || begun || systemCodeOf(error) === 'ECONNRESET') socket.destroy()
    else socket.end(rawRefusal(refusalOfClient(systemCodeOf(error))))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject(
        new LanternError('usage', `Cannot listen at ${host}:${port}: ${messageOf(error)}.`, 'Give another --port.'),
      )
    })
    server.listen(port, host, resolve)
  })
  const {port: taken} = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/v1`,
    async close() {
      stopping = true
      const closed = new Promise(resolve => server.close(resolve))
      await answers.end()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), limits.closeMs)
      await closed
      clearTimeout(late)
    },
  }
}

function busy(): Refusal {
  const wait = {'retry-after': String(limits.retryAfterSeconds)}
  return new Refusal(429, 'The queue of this server is full; try again.', null, 'queue_full', wait)
}

/** What is wrong with a request that is no HTTP, or does not come. */
function refusalOfClient(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Refusal(408, 'The request did not come whole in time.')
  if (code === 'HPE_HEADER_OVERFLOW') return new Refusal(431, 'The headers of the request are too large.')
  return new Refusal(400, 'This is no request of HTTP/1.1.')
}

/** A whole reply for a connection that has no `ServerResponse`. */
function rawRefusal(refusal: Refusal): string {
  const {status} = refusal
  const body = JSON.stringify(errorBody(refusal))
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'content-type: application/json', 'connection: close']
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function picturesIn({prompt, looksAt, foreign}: Request): readonly ImageRef[] {
  return [...picturesOf(prompt), ...(looksAt ? picturesOf(looksAt) : []), ...(foreign ? [foreign] : [])]
}

/** What the model refuses is the client's to change; what breaks in it is not. */
function refusalOf({error}: Generation): Refusal {
  const ours = new Set(['bug', 'bad-checkpoint', 'device', 'disk'])
  return new Refusal(ours.has(error!.code) ? 500 : 400, error!.message, null, error!.code)
}

function send(outgoing: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void {
  const body = JSON.stringify(value)
  const own = {'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body))}
  outgoing.writeHead(status, {...own, ...headers})
  outgoing.end(body)
}

/** Compares hashes, so that the time tells neither the key nor its length. */
function sameKey(header: string | undefined, key: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${key}`))
}
