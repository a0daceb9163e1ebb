// leaderboard, compare, inspect and rescore over runs of real saved answers, each as a process.
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {comparisonSchema} from '../src/reports/schemas/comparison.js'
import {resultDocumentSchema} from '../src/reports/schemas/result.js'
import {cli} from './support/cli.js'

let folder: string
const at = (name: string) => join(folder, 'results', name)
const inFolder = (...args: string[]) => cli(args, {cwd: folder})
const fixture = (model: string) => new URL(`../fixtures/replay/${model}.json`, import.meta.url).pathname

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-tables-'))
  for (const model of ['GPT4o', 'GPT4V']) {
    const {code, stderr} = await inFolder(
      'run',
      '--bench',
      'blink',
      '--model',
      `replay:${fixture(model)}`,
      '--extractor',
      'verbatim',
      '--out',
      at(model),
    )
    if (code !== 0) throw new Error(stderr)
  }
})
afterAll(() => rm(folder, {recursive: true}))

describe('leaderboard', () => {
  it('without arguments ranks every run under results/, with the official Totals', async () => {
    const {code, stdout} = await inFolder('leaderboard', '--json')
    const document = resultDocumentSchema.parse(JSON.parse(stdout))
    expect(code).toBe(0)
    // design/benchmarks.md 8.1; n = 1,901 rows each.
    expect(
      document.rows.map(({score, n, tier, rankLow, rankHigh}) => [
        (100 * score!).toFixed(4),
        n,
        tier,
        rankLow,
        rankHigh,
      ]),
    ).toEqual([
      ['60.0411', 1901, 1, 1, 1],
      ['51.0891', 1901, 2, 2, 2],
    ])
    // design/benchmarks.md 2.3.
    expect(100 * document.rows[0]!.baselines.majority!).toBeCloseTo(42.059, 3)
  })

  it('shows a run once even if it is named several times', async () => {
    const {stdout} = await inFolder('leaderboard', 'results/GPT4o', 'results', './results/GPT4o/', '--json')
    expect(JSON.parse(stdout).rows).toHaveLength(2)
  })

  it('prints within 80 columns and without colours to a pipe, and writes the requested formats', async () => {
    const {code, stdout} = await inFolder(
      'leaderboard',
      '--subtasks',
      '--format',
      `markdown=${join(folder, 'out/t.md')},csv=${join(folder, 'out/t.csv')}`,
    )
    expect(code).toBe(0)
    expect(stdout).toContain('60.0')
    expect(stdout).not.toContain('\u001b')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(await readdir(join(folder, 'out'))).toEqual(['t.csv', 't.md'])
    expect((await readFile(join(folder, 'out/t.csv'), 'utf8')).split('\n')).toHaveLength(2 * 15 + 2)
  })

  it('writes results for papers, CI, notebooks and hubs, and says what it leaves out', async () => {
    const paths = {
      ...{latex: 'p/t.tex', badge: 'p/badge.json', annotations: 'p/notes.txt', parquet: 'p/records.parquet'},
      ...{eee: 'p/eee', nel: 'p/results.jsonl', 'hf-eval-results': 'p/hub.yaml', 'model-index': 'p/index.yaml'},
    }
    const formats = Object.entries(paths).flatMap(([name, path]) => ['--format', `${name}=${path}`])
    const {code, stderr} = await inFolder('leaderboard', at('GPT4V'), ...formats)
    expect([code, stderr]).toEqual([0, expect.stringContaining('.json is ')])
    const read = (path: string) => readFile(join(folder, path), 'utf8')
    expect(await read(paths.latex)).toContain('\\toprule')
    expect(JSON.parse(await read(paths.badge))).toMatchObject({label: 'BLINK val'})
    expect(await read(paths.annotations)).toMatch(/^::notice title=blink val/m)
    expect((await read(paths.nel)).trimEnd().split('\n')).toHaveLength(1901)
    expect(await read(paths['hf-eval-results'])).toContain('id: BLINK-Benchmark/BLINK')
    expect(await read(paths['model-index'])).toContain('name: BLINK')
    expect(await readdir(join(folder, paths.eee))).toHaveLength(2)
    expect((await readFile(join(folder, paths.parquet))).subarray(0, 4).toString()).toBe('PAR1')

    const small = ['--bench', 'hops', '--data', 'builtin', '--model', 'builtin:nano-direct', '--mode', 'direct']
    const {code: ended, stderr: told} = await inFolder(
      ...['run', ...small, '--limit', '5', '--out', 'p/run', '--format', 'hf-eval-results=p/none.yaml'],
    )
    expect([ended, told]).toEqual([
      0,
      expect.stringContaining('leaves out 1 row: built-in samples (--include-unofficial)'),
    ])
    expect(await read('p/none.yaml')).toBe('[]\n')
  })

  it('puts checkpoints in the order of their steps, and names the best where it is shown', async () => {
    const models = ['--model', `2000=replay:${fixture('GPT4V')}`, '--model', `500=replay:${fixture('GPT4o')}`]
    const settings = ['--bench', 'blink', '--extractor', 'verbatim', '--out', 'p/steps']
    const {code, stdout} = await inFolder('run', ...models, ...settings, '--json')
    const {rows, curves} = resultDocumentSchema.parse(JSON.parse(stdout))
    expect(code).toBe(0)
    expect(curves).toMatchObject([{bench: 'blink', training: '*', unit: 'step', best: {steps: [500], decided: true}}])
    expect(curves![0]!.points.map(({step, row}) => [step, rows[row]!.label])).toEqual([
      [500, '500'],
      [2000, '2000'],
    ])
    const {stdout: table} = await inFolder('leaderboard', 'p/steps')
    expect(table).toMatch(/^ *500 +60\.0 .*\n *2,000 +51\.1 /m)
    expect(table.replaceAll(/\s+/g, ' ')).toContain('The best step is 500: it is shown to beat each of the others.')
  })

  it('exits 2 for a folder without runs', async () => {
    const {code, stderr} = await inFolder('leaderboard', 'nowhere')
    expect(code).toBe(2)
    expect(stderr).toContain('nowhere does not exist')
  })
})

