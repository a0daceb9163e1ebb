// The action as GitHub runs it: its steps in order, with the files and variables of a runner, against a local API that
// records what is asked. Steps that use other actions are left out.
import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import {createRequire} from 'node:module'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {parseWorkflow} from '@actions/workflow-parser'
import type {parseAction} from '@actions/workflow-parser/actions/action-parser'
import {build} from 'esbuild'
import {parse} from 'yaml'
import {endWithTests, root} from './support/cli.js'

interface Step {
  readonly name?: string
  readonly id?: string
  readonly if?: string
  readonly run?: string
  readonly uses?: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Action {
  readonly inputs: Readonly<Record<string, {readonly default: string; readonly description: string}>>
  readonly outputs: Readonly<Record<string, {readonly value: string}>>
  readonly runs: {readonly using: string; readonly steps: readonly Step[]}
}

const action: Action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))
const repo = 'lab/model'
const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-action-'))
afterAll(() => rmSync(folder, {recursive: true}))

interface Comment {
  readonly id: number
  readonly user: {readonly type: string}
  body: string
}

/** GitHub, as far as the action asks it. */
class Api {
  readonly calls: string[] = []
  readonly comments: Comment[] = []
  denied = false
  artifact: Buffer | null = null
  #server: Server | undefined

  async start(): Promise<string> {
    this.#server = createServer(async (request, response) => {
      const {pathname} = new URL(request.url!, 'http://api')
      let text = ''
      for await (const chunk of request) text += chunk
      this.calls.push(`${request.method} ${pathname}`)
      const answer = this.#answer(request.method!, pathname, text)
      response.writeHead(answer.status, {'content-type': 'application/json'})
      response.end(Buffer.isBuffer(answer.body) ? answer.body : JSON.stringify(answer.body))
    }).listen(0, '127.0.0.1')
    await new Promise(done => this.#server!.once('listening', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }

  #answer(method: string, path: string, text: string): {status: number; body: unknown} {
    const ok = (body: unknown) => ({status: 200, body})
    if (path.endsWith('/runs')) {
      const own = {id: 7, event: 'push', head_sha: 'abc', head_repository: {full_name: repo}}
      const fork = {...own, id: 8, head_repository: {full_name: 'stranger/model'}}
      return ok({workflow_runs: this.artifact === null ? [fork] : [fork, own]})
    }
    if (path.endsWith('/artifacts')) return ok({artifacts: [{id: 70, name: 'lantern-eval', expired: false}]})
    if (path.endsWith('/zip')) return ok(this.artifact)
    if (method === 'GET') return ok(this.comments)
    if (this.denied) return {status: 403, body: {message: 'Resource not accessible by integration'}}
    const {body} = JSON.parse(text)
    if (method === 'PATCH') this.comments.find(({id}) => path.endsWith(`/${id}`))!.body = body
    else this.comments.push({id: this.comments.length + 1, user: {type: 'Bot'}, body})
    return {status: 201, body: {}}
  }
}

let api: Api
let url: string
let job = 0
beforeEach(async () => {
  api = new Api()
  url = await api.start()
})
afterEach(() => api.stop())

