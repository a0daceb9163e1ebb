// A local hub for tests and benches: the two API calls that matter, a CDN on another origin, and the ways in which
// downloads fail.
import {createHash} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

export interface HubFile {
  readonly path: string
  readonly bytes: Buffer
  /** Large files carry their sha256 and are served by the CDN after a redirect. */
  readonly lfs: boolean
}

/** How the server misbehaves on a request for a file's bytes; undefined for a correct answer. */
export type Trouble =
  | {readonly kind: 'break'; readonly after: number}
  | {readonly kind: 'truncate'; readonly after: number}
  /** Sends part of the bytes and then nothing more. */
  | {readonly kind: 'stall'; readonly after: number}
  | {readonly kind: 'status'; readonly status: number}
  | {readonly kind: 'wrong-bytes'}
  | {readonly kind: 'no-ranges'}

export interface HubServer {
  readonly endpoint: string
  /** Requests for bytes: path, range and authorization as received. */
  readonly transfers: {path: string; range: string | undefined; authorization: string | undefined; cdn: boolean}[]
  /** Refuses to describe the repository, with this status and error code. */
  refuse: {status: number; code: string} | null
  trouble: (path: string, attempt: number) => Trouble | undefined
  close(): Promise<void>
}

export const commit = 'c0ffee0000000000000000000000000000000001'

export async function startHubServer(files: readonly HubFile[]): Promise<HubServer> {
  const attempts = new Map<string, number>()
  const siblings = files.map(describeFile)
  const byPath = new Map(files.map(file => [file.path, file]))

  const send = (incoming: IncomingMessage, response: ServerResponse, file: HubFile, cdn: boolean) => {
    const attempt = attempts.get(file.path) ?? 0
    attempts.set(file.path, attempt + 1)
    const {range, authorization} = incoming.headers
    hub.transfers.push({path: file.path, range, authorization, cdn})
    const trouble = hub.trouble(file.path, attempt)
    if (trouble?.kind === 'status') return void response.writeHead(trouble.status).end()
    const bytes = trouble?.kind === 'wrong-bytes' ? Buffer.alloc(file.bytes.length, 7) : file.bytes
    const start = range === undefined || trouble?.kind === 'no-ranges' ? 0 : Number(/bytes=(\d+)-/.exec(range)![1])
    const rest = bytes.subarray(start)
    const partial = start > 0 ? {'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`} : {}
    const cut = trouble !== undefined && 'after' in trouble ? rest.subarray(0, trouble.after) : rest
    const length = trouble?.kind === 'truncate' ? cut.length : rest.length
    response.writeHead(start > 0 ? 206 : 200, {'content-length': String(length), ...partial})
    // Gives the reader time to take what was sent; on a busy machine the end would overtake it.
    if (trouble?.kind === 'break') response.write(cut, () => setTimeout(() => response.destroy(), 100))
    else if (trouble?.kind === 'stall') response.write(cut)
    else response.end(cut)
  }

  const cdn = createServer((incoming, response) =>
    send(incoming, response, byPath.get(decodeURIComponent(incoming.url!.slice(1)))!, true),
  )
  await listen(cdn)
  const main = createServer((incoming, response) => {
    const {pathname} = new URL(incoming.url!, 'http://hub')
    if (pathname.startsWith('/api/')) {
      if (hub.refuse) return void response.writeHead(hub.refuse.status, {'x-error-code': hub.refuse.code}).end('{}')
      const body = pathname.endsWith('/commits/main') ? [{id: commit}] : {sha: commit, siblings}
      return void response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify(body))
    }
    const file = byPath.get(decodeURIComponent(pathname.split(`/resolve/${commit}/`)[1] ?? ''))
    if (file === undefined) return void response.writeHead(404).end()
    if (!file.lfs) return send(incoming, response, file, false)
    response.writeHead(302, {location: `${urlOf(cdn)}/${encodeURIComponent(file.path)}`}).end()
  })
  await listen(main)
  const hub: HubServer = {
    endpoint: urlOf(main),
    transfers: [],
    refuse: null,
    trouble: () => undefined,
    async close() {
      for (const server of [main, cdn]) {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      }
    },
  }
  return hub
}

/** A file in the form listed by `/api/.../revision/...?blobs=true`. */
function describeFile({path, bytes, lfs}: HubFile): object {
  const blobId = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    rfilename: path,
    size: bytes.length,
    blobId,
    ...(lfs ? {lfs: {sha256, size: bytes.length, pointerSize: 130}} : {}),
  }
}

function listen(server: Server): Promise<void> {
  return new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
