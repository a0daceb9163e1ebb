// The kinds of input that are fuzzed. Each writes a changed input into the folder of its case and names the commands
// that read it. Every reader of the program has a kind.
import {copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import type {Random} from '../../src/core/random.js'
import {type Lock, lockHash} from '../../src/run-folder/lock.js'
import {samplesSha256} from '../../src/run-folder/samples.js'
import {endpointCases} from '../../test/support/endpoint-cases.js'
import {oddBytes, oddFile, oddJson, oddJsonText, oddText} from './mutate.js'
import type {FuzzServer, Reply} from './server.js'

export interface Case {
  /** An empty folder of this case. */
  readonly folder: string
  /** The right inputs (base.ts). */
  readonly base: string
  readonly random: Random
  readonly server: FuzzServer
  /** Whether the input stays as it is, to see that the commands take it. */
  readonly right: boolean
  /** Variables of the environment of this case. */
  readonly env: Record<string, string>
}

/** Writes the input; returns the commands that read it, in their order. */
type Kind = (given: Case) => readonly (readonly string[])[]

const bench = ['--bench', 'hops', '--data', 'builtin']
const onePerRun = ['--limit', '2', '--mode', 'direct']

function filesBelow(folder: string, fits: (name: string) => boolean): string[] {
  const names = readdirSync(folder, {recursive: true}) as string[]
  return names.filter(name => fits(name) && statSync(join(folder, name)).isFile()).sort()
}

const file = (name: string, bytes: Uint8Array, {right, random}: Case) => (right ? bytes : oddFile(name, bytes, random))
const text = (value: string, {right, random}: Case) => (right ? value : oddText(value, random))

/** Writes a changed copy of a file and returns its path. */
function changed(given: Case, from: string, name = basename(from)): string {
  const {folder} = given
  const path = join(folder, name)
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, file(name, readFileSync(from), given))
  return path
}

/** A copy of a folder in which one file that fits was changed; the others are as they were. */
function folderWith(given: Case, from: string, label: string, fits: (file: string) => boolean): string {
  const to = join(given.folder, label)
  cpSync(from, to, {recursive: true})
  const name = given.random.pick(filesBelow(to, fits))
  writeFileSync(join(to, name), file(name, readFileSync(join(to, name)), given))
  return to
}

const verify = (id: string, data: string) => ['bench', 'verify', id, '--data', data]
const runOn = (id: string, data: string, given: Case, model = 'builtin:nano-direct') => [
  'run',
  '--bench',
  id,
  '--data',
  data,
  '--model',
  model,
  ...onePerRun,
  '--out',
  join(given.folder, 'out'),
]

/** A run on the endpoint of the case, which may never answer. */
const askingOnce = (...more: string[]) => [
  ...['run', ...bench, '--model', 'openai:m', ...onePerRun, '--timeout', '2'],
  ...more,
]

const runReaders = (run: string, given: Case) =>
  given.random.pick([
    ['inspect', run],
    ['inspect', run, '--json'],
    ['leaderboard', run],
    ['leaderboard', run, '--json'],
    ['rescore', run, '--out', join(given.folder, 'rescored')],
    ['merge', run, '--out', join(given.folder, 'merged')],
    ['compare', run, join(given.base, 'runs', 'a')],
    [
      'run',
      '--bench',
      'hops',
      '--data',
      join(given.base, 'data', 'hops'),
      '--model',
      'builtin:nano-direct',
      '--mode',
      'direct',
      '--seed',
      '1',
      '--out',
      run,
    ],
  ])