/** Runs the steps. Returns what a person sees of the job. */
async function runJob(inputs: Readonly<Record<string, string>>) {
  const place = join(folder, `job-${++job}`)
  mkdirSync(place)
  const given: Record<string, string> = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [name, input.default.includes('${{') ? '' : input.default]),
  )
  Object.assign(given, {command: `${process.execPath} ${join(root, 'bin/run.js')}`, out: join(place, 'out')}, inputs)
  const outputs: Record<string, Record<string, string>> = {}
  const resolved = (expression: string): string => {
    const path = expression.trim()
    if (path.startsWith('inputs.')) return given[path.slice(7)]!
    const step = /^steps\.(\w+)\.outputs\.([\w-]+)$/.exec(path)
    if (step) return outputs[step[1]!]?.[step[2]!] ?? ''
    if (path === 'github.event.pull_request.number') return '12'
    throw new Error(`The test does not know ${path}.`)
  }
  const summary = join(place, 'summary.md')
  let log = ''
  let failed = false
  for (const step of action.runs.steps) {
    if (step.run === undefined || step.name === 'Install' || (failed && !step.if?.startsWith('always()'))) continue
    if (step.if?.includes('outputs.folder') && !outputs['run']?.['folder']) continue
    const file = join(place, `${step.name}-output`)
    writeFileSync(file, '')
    const env = Object.entries(step.env ?? {}).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => resolved(expression)),
    ])
    const {code, text} = await bash(step.run, {
      ...{PATH: process.env['PATH'], HOME: place, NO_COLOR: '1', RUNNER_TEMP: place, GITHUB_ACTION_PATH: root},
      ...{GITHUB_API_URL: url, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: repo, GITHUB_RUN_ID: '99'},
      ...{GITHUB_SHA: '0123456789abcdef', GITHUB_WORKFLOW_REF: `${repo}/.github/workflows/evaluate.yml@refs/pull/12`},
      ...{GITHUB_OUTPUT: file, GITHUB_STEP_SUMMARY: summary},
      ...Object.fromEntries(env),
    })
    log += text
    failed ||= code !== 0
    if (step.id)
      outputs[step.id] = Object.fromEntries(
        [...readFileSync(file, 'utf8').matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(found => [
          found[1],
          found[3],
        ]),
      )
  }
  return {failed, log, outputs, out: join(place, 'out'), summary: readFileSync(summary, 'utf8')}
}

function bash(script: string, env: Record<string, string | undefined>): Promise<{code: number | null; text: string}> {
  const child = spawn('bash', ['-eo', 'pipefail', '-c', script], {env, cwd: folder})
  endWithTests(child)
  let text = ''
  child.stdout.on('data', chunk => (text += chunk))
  child.stderr.on('data', chunk => (text += chunk))
  return new Promise(done => child.once('close', code => done({code, text})))
}

const small = {bench: 'hops', 'base-branch': 'main'}
const good = {...small, model: 'same=builtin:nano-text', mode: 'text-cot'}
const bad = {...small, model: 'same=builtin:nano-direct', mode: 'direct', 'baseline-arm': 'text-cot'}

/** The artifact that a job on the base branch leaves. */
function artifactOf(out: string): Buffer {
  const archive = `${out}.zip`
  execFileSync('zip', ['-q', '-r', archive, '.'], {cwd: out})
  return readFileSync(archive)
}

