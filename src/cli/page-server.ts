// Serves the pages of `view` on this machine alone. Whoever may open them has the token of the address: other users of
// the machine, and pages of other sites in the same browser, have not.
import {randomBytes, timingSafeEqual} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {svgOf, themes} from '../reports/figures/index.js'
import {type Library, pageFigure} from '../reports/pages/library.js'
import {pictureFile} from '../reports/pages/pictures.js'
import {queryOf} from '../reports/pages/select.js'
import type {PageBoard, PageDiagnosis} from '../reports/pages/shapes.js'
import {contentPolicy, pageHtml, type ShellFile, shellFile, shellFiles} from '../reports/pages/shell.js'

export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

interface Reply {
  readonly type: string
  readonly body: string | Uint8Array
}

/** Samples in one answer, at most. */
const mostSamples = 500
/** Logs are looked at again at most this often. */
const followMs = 500

/** Starts the server. Throws `usage` for a port that is taken. */
export async function servePages(library: Library, port: number): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url')
  const answer = replies(library)
  const server = createServer((request, response) => {
    void handle(request, response, token, answer)
  })
  await listen(server, port)
  const {port: bound} = server.address() as {port: number}
  return {
    url: `http://127.0.0.1:${bound}/${token}/`,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const why = systemCodeOf(error) === 'EADDRINUSE' ? 'is in use' : `cannot be used: ${messageOf(error)}`
      reject(new LanternError('usage', `Port ${port} ${why}.`, 'Give another --port, or none for a free one.'))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

const headers = {
  'Content-Security-Policy': `${contentPolicy}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

type Answer = (path: string, query: URLSearchParams) => Promise<Reply | null>

async function handle(
  {method, url = '/', headers: sent, socket}: IncomingMessage,
  response: ServerResponse,
  token: string,
  answer: Answer,
): Promise<void> {
  const end = (status: number, {type, body}: Reply) => {
    response.writeHead(status, {...headers, 'Content-Type': type})
    response.end(method === 'HEAD' ? undefined : body)
  }
  const refuse = (status: number, why: string) => end(status, {type: 'text/plain; charset=utf-8', body: `${why}\n`})
  try {
    // A name that a foreign page had resolved to this machine is no name of ours (DNS rebinding).
    const names = ['127.0.0.1', 'localhost'].map(name => `${name}:${socket.localPort}`)
    if (!names.includes(sent.host ?? '')) return refuse(403, 'This address is not served under that name.')
    const {pathname, searchParams} = new URL(url, 'http://127.0.0.1')
    const [, given = '', ...path] = pathname.split('/')
    if (!sameText(given, token)) return refuse(403, 'Open the address that `lantern-eval view` printed.')
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'These pages are only read.')
    const reply = await answer(path.join('/'), searchParams)
    if (reply === null) return refuse(404, 'There is nothing here.')
    end(200, reply)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else refuse(500, messageOf(error))
  }
}

function sameText(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)]
  return first.length === second.length && timingSafeEqual(first, second)
}

/** What each path answers; null for a path that is none. */
function replies(library: Library): Answer {
  let followed = Date.now()
  const json = (value: unknown): Reply => ({type: 'application/json; charset=utf-8', body: JSON.stringify(value)})
  const types: Readonly<Record<ShellFile, string>> = {
    'app.js': 'text/javascript; charset=utf-8',
    'app.css': 'text/css; charset=utf-8',
    'icon.svg': 'image/svg+xml; charset=utf-8',
  }
  const address = (row: number, index: number) => `picture?row=${row}&index=${index}`
  let problem: string | null = null
  const board = async (): Promise<PageBoard> => {
    if (Date.now() - followed > followMs) {
      // What was read before can still be looked at.
      problem = await library.index.follow().then(() => null, messageOf)
      followed = Date.now()
    }
    return {...library.board({live: true, pictures: true}), problem}
  }
  return async (path, query) => {
    const number = (name: string) => Number(query.get(name) ?? Number.NaN)
    if (path === '') return {type: 'text/html; charset=utf-8', body: pageHtml('server')}
    const file = shellFiles.find(name => name === path)
    if (file !== undefined) return {type: types[file], body: await shellFile(file)}
    switch (path) {
      case 'data/board': {
        const now = await board()
        return json(query.get('known') === String(now.answers) && problem === null ? null : now)
      }
      case 'data/samples':
        return json(
          library.samples(
            queryOf(query, {columns: library.index.columns, benches: library.index.benches.length}),
            wholeOr(query.get('after'), 0),
            Math.min(mostSamples, wholeOr(query.get('limit'), 100)),
          ),
        )
      case 'data/detail':
        return json(await library.detail(number('row'), {address, heat: true}))
      case 'data/compare':
        return json(library.compare(number('base'), number('new')))
      case 'data/diagnosis':
        return json(await diagnosisPage(library))
      case 'picture': {
        const image = await library.picture(number('row'), number('index'))
        if (image === null) return null
        const {bytes, type} = await pictureFile(image)
        return {type, body: bytes}
      }
      default:
        return figureReply(library, path)
    }
  }
}

async function diagnosisPage(library: Library): Promise<PageDiagnosis> {
  const found = await library.diagnosis()
  if ('problem' in found) return found
  return {...found, figures: (await library.figures()).map(pageFigure)}
}

async function figureReply(library: Library, path: string): Promise<Reply | null> {
  const [, name, given] = /^figures\/([a-z0-9-]+)-(light|dark)\.svg$/.exec(path) ?? []
  const theme = themes.find(theme => theme === given)
  if (name === undefined || theme === undefined) return null
  const figure = await library.figure(name)
  return figure === undefined ? null : {type: 'image/svg+xml; charset=utf-8', body: await svgOf(figure, theme)}
}

function wholeOr(text: string | null, otherwise: number): number {
  const value = Number(text ?? otherwise)
  return Number.isInteger(value) && value >= 0 ? value : otherwise
}