export const kinds: Readonly<Record<string, Kind>> = {
  config: given => [['run', '--config', changed(given, join(given.base, 'config.yaml')), '--dry-run']],
  recipe: given => {
    const file = changed(given, join(given.base, 'recipe.yaml'))
    return [['run', '--recipe', file, '--data', 'builtin', '--model', 'builtin:nano-direct', '--dry-run']]
  },
  template: given => {
    const file = changed(given, join(given.base, 'template.jinja'))
    return [['run', ...bench, '--model', 'builtin:nano-direct', ...onePerRun, '--prompt-template', file, '--dry-run']]
  },
  plugin: given => {
    const {random, folder} = given
    const file = join(folder, 'plugin.mjs')
    writeFileSync(file, pluginText(given))
    return [
      ['run', '--bench', 'mine', '--data', file, '--model', 'mine:A', '--plugin', file, '--out', join(folder, 'out')],
      ['leaderboard', join(given.base, 'runs', 'a'), '--format', `mine=${join(folder, 'table')}`, '--plugin', file],
      ['extract', '--extractor', 'mine', '--text', 'A', '--plugin', file],
    ].slice(0, 1 + random.integer(3))
  },
  lock: given => {
    const run = folderWith(given, join(given.base, 'runs', 'a'), 'run', file => file === 'lock.json')
    // Half of them with a right hash: else no reader goes on behind it.
    if (given.random.integer(2) === 0) sealed(run)
    return [runReaders(run, given)]
  },
  samples: given => {
    const run = folderWith(given, join(given.base, 'runs', 'a'), 'run', file => file === 'samples.jsonl')
    if (given.random.integer(2) === 0) sealed(run)
    return [runReaders(run, given)]
  },
  log: given => [
    runReaders(
      folderWith(given, join(given.base, 'runs', 'a'), 'run', file => file === 'log.jsonl'),
      given,
    ),
  ],
  summary: given => [
    runReaders(
      folderWith(given, join(given.base, 'runs', 'a'), 'run', file => /summary|table/.test(file)),
      given,
    ),
  ],
  hold: given => {
    const run = join(given.folder, 'run')
    cpSync(join(given.base, 'runs', 'a'), run, {recursive: true})
    const held = JSON.stringify({pid: 2 ** 22 + 1, host: 'x', since: '2026-01-01', token: 'a', leaseSeconds: 1})
    writeFileSync(join(run, 'writer.lock'), file('a.json', Buffer.from(held), given))
    // A hold of another machine that seems to live is respected: that is a right end.
    return [
      ['rescore', run, '--out', join(given.folder, 'again')],
      ['merge', run, '--out', run],
    ]
  },
  latents: given => {
    const run = folderWith(given, join(given.base, 'runs', 'b'), 'run', file => file.endsWith('.safetensors'))
    const more = ['--mode', 'latent', '--intervention', 'swap', '--latents-from', run, '--limit', '2']
    return [
      [
        'run',
        '--bench',
        'hops',
        '--data',
        join(given.base, 'data', 'hops'),
        '--model',
        'builtin:nano-latent',
        ...more,
        '--out',
        join(given.folder, 'out'),
      ],
    ]
  },
  peer: given => {
    const peers = join(given.base, 'peers')
    const name = given.random.pick(filesBelow(peers, () => true))
    const file = changed(given, join(peers, name), name)
    const isBlink = /BLINK|blink|flamingo|inspect/i.test(name)
    const where = isBlink ? ['--bench', 'blink'] : bench
    return [
      given.random.integer(2) === 0
        ? ['import', file, ...where, '--model', 'm', '--out', join(given.folder, 'out')]
        : runOn(isBlink ? 'blink' : 'hops', 'builtin', given, `replay:${file}`),
    ]
  },
  'blink parquet': given => {
    const data = folderWith(given, join(given.base, 'data', 'blink'), 'data', file => file.endsWith('.parquet'))
    return [given.random.integer(3) === 0 ? runOn('blink', data, given) : verify('blink', data)]
  },
  'blink tsv': given => [
    verify(
      'blink',
      folderWith(given, join(given.base, 'data', 'tsv'), 'data', () => true),
    ),
  ],
  vstar: given => [verify('vstar', folderWith(given, join(given.base, 'data', 'vstar'), 'data', isText))],
  viscot: given => [verify('viscot', folderWith(given, join(given.base, 'data', 'viscot'), 'data', isText))],
  hops: given => [verify('hops', folderWith(given, join(given.base, 'data', 'hops'), 'data', isText))],
  lines: given => {
    const from = join(given.base, 'data', 'lines', 'items.jsonl')
    const file = changed(given, from)
    copyFileSync(join(dirname(from), 'a.png'), join(given.folder, 'a.png'))
    const rows = join(given.folder, 'texts.jsonl')
    writeFileSync(rows, text(JSON.stringify({id: 1, text: 'The answer is A.', options: ['x', 'y']}), given))
    return [verify('hops', file), ['extract', rows], ['extract', '--text', text('So <answer>(B)</answer>', given)]]
  },
  picture: given => {
    const data = folderWith(given, join(given.base, 'data', 'hops'), 'data', file => file.endsWith('.png'))
    return [given.random.integer(2) === 0 ? verify('hops', data) : runOn('hops', data, given)]
  },
  checkpoint: given => {
    const model = given.random.pick(['latent', 'direct'])
    const folder = folderWith(
      given,
      join(given.base, 'models', model),
      'model',
      file => file.endsWith('.json') || /jinja|txt$/.test(file),
    )
    return checkpointCommands(folder, given)
  },
  weights: given => {
    const folder = folderWith(given, join(given.base, 'models', 'direct'), 'model', file =>
      file.endsWith('.safetensors'),
    )
    return checkpointCommands(folder, given)
  },
  adapter: given => {
    const adapter = folderWith(given, join(given.base, 'lora'), 'lora', () => true)
    const model = join(given.base, 'models', 'direct')
    return [
      given.random.integer(4) === 0
        ? ['run', ...bench, '--model', model, '--adapter', adapter, ...onePerRun, '--out', join(given.folder, 'out')]
        : ['model', 'show', model, '--adapter', adapter],
    ]
  },
  endpoint: given => {
    const {random, server, folder} = given
    server.answer = given.right ? () => chatReply('A') : oddEndpoint(random)
    const where = ['--base-url', `${server.url}/v1`]
    return [
      random.integer(4) === 0
        ? ['model', 'show', 'openai:m', ...where]
        : askingOnce(...where, '--max-retries', '1', '--no-cache', '--out', join(folder, 'out')),
    ]
  },
  cache: given => {
    // A saved reply is read under a hash that is not known here: every file of the cache is changed.
    const {random, server, folder, env} = given
    server.answer = () => chatReply('A')
    env['LANTERN_EVAL_CACHE_DIR'] = join(folder, 'cache')
    const asked = (out: string) => [
      'run',
      ...bench,
      '--model',
      'openai:m',
      ...onePerRun,
      '--base-url',
      `${server.url}/v1`,
      '--out',
      join(folder, out),
    ]
    const broken = () => {
      for (const name of existsSync(join(folder, 'cache')) ? filesBelow(join(folder, 'cache'), () => true) : [])
        writeFileSync(join(folder, 'cache', name), oddFile('a.json', readFileSync(join(folder, 'cache', name)), random))
    }
    return [asked('one'), afterwards(broken, asked('two')), ['cache', 'prune', '--yes']]
  },
  hub: given => {
    const {random, server, folder, env} = given
    server.answer = oddHub(random)
    Object.assign(env, {
      HF_ENDPOINT: server.url,
      HF_HOME: join(folder, 'hf'),
      HF_TOKEN: 'hf_abcdefghijklmnopqrstuvwxyz',
    })
    return [random.integer(2) === 0 ? ['bench', 'pull', 'blink'] : ['model', 'show', 'hub:owner/name']]
  },
  flags: given => {
    const {random, server, folder} = given
    server.answer = () => chatReply('A')
    const flags: readonly (readonly [string, string])[] = [
      ['--price', '1,2'],
      ['--header', 'X-Key: value'],
      ['--extra-body', '{"chat_template_kwargs": {"enable_thinking": false}}'],
      ['--base-url', `${server.url}/v1`],
      ['--model', 'LABEL=openai:n'],
      ['--bench', 'hops:hops-1'],
      ['--data', 'hops=builtin'],
      ['--shard', '1/2'],
      ['--options', 'shuffle:2'],
      ['--format', `json=${join(folder, 'table.json')}`],
      ['--latent-size', '0,2,4'],
      ['--stop', 'END'],
      ['--sample', 'hops-1-0'],
      ['--max-cost', '1'],
      ['--margin', '2pp'],
      ['--judge', 'openai:j'],
      ['--device', 'cpu'],
    ]
    const [name, value] = random.pick(flags)
    const more = [name, name === '--extra-body' && !given.right ? oddJsonText(value, random) : text(value, given)]
    const where = name === '--base-url' ? [] : ['--base-url', `${server.url}/v1`]
    return [askingOnce(...where, '--max-retries', '0', ...more, '--dry-run')]
  },
}

