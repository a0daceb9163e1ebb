// The command line behind an HTTP proxy, as processes. Endpoint, judge and hub have names that only the proxy can
// resolve.
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {type AddressInfo, connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createServer, type Server} from 'node:tls'
import {fileURLToPath} from 'node:url'
import {cli} from './support/cli.js'
import {startHubServer} from './support/hub-server.js'
import {type OpenAIServer, startOpenAIServer} from './support/openai-server.js'
import {type ProxyServer, startProxy} from './support/proxy-server.js'

/** A self-signed certificate for model.test and hub.test and its key, used only in these tests. */
const tlsFile = (name: string) => fileURLToPath(new URL(`support/tls/${name}.pem`, import.meta.url))
const inFlight = 4

let folder: string
let server: OpenAIServer
let front: Server
let proxy: ProxyServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxy-'))
  server = await startOpenAIServer({
    behave: ({body}) => ({kind: 'answer', text: body!.model === 'j' ? 'Score: 1.0' : '<answer>A</answer>'}),
    delayMs: 20,
  })
  const port = Number(new URL(server.url).port)
  front = createServer({key: await readFile(tlsFile('key')), cert: await readFile(tlsFile('certificate'))}, socket => {
    const inner = connect(port, '127.0.0.1')
    socket.on('error', () => inner.destroy()).pipe(inner)
    inner.on('error', () => socket.destroy()).pipe(socket)
  })
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve))
  const routes = {'model.test:443': (front.address() as AddressInfo).port, 'model.test:80': port}
  proxy = await startProxy({routes, credentials: 'user:secret-word'})
})
afterEach(async () => {
  await proxy.close()
  front.close()
  await server.close()
  await rm(folder, {recursive: true, force: true})
})

const env = (more: Record<string, string> = {}) => ({
  HTTP_PROXY: `http://user:secret-word@${proxy.host}`,
  HTTPS_PROXY: `http://user:secret-word@${proxy.host}`,
  NO_PROXY: '',
  NODE_EXTRA_CA_CERTS: tlsFile('certificate'),
  LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'),
  HF_HOME: join(folder, 'hf'),
  ...more,
})

const out = (url: string) => join(folder, new URL(url).protocol.slice(0, -1))
const ask = (url: string, ...more: string[]) =>
  [
    'run',
    '--bench',
    'blink',
    '--data',
    'builtin',
    '--model',
    'openai:m',
    '--base-url',
    url,
    '--concurrency',
    String(inFlight),
  ].concat(['--limit', '24', '--out', out(url), '--log-level', 'debug', '--json'], more)

it("asks an https endpoint through persistent tunnels, and never writes the proxy's password", async () => {
  const {code, stdout, stderr} = await cli(ask('https://model.test/v1'), {env: env()})
  expect([code, JSON.parse(stdout).rows[0].n]).toEqual([0, 24])
  expect(server.requests).toHaveLength(24)
  expect(server.peak()).toBe(inFlight)
  expect(proxy.passages.every(({kind, target}) => kind === 'tunnel' && target === 'model.test:443')).toBe(true)
  expect(proxy.passages.length).toBeLessThanOrEqual(2 * inFlight)
  const files = await Promise.all(
    (await readdir(out('https://model.test'))).map(name => readFile(join(out('https://model.test'), name), 'utf8')),
  )
  for (const text of [...files, stdout, stderr]) {
    expect(text).not.toContain('secret-word')
    expect(text).not.toContain(proxy.host)
  }
})

it('uses the proxy for the judge, and bypasses it for this machine', async () => {
  const judge = ['--judge', 'openai:j', '--judge-base-url', 'http://model.test/v1', '--bench', 'viscot']
  const {code} = await cli(ask(server.url, ...judge), {env: env()})
  expect(code).toBe(0)
  expect(proxy.passages.length).toBeGreaterThan(0)
  expect(proxy.passages.every(({kind, target}) => kind === 'forward' && target === 'model.test:80')).toBe(true)
  const asked = server.requests.map(({body}) => body!.model)
  expect(asked.filter(model => model === 'j')).toHaveLength(proxy.passages.length)
  expect(asked).toContain('m')
})

it('reports at once that the proxy requires a password', async () => {
  for (const url of ['https://model.test/v1', 'http://model.test/v1']) {
    const {code, stdout} = await cli(ask(url), {
      env: env({HTTP_PROXY: proxy.host, HTTPS_PROXY: `http://${proxy.host}`}),
    })
    expect(code).toBe(4)
    expect(stdout).toContain('the proxy refuses the connection: HTTP 407')
    expect(stdout).toContain('Check HTTP_PROXY and HTTPS_PROXY')
  }
  expect(proxy.passages).toHaveLength(2)
})

it('fetches from the hub through the proxy', async () => {
  const drawn = fileURLToPath(new URL('../fixtures/builtin/blink/Counting/val-00000-of-00001.parquet', import.meta.url))
  const hub = await startHubServer([
    {path: 'Counting/val-00000-of-00001.parquet', bytes: await readFile(drawn), lfs: false},
  ])
  const way = await startProxy({routes: {'hub.test:80': Number(new URL(hub.endpoint).port)}})
  try {
    const variables = env({HF_ENDPOINT: 'http://hub.test', http_proxy: way.host})
    const pulled = await cli(['bench', 'pull', 'blink', '--json'], {env: variables})
    expect(JSON.parse(pulled.stdout)).toMatchObject({pulled: [{bench: 'blink', files: 1}], exitCode: 0})
    expect(way.passages.map(({target}) => target)).toEqual(['hub.test:80', 'hub.test:80'])
    const checked = await cli(['doctor', '--json'], {env: variables})
    const {found} = JSON.parse(checked.stdout).checks.find((check: {name: string}) => check.name === 'hub')
    expect(found).toBe(`http://hub.test answers (404) through the proxy http://${way.host}`)
  } finally {
    await way.close()
    await hub.close()
  }
})
