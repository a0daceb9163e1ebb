// `lantern-eval doctor` as a process: what it reports, what it must never show, and its exit code.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli} from './support/cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const env = () => ({LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HOME: join(folder, 'hub'), HF_HUB_OFFLINE: '1'})

test('checks Node, onnxruntime, folders, disk, hub and tokens, and says what to do about anything missing', async () => {
  const {code, stdout} = await cli(['doctor', '--json'], {env: env()})
  expect(code).toBe(0)
  const {checks, ok, exitCode, verdict} = JSON.parse(stdout)
  expect({ok, exitCode, verdict}).toEqual({ok: true, exitCode: 0, verdict: 'done'})
  expect(checks.map((check: {name: string}) => check.name)).toEqual([
    'Node',
    'onnxruntime',
    'CUDA provider',
    'cache folder',
    'hub cache',
    'free disk',
    'hub',
    'hub token',
    'API key',
  ])
  const token = checks.find((check: {name: string}) => check.name === 'hub token')
  expect(token).toMatchObject({
    status: 'note',
    found: 'HF_TOKEN is not set',
    remedy: expect.stringContaining('HF_TOKEN'),
  })
})

test('never shows the value of a token', async () => {
  const tokens = {HF_TOKEN: 'hf_secret-of-the-hub', OPENAI_API_KEY: 'sk-secret-of-the-endpoint'}
  for (const args of [['doctor'], ['doctor', '--json', '--log-level', 'debug']]) {
    const {stdout, stderr} = await cli(args, {env: {...env(), ...tokens}})
    expect(stdout).toContain('OPENAI_API_KEY is set')
    expect(stdout + stderr).not.toMatch(/secret-of/)
  }
})

test('exits with 4 when the cache folder cannot be written, and names the variable that moves it', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  const {code, stdout} = await cli(['doctor'], {env: {...env(), LANTERN_EVAL_CACHE_DIR: join(file, 'cache')}})
  expect(code).toBe(4)
  expect(stdout).toMatch(/cache folder\s+failed .*a-file/)
  expect(stdout).toContain('LANTERN_EVAL_CACHE_DIR')
})

test('shows a hub without the credentials of its URL, which are sent to it', async () => {
  const received: (string | undefined)[] = []
  const server = createServer((request, response) => {
    received.push(request.headers.authorization)
    response.writeHead(200).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  try {
    for (const to of [port, 9]) {
      const hub = `http://somebody:pass%2Fword-1@127.0.0.1:${to}/?token=query-secret`
      const {stdout, stderr} = await cli(['doctor'], {env: {...env(), HF_HUB_OFFLINE: '0', HF_ENDPOINT: hub}})
      expect(stdout).toContain(`http://127.0.0.1:${to} `)
      expect(stdout + stderr).not.toMatch(/pass(%2F|\/)word|query-secret/)
    }
  } finally {
    server.close()
  }
  expect(received).toEqual([`Basic ${Buffer.from('somebody:pass/word-1').toString('base64')}`])
})
