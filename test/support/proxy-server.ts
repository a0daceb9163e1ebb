// A local HTTP proxy for tests: it forwards absolute URLs, opens tunnels (CONNECT), asks for a password, and refuses
// when told to.
// Names that no name server knows lead to ports of this machine, so that what arrives can only have come through the
// proxy.
import {createServer, request} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import {pipeline} from 'node:stream'

export interface Passage {
  readonly kind: 'forward' | 'tunnel'
  /** `host:port` that was asked for. */
  readonly target: string
  readonly authorization: string | undefined
}

export interface ProxyServer {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly passages: Passage[]
  /** Connections that clients have opened to the proxy. */
  connections(): number
  close(): Promise<void>
}

export interface ProxyOptions {
  /** Port of this machine by `host:port`; what is missing is refused with 502. */
  readonly routes: Readonly<Record<string, number>>
  /** `user:password` that is asked for. */
  readonly credentials?: string
}

export async function startProxy({routes, credentials}: ProxyOptions): Promise<ProxyServer> {
  const passages: Passage[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  /** The port a passage leads to, or the status of its refusal. */
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
