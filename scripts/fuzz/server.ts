// A server that answers whatever the case at hand wants, as an endpoint or as a hub.
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Closes the connection after this many bytes of the body. */
  readonly cut?: number
  /** Sent as it is, in place of status, headers and body. */
  readonly raw?: Uint8Array
}

export interface FuzzServer {
  readonly url: string
  answer: (request: IncomingMessage) => Reply
}

export async function startServer(): Promise<FuzzServer> {
  const server = createServer((request, response) => {
    request.on('error', () => undefined).resume()
    request.on('end', () => send(fuzz.answer(request), response))
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const fuzz: FuzzServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: () => ({status: 404, headers: {}, body: Buffer.alloc(0)}),
  }
  return fuzz
}

function send({status, headers, body, cut, raw}: Reply, response: ServerResponse): void {
  response.on('error', () => undefined)
  const {socket} = response
  if (raw !== undefined) return void socket?.end(raw)
  try {
    response.writeHead(status, headers)
  } catch {
    // A header that Node itself refuses to send.
    response.writeHead(200)
  }
  if (cut === undefined) response.end(body)
  else response.write(body.subarray(0, cut), () => socket?.destroy())
}
