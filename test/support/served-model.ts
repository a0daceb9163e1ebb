// A built-in model behind `serve`'s server, in this process.
import {mkdtemp, rm} from 'node:fs/promises'
import {connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {serveLimits} from '../../src/core/limits.js'
import {openRunner} from '../../src/runners/index.js'
import type {Session} from '../../src/runners/runner.js'
import {type ServeOptions, serveModel} from '../../src/serve/server.js'
import {runnerOptions} from './runner-options.js'

export interface ServedForTest {
  /** Base URL, ending in /v1. */
  readonly url: string
  readonly session: Session
  /** A folder that is removed at the end. */
  readonly folder: string
  /** Requests without an answer, as `/health` says. */
  open(): Promise<number>
  /** Resolves once no request is open. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function serveForTest(
  model: string,
  {local, ...options}: Partial<ServeOptions> & {local?: {batchSize?: number}} = {},
): Promise<ServedForTest> {
  const folder = await mkdtemp(join(tmpdir(), 'serve-'))
  const common = {cacheDir: folder, keepLatents: true}
  const session = await openRunner(model, runnerOptions({common, local: {threads: 1, joins: true, ...local}}))
  const served = await serveModel(session, {host: '127.0.0.1', port: 0, ...options})
  const open = async () =>
    ((await (await fetch(served.url.replace('/v1', '/health'))).json()) as {readonly open: number}).open
  return {
    url: served.url,
    session,
    folder,
    open,
    async idle() {
      while ((await open()) > 0) await new Promise(resolve => setTimeout(resolve, 20))
    },
    async close() {
      await served.close()
      await session.close()
      await rm(folder, {recursive: true})
    },
  }
}

/** A connection to a server, on which `text` was sent; `reply` is all that comes back until it ends. */
export function rawConnection(url: string, text: string): {readonly socket: Socket; readonly reply: Promise<string>} {
  const {hostname, port} = new URL(url)
  const socket = connect(Number(port), hostname)
  let said = ''
  socket.on('data', data => {
    said += data.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.write(text)
  return {socket, reply: new Promise(resolve => socket.on('close', () => resolve(said)))}
}

/** Fills the queue with requests whose bodies never come. The result empties it. */
export async function fillQueue({url, open}: ServedForTest, key: string): Promise<() => void> {
  const lines = [`POST ${new URL(url).pathname}/chat/completions HTTP/1.1`, 'host: x', `authorization: Bearer ${key}`]
  const head = [...lines, 'content-length: 10', '', ''].join('\r\n')
  const sockets: Socket[] = []
  // Requests of before may leave their places while these come.
  for (let free = serveLimits.open; free > 0; free = serveLimits.open - (await open())) {
    for (let n = 0; n < free; n++) sockets.push(rawConnection(url, head).socket)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}