it('other commands do not write to the run folder in a configuration file', async () => {
  const config = join(folder, 'out.yaml')
  await writeFile(config, `out: ${at('GPT4o')}\nextractor: verbatim\n`)
  const {code, stderr} = await inFolder('rescore', at('GPT4o'), '--config', config)
  expect([code, stderr]).toEqual([2, expect.stringContaining('`rescore` needs --out')])
})

describe('compare', () => {
  it('gates with the exit codes of the contract, and includes the verdict in the JSON', async () => {
    const down = await inFolder('compare', at('GPT4o'), at('GPT4V'), '--fail-on', 'regression', '--json')
    const comparison = comparisonSchema.parse(JSON.parse(down.stdout))
    expect([down.code, comparison.verdict, comparison.exitCode]).toEqual([1, 'regressed', 1])
    expect(100 * comparison.pairs[0]!.difference).toBeCloseTo(51.0891 - 60.0411, 3)
    const [pair] = comparison.pairs
    expect(pair!.wins - pair!.losses).toBe(958 - 1139)
    expect(pair).toMatchObject({test: 'sign-flip', gate: {passed: false, margin: 0.02, low: pair!.bounds.low}})
    expect(pair!.high).toBeLessThan(0)
    expect(pair!.p).toBeLessThan(0.001)
    expect(pair!.flips).toHaveLength(200)
    expect(pair!.flips[0]).toMatchObject({from: 'correct', to: expect.stringMatching(/wrong|unanswered/)})
    expect((await inFolder('compare', at('GPT4V'), at('GPT4o'), '--fail-on', 'regression')).code).toBe(0)
    expect((await inFolder('compare', at('GPT4o'), at('GPT4V'))).code).toBe(0)
  })

  it('refuses runs with different extractors (exit 5)', async () => {
    const rescored = await inFolder(
      'rescore',
      at('GPT4V'),
      '--extractor',
      'lantern-eval',
      '--out',
      join(folder, 'rescored'),
    )
    expect(rescored.code).toBe(0)
    const {code, stderr} = await inFolder('compare', at('GPT4o'), join(folder, 'rescored'))
    expect(code).toBe(5)
    expect(stderr).toContain('extractor: lantern-eval, not verbatim')
    const allowed = await inFolder('compare', at('GPT4o'), join(folder, 'rescored'), '--allow', 'extractor')
    expect([allowed.code, allowed.stdout.replaceAll(/\s+/g, ' ')]).toEqual([
      0,
      expect.stringContaining('allowed to differ: extractor: lantern-eval, not verbatim'),
    ])
  })
})

describe('inspect', () => {
  it('shows the requested samples', async () => {
    const {code, stdout} = await inFolder(
      'inspect',
      at('GPT4V'),
      '--outcome',
      'wrong',
      '--subtask',
      'Counting',
      '--json',
    )
    const {total, records} = JSON.parse(stdout)
    // benchmarks.md 8.1: 73 of 120 are right; the others are wrong or give no letter of the item.
    expect(code).toBe(0)
    expect(total).toBeGreaterThan(30)
    expect(records).toHaveLength(20)
    for (const record of records) expect(record).toMatchObject({outcome: 'wrong', subtask: 'Counting'})
    const one = await inFolder('inspect', at('GPT4V'), '--sample', records[0].id)
    expect(one.stdout).toContain(records[0].id)
    // A long path of the checkout breaks the line there.
    expect(one.stdout.replaceAll(/\s+/g, ' ')).toContain(`gold ${records[0].gold}`)
  })

  it('exits 2 for an arm that does not exist', async () => {
    expect((await inFolder('inspect', `${at('GPT4V')}#latent`)).code).toBe(2)
  })
})
