// A local HTTP proxy for tests. It forwards absolute URLs, opens tunnels (CONNECT), and on request asks for a password
// or refuses.
// It maps host names that no name server knows to ports of this machine, so that whatever arrives must have come
// through the proxy.
import {createServer, request} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import {pipeline} from 'node:stream'

export interface Passage {
  readonly kind: 'forward' | 'tunnel'
  /** The requested `host:port`. */
  readonly target: string
  readonly authorization: string | undefined
}

export interface ProxyServer {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly passages: Passage[]
  /** Number of connections that clients have opened to the proxy. */
  connections(): number
  close(): Promise<void>
}

export interface ProxyOptions {
  /** Port on this machine for each `host:port`; anything else is refused with 502. */
  readonly routes: Readonly<Record<string, number>>
  /** The `user:password` that the proxy requires. */
  readonly credentials?: string
}

export async function startProxy({routes, credentials}: ProxyOptions): Promise<ProxyServer> {
  const passages: Passage[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  /** The port for a passage, or the status of its refusal. */
  const admit = (passage: Passage): {port: number} | {status: 407 | 502} => {
    passages.push(passage)
    if (wanted !== undefined && passage.authorization !== wanted) return {status: 407}
    const port = routes[passage.target]
    return port === undefined ? {status: 502} : {port}
  }

  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url!)
    const {'proxy-authorization': authorization, ...headers} = incoming.headers
    const way = admit({kind: 'forward', target: `${url.hostname}:${url.port || 80}`, authorization})
    if ('status' in way) return void response.writeHead(way.status).end()
    const onward = request(
      {port: way.port, host: '127.0.0.1', method: incoming.method, path: url.pathname + url.search, headers},
      answer => {
        response.writeHead(answer.statusCode!, answer.headers)
        pipeline(answer, response, () => {})
      },
    )
    onward.on('error', () => response.destroy())
    pipeline(incoming, onward, () => {})
  })
  server.on('connect', (incoming, client: Socket) => {
    const way = admit({kind: 'tunnel', target: incoming.url!, authorization: incoming.headers['proxy-authorization']})
    if ('status' in way) return void client.end(`HTTP/1.1 ${way.status} No\r\n\r\n`)
    const onward = connect(way.port, '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    sockets.add(onward)
    pipeline(client, onward, client, () => {})
  })
  server.on('connection', socket => {
    connections++
    sockets.add(socket)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passages,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