test('without an artifact of the base branch it publishes without a gate; then it comments once and changes that', async () => {
  const first = await runJob(good)
  expect(first.log).toContain('No run of main has left the artifact lantern-eval yet')
  expect(first).toMatchObject({failed: false, outputs: {run: {'exit-code': '0'}}})
  expect(first.summary).toContain('same')
  expect(api.comments).toHaveLength(1)
  expect(api.comments[0]!.body).toMatch(/^<!-- lantern-eval lantern-eval -->\n## lantern-eval/)
  // A person's comment with our marker is not ours to change.
  api.comments.unshift({id: 50, user: {type: 'User'}, body: api.comments[0]!.body})

  api.artifact = artifactOf(first.out)
  const second = await runJob({...bad, title: '<b>@all</b>'})
  expect(second.failed).toBe(true)
  expect(second.outputs['run']).toMatchObject({'exit-code': '1'})
  expect(second.log).toContain('::error title=lantern-eval::The gate failed')
  expect(second.log).toMatch(/^::error title=lantern-eval compare::/m)
  expect(api.comments).toHaveLength(2)
  const [theirs, ours] = api.comments
  expect(theirs!.body).not.toContain('The gate failed')
  expect(ours!.body).toContain('**The gate failed**')
  expect(ours!.body).toMatch(/\| sample \| before \| now \|\n\| --- \| --- \| --- \|\n\| .* \| correct \| wrong \|/)
  expect(ours!.body).not.toMatch(/<b>|@all/)
  expect(api.calls.filter(call => /^(POST|PATCH)/.test(call))).toEqual([
    `POST /repos/${repo}/issues/12/comments`,
    `PATCH /repos/${repo}/issues/comments/1`,
  ])
  expect(api.calls).not.toContain(`GET /repos/${repo}/actions/runs/8/artifacts`)
}, 120_000)

test('a token that may not comment, as that of a fork, is told and fails nothing; inputs are no shell', async () => {
  api.denied = true
  const mark = join(folder, 'injected')
  const {failed, log, summary} = await runJob({...good, args: '--limit 24', title: `$(touch ${mark})\`touch ${mark}\``})
  expect(failed).toBe(false)
  expect(log).toMatch(/^::notice title=lantern-eval::No comment was written: .*403/m)
  expect(summary).toContain('same')
  expect(() => readFileSync(mark)).toThrow()
}, 120_000)

test('a table that is longer than a comment is cut in whole lines; flips and link stay, and names notify nobody', async () => {
  const left = join(folder, 'long')
  mkdirSync(left)
  const rows = Array.from({length: 3000}, (_, k) => `| ${k} | @somebody/model \`@code\` | 50.0 |`)
  writeFileSync(join(left, 'table.md'), ['<details><summary>all</summary>', '', ...rows, '</details>'].join('\n'))
  const pair = {bench: 'hops', wins: 0, losses: 1, flips: [{id: 'a@b', from: 'correct', to: 'wrong'}]}
  writeFileSync(join(left, 'result.json'), JSON.stringify({comparison: {pairs: [pair]}}))
  const publish = action.runs.steps.find(({run}) => run?.includes('publish.mjs'))!.run!
  const summary = join(left, 'summary.md')
  const {code} = await bash(publish, {
    ...{PATH: process.env['PATH'], GITHUB_ACTION_PATH: root, GITHUB_API_URL: url, GITHUB_REPOSITORY: repo},
    ...{GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '99', GITHUB_SHA: '0123', GITHUB_STEP_SUMMARY: summary},
    ...{LANTERN_FOLDER: left, LANTERN_PULL_REQUEST: '12', LANTERN_EXIT_CODE: '0', GITHUB_TOKEN: 't'},
  })
  expect(code).toBe(0)
  const {body} = api.comments[0]!
  expect(body.length).toBeLessThan(65_536)
  expect(body).toContain('| a&#64;b | correct | wrong |')
  expect(body).toContain('actions/runs/99')
  expect(body).toContain('@<!-- -->somebody/model `@code`')
  expect(body).not.toMatch(/@somebody/)
  expect(body.split('<details').length).toBe(body.split('</details>').length)
  for (const line of body.split('\n').filter(line => line.startsWith('| ') && line.includes('50.0')))
    expect(line).toMatch(/^\| \d+ \| .* \| 50\.0 \|$/)
  expect(readFileSync(summary, 'utf8').split('\n| ').length).toBeGreaterThan(3000)
})

test('an undecided gate fails the job unless it is told to pass; other benchmarks than the baseline are told', async () => {
  const few = {...good, args: '--limit 24'}
  const first = await runJob(few)
  api.artifact = artifactOf(first.out)
  const undecided = await runJob(few)
  expect(undecided).toMatchObject({failed: true, outputs: {run: {'exit-code': '3'}}})
  expect(undecided.log).toMatch(/^::error title=lantern-eval::The gate is undecided/m)
  expect(undecided.summary).toContain('**Inconclusive**')
  for (const [name, value] of [
    ['on-inconclusive', 'pass'],
    ['fail-on', 'nothing'],
    ['base-branch', ''],
  ] as const)
    expect(await runJob({...few, [name]: value})).toMatchObject({failed: false, outputs: {run: {'exit-code': '0'}}})
  const other = await runJob({...few, bench: 'hops-pairs', out: join(folder, 'a folder with spaces')})
  expect(other).toMatchObject({failed: true, outputs: {run: {'exit-code': '5'}}})
  expect(other.log).toMatch(/^::error title=lantern-eval::The baseline is not comparable/m)
  expect(other.summary).toContain('**Not comparable**')
}, 180_000)

test('GitHub that does not answer costs the comment, not the job', async () => {
  api.stop()
  const {failed, log} = await runJob({...good, args: '--limit 24', 'base-branch': ''})
  expect(failed).toBe(false)
  expect(log).toMatch(/^::warning title=lantern-eval::No comment was written: .*did not answer/m)
}, 60_000)

test('many benchmarks with many flips still fit into a comment, and escaped backticks hide no name', async () => {
  const left = join(folder, 'wide')
  mkdirSync(left)
  const name = '| x\\` | 1 |\n| @somebody | 2 |\n| y\\` `a@code` | 3 |'
  writeFileSync(join(left, 'table.md'), name)
  const flips = Array.from({length: 300}, (_, k) => ({id: `${'@'.repeat(60)}${k}`, from: 'correct', to: 'wrong'}))
  const pairs = Array.from({length: 30}, (_, k) => ({bench: `b${k}`, wins: 0, losses: 300, flips}))
  writeFileSync(join(left, 'result.json'), JSON.stringify({comparison: {pairs}}))
  const {code} = await bash(action.runs.steps.find(({name}) => name === 'Publish')!.run!, {
    ...{PATH: process.env['PATH'], GITHUB_ACTION_PATH: root, GITHUB_API_URL: url, GITHUB_REPOSITORY: repo},
    ...{GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '99', GITHUB_SHA: '0123'},
    ...{GITHUB_STEP_SUMMARY: join(left, 'summary.md'), GITHUB_TOKEN: 't'},
    ...{LANTERN_FOLDER: left, LANTERN_PULL_REQUEST: '12', LANTERN_EXIT_CODE: '1'},
  })
  expect(code).toBe(0)
  const {body} = api.comments[0]!
  expect(body.length).toBeLessThan(65_536)
  expect(body.match(/<details>/g)).toHaveLength(30)
  expect(body).toContain('296 more are in `result.json`')
  expect(body).toContain('| @<!-- -->somebody | 2 |')
  expect(body).toContain('`a@code`')
})

test('the cache has a key that GitHub takes, one for each choice of benchmarks and models', async () => {
  const [name, cache] = [...action.runs.steps.entries()].flatMap(([k, step]) =>
    step.uses?.startsWith('actions/cache@') ? [action.runs.steps[k - 1]!, step] : [],
  )
  expect(JSON.stringify(cache)).not.toContain('inputs.bench')
  const keyOf = async (bench: string, model: string) => {
    const file = join(folder, 'key-output')
    writeFileSync(file, '')
    await bash(name!.run!, {
      ...{PATH: process.env['PATH'], GITHUB_ACTION_PATH: root, GITHUB_OUTPUT: file},
      ...{LANTERN_BENCH: bench, LANTERN_MODEL: model},
    })
    return readFileSync(file, 'utf8').split('\n')[1]!
  }
  const key = await keyOf('vstar,blink', `a=hub:x/y\n${'b'.repeat(600)}`)
  expect(key).toMatch(/^[0-9a-f]{32}$/)
  expect(await keyOf('vstar', 'a')).not.toBe(key)
})

test('answers of an earlier run of the workflow are not taken for new ones; those of the same run are', async () => {
  const place = join(folder, 'kept')
  const script = pathToFileURL(join(root, 'action/run.mjs')).href
  const {clearEarlier, commandOf} = await import(script)
  const leave = () => {
    mkdirSync(join(place, 'run'), {recursive: true})
    for (const name of ['run/lock.json', 'table.md', 'mine.txt']) writeFileSync(join(place, name), '')
  }
  const left = () => readdirSync(place).toSorted()
  leave()
  clearEarlier(place, {GITHUB_RUN_ID: '1'})
  expect(left()).toEqual(['mine.txt', 'workflow-run.txt'])
  leave()
  clearEarlier(place, {GITHUB_RUN_ID: '1'})
  expect(left()).toEqual(['mine.txt', 'run', 'workflow-run.txt'])
  clearEarlier(place, {GITHUB_RUN_ID: '2'})
  expect(left()).toEqual(['mine.txt', 'workflow-run.txt'])
  // Windows starts no batch file without a shell.
  writeFileSync(join(place, 'lantern-eval.cmd'), '')
  const found = [process.execPath, join(place, 'node_modules/lantern-eval/bin/run.js')]
  expect(commandOf({PATH: `/nowhere:${place}`}, 'win32')).toEqual(found)
  expect(commandOf({PATH: place}, 'linux')).toEqual(['lantern-eval'])
})

test('a run that cannot start still publishes, and fails', async () => {
  const {failed, summary, outputs} = await runJob({...good, bench: 'no-such'})
  expect(failed).toBe(true)
  expect(outputs['run']).toMatchObject({'exit-code': '2'})
  expect(summary).toContain('The run left no table')
}, 60_000)

test('the action says what GitHub asks of a composite action, and no expression is in a script', () => {
  expect(action.runs.using).toBe('composite')
  for (const step of action.runs.steps) {
    if (step.run === undefined) {
      expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/)
      continue
    }
    expect(step.shell).toBe('bash')
    expect(step.run).not.toContain('${{')
  }
  for (const {description} of Object.values(action.inputs)) expect(description).toMatch(/\.$/)
})