export const selfTestName = 'self-test'

/** A fault on purpose, to see that the driver finds one: a plug-in ends the process. Only where it is named. */
export const selfTest: Kind = ({folder}) => {
  const file = join(folder, 'wrong.mjs')
  writeFileSync(file, 'process.exit(7)\n')
  return [['cache', 'dir', '--plugin', file]]
}

/** Work that must be done between two commands of a case, hidden in the list of arguments of the second. */
const work = new WeakMap<readonly string[], () => void>()

function afterwards(before: () => void, command: readonly string[]): readonly string[] {
  work.set(command, before)
  return command
}

/** Does what must be done before a command. */
export function prepareFor(command: readonly string[]): void {
  work.get(command)?.()
}

const isText = (file: string) => /\.(json|jsonl|tsv|txt)$/.test(file)

function checkpointCommands(folder: string, given: Case): readonly (readonly string[])[] {
  const out = join(given.folder, 'out')
  return given.random.integer(3) === 0
    ? [['run', ...bench, '--model', folder, '--limit', '1', '--max-new-tokens', '4', '--out', out]]
    : [['model', 'show', folder]]
}

/** Gives a changed run folder a lock whose hashes are right, where it can be read at all. */
function sealed(run: string): void {
  try {
    const lock = JSON.parse(readFileSync(join(run, 'lock.json'), 'utf8')) as Lock
    const samples = readFileSync(join(run, 'samples.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    for (const one of lock.benchmarks) one.samplesSha256 = samplesSha256(samples.filter(({bench: id}) => id === one.id))
    writeFileSync(join(run, 'lock.json'), JSON.stringify({...lock, hash: lockHash(lock)}))
  } catch {
    // It is no lock any more: its readers say so.
  }
}

function chatReply(content: unknown): Reply {
  const body = {choices: [{message: {content}, finish_reason: 'stop'}], usage: {prompt_tokens: 3, completion_tokens: 1}}
  return {status: 200, headers: {'content-type': 'application/json'}, body: Buffer.from(JSON.stringify(body))}
}

function oddEndpoint(random: Random): FuzzServer['answer'] {
  const {reply} = random.pick(endpointCases)
  let asked = 0
  return request => {
    const {status = 200, headers = {}, body} = reply(asked++, {}, request.url ?? '')
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    return random.pick<() => Reply>([
      () => ({status, headers, body: oddFile(typeof body === 'object' ? 'a.json' : 'a.txt', bytes, random)}),
      () => ({status, headers, body: oddFile(typeof body === 'object' ? 'a.json' : 'a.txt', bytes, random)}),
      () => ({status, headers, body: oddBytes(bytes, random)}),
      () => ({
        status: random.pick([100, 200, 204, 206, 301, 302, 304, 400, 401, 404, 413, 418, 422, 429, 500, 503, 599, 999]),
        headers,
        body: bytes,
      }),
      () => ({status, headers: oddHeaders(headers, random), body: bytes}),
      () => ({status, headers, body: bytes, cut: random.integer(bytes.length + 1)}),
      () => ({
        status,
        headers,
        body: bytes,
        raw: oddBytes(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`), random),
      }),
    ])()
  }
}

function oddHeaders(headers: Readonly<Record<string, string>>, random: Random): Record<string, string> {
  const value = () =>
    random.pick([
      '',
      '0',
      '-1',
      'NaN',
      '1e9',
      'gzip',
      'br, gzip, deflate',
      'zstd',
      'Fri, 31 Dec 9999 23:59:59 GMT',
      'text/event-stream',
      'a'.repeat(5000),
      '\u00ff',
      'http://127.0.0.1:1/',
      '/',
      'chunked',
    ])
  const name = random.pick([
    'content-type',
    'content-encoding',
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-reset-requests',
    'location',
    'content-length',
    'x-error-code',
    'transfer-encoding',
  ])
  return {...headers, [name]: value()}
}

const commit = 'c0ffee0000000000000000000000000000000001'

function oddHub(random: Random): FuzzServer['answer'] {
  const names = ['Counting/val-00000-of-00001.parquet', 'config.json', 'tokenizer.json', 'model.safetensors']
  const siblings = names.map(rfilename => ({
    rfilename,
    size: 3,
    blobId: 'a'.repeat(40),
    lfs: {sha256: 'b'.repeat(64), size: 3},
  }))
  const info = {sha: commit, siblings}
  const listing = Buffer.from(JSON.stringify(random.integer(3) === 0 ? info : oddJson(info, random)) ?? 'null')
  return request => {
    const url = request.url ?? ''
    const json = {'content-type': 'application/json'}
    if (!url.startsWith('/api/'))
      return {
        status: random.pick([200, 206, 302, 404, 416, 401]),
        headers: oddHeaders({}, random),
        body: Buffer.from('abc'),
      }
    const right = {status: 200, headers: json, body: listing}
    return random.pick<() => Reply>([
      () => right,
      () => right,
      () => right,
      () => ({...right, body: oddBytes(listing, random)}),
      () => ({...right, headers: oddHeaders(json, random)}),
      () => ({...right, cut: random.integer(listing.length)}),
      () => ({...right, status: random.pick([204, 301, 304, 307, 400, 401, 403, 404, 429, 500])}),
      () => ({...right, raw: oddBytes(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'), random)}),
    ])()
  }
}

/** A plug-in with a part of every kind, of which some fields are wrong. */
function pluginText({random, right: allRight}: Case): string {
  const odd = [
    'null',
    'undefined',
    '0',
    '-1',
    "''",
    "'.'",
    '[]',
    '{}',
    '() => null',
    '() => { throw new Error("x") }',
    '() => { throw null }',
    'async () => { throw 1 }',
    'Symbol("a")',
    '10n',
    "'a'.repeat(1e6)",
    'async function* () { yield null }',
    'new Proxy({}, {get() { throw new Error("trap") }})',
  ]
  // Each value is right until it is chosen to be wrong.
  const chosen = 1 + random.integer(2)
  const wrong = new Set(allRight ? [] : Array.from({length: chosen}, () => random.integer(38)))
  let count = 0
  const or = (right: string) => (wrong.has(count++) ? random.pick(odd) : right)
  const sample = `{id: ${or("'1'")}, benchmark: 'mine', subtask: ${or("'all'")}, question: ${or("'Which?'")}, options: ${or("['x', 'y']")}, letters: ${or("['A', 'B']")}, gold: ${or("'A'")}, images: ${or('[]')}}`
  return `import {dataSetOf, defineBenchmark, defineExtractor, defineFormat, defineIntervention, definePeerFormat, defineProtocol, defineRecipe, defineRunner, protocolNamed, reading, unknownTiming, unknownUsage} from ${JSON.stringify(library)}
const parts = []
parts.push(defineBenchmark({
  id: ${or("'mine'")}, title: ${or("'Mine'")}, subtasks: ${or("[{name: 'all', expected: {test: 1}}]")}, splits: ${or("['test']")}, defaultSplit: ${or("'test'")},
  scoring: ${or("{answer: 'choice', metric: 'accuracy', aggregate: 'micro'}")},
  prompts: ${or("{'lantern-eval': {text: '{question}\\n{options}', option: '({letter}) {text}', images: 'first'}}")},
  maxNewTokens: ${or('{direct: 8}')}, origin: ${or("{repo: '', revision: '', licence: 'mine', url: ''}")},
  load: ${or(`async function (path, {split}) {
    return ${or(`dataSetOf({benchmark: this, split, layout: ${or("'x'")}, hasImages: ${or('false')}, root: path, files: ${or('[path]')}, read: ${or(`async function* () { yield ${or(sample)} }`)}})`)}
  }`)},
}))
parts.push(defineRunner({
  name: ${or("'mine'")}, references: ${or("[{form: 'mine:X', meaning: 'x'}]")}, accepts: ${or("ref => ref.startsWith('mine:')")},
  open: ${or(
    `async ref => (${or(`{
    describe: ${or(`() => (${or('{ref, latent: null, observesLatents: false, needsImages: false, remote: false}')})`)},
    generate: ${or(`async function* (groups) { for await (const group of groups) for (const request of group) yield ${or(`{request, text: ${or("'A'")}, stop: ${or("'eos'")}, usage: ${or('unknownUsage')}, timing: ${or('unknownTiming')}, attempts: ${or('1')}, seen: ${or('null')}}`)} }`)},
    close: ${or('async () => {}')},
  }`)})`,
  )},
}))
parts.push(defineExtractor({name: ${or("'mine'")}, read: ${or("item => reading(item, null, 'none')")}}))
parts.push(defineFormat({name: ${or("'mine'")}, ending: ${or("'.txt'")}, render: ${or("() => 'text'")}}))
export default ${or('parts')}
`
}

const library = new URL('../../src/index.ts', import.meta.url).href