test.each(['pull-request', 'nightly-checkpoints', 'leaderboard-pages'])(
  'the example %s is a workflow that knows the inputs',
  name => {
    const workflow = parse(readFileSync(join(root, `examples/github/${name}.yml`), 'utf8'))
    expect(workflow).toMatchObject({name: expect.any(String), on: expect.anything(), permissions: expect.anything()})
    const steps = Object.values(
      workflow.jobs as Record<string, {steps: {uses?: string; with?: object; run?: string}[]}>,
    ).flatMap(({steps}) => steps)
    for (const step of steps) {
      expect(step.uses === undefined).toBe(step.run !== undefined)
      expect(step.run ?? '').not.toContain('${{')
      if (step.uses?.includes('lantern-eval'))
        for (const input of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(input)
    }
  },
)

describe("GitHub's own parser", () => {
  type Parse = typeof parseAction | typeof parseWorkflow
  let parsers: {parseAction: typeof parseAction; parseWorkflow: typeof parseWorkflow}
  beforeAll(async () => {
    // It imports JSON in a way that Node no longer has.
    const outfile = join(folder, 'parser.cjs')
    const contents = `export {parseWorkflow} from '@actions/workflow-parser'
export {parseAction} from '@actions/workflow-parser/actions/action-parser'`
    await build({stdin: {contents, resolveDir: root}, bundle: true, platform: 'node', format: 'cjs', outfile})
    parsers = createRequire(outfile)(outfile)
  })
  const faults = (parse: Parse, content: string) =>
    parse({name: 'it', content}, {error() {}, info() {}, verbose() {}})
      .context.errors.getErrors()
      .map(({message}) => message)

  it('takes the action, and would see a fault in it', () => {
    const content = readFileSync(join(root, 'action.yml'), 'utf8')
    expect(faults(parsers.parseAction, content)).toEqual([])
    expect(faults(parsers.parseAction, content.replace('shell: bash', 'shel: bash'))).not.toEqual([])
  })

  const examples = join(root, 'examples/github')
  it.each(readdirSync(examples))('takes %s, whose inputs the action has', name => {
    const content = readFileSync(join(examples, name), 'utf8')
    expect(faults(parsers.parseWorkflow, content)).toEqual([])
    expect(faults(parsers.parseWorkflow, content.replace('runs-on:', 'runs-onn:'))).not.toEqual([])
    const jobs: readonly {steps: readonly {uses?: string; with?: object}[]}[] = Object.values(parse(content).jobs)
    const ours = jobs.flatMap(({steps}) => steps).filter(({uses}) => uses?.startsWith('your-org/lantern-eval@'))
    for (const one of ours) expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(one.with!)))
  })
})
