// CONTRIBUTING.md is true: each of its examples is written to a folder of a user, word for word, and its commands are
// run there.
import {copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {Definition} from '../src/core/definition.js'
import type {Sample} from '../src/core/sample.js'
import {readLock, settledRecords} from '../src/run-folder/reader.js'
import {openRunner, registerRunner} from '../src/runners/index.js'
import type {Runner} from '../src/runners/runner.js'
import {armOf, requestsOf} from './support/checkpoint-under-test.js'
import {cli, type Ended, root} from './support/cli.js'
import {runnerContract} from './support/runner-contract.js'
import {runnerOptions} from './support/runner-options.js'

const document = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')
/** Fenced blocks by what stands behind their fence: the language and a name. */
const blocks = new Map(
  Array.from(document.matchAll(/^```(\w+ \S+)\n(.*?)^```$/gms), ([, name, code]) => [name!, code!] as const),
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contributing-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'lantern-eval'))
  for (const [name, code] of blocks) {
    const [language, file] = name.split(' ')
    if (language === 'js' || language === 'yaml') await writeFile(join(folder, file!), code)
  }
})
afterAll(() => rm(folder, {recursive: true}))

/** Runs the commands of a section, as a reader would copy them; each must succeed. */
async function follow(section: string): Promise<readonly Ended[]> {
  const ended: Ended[] = []
  for (const line of blocks.get(`sh ${section}`)!.trim().split('\n')) {
    const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word!)
    expect(words[0]).toBe('lantern-eval')
    const env = {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HOME: join(folder, 'hub')}
    const one = await cli(words.slice(1), {cwd: folder, env})
    expect({line, code: one.code, stderr: one.stderr}).toMatchObject({code: 0})
    ended.push(one)
  }
  return ended
}

const summaryOf = async (run: string) => JSON.parse(await readFile(join(folder, run, 'summary.json'), 'utf8'))

test('every example is under 40 lines', () => {
  const scripts = [...blocks].filter(([name]) => name.startsWith('js '))
  expect(scripts).toHaveLength(8)
  for (const [name, code] of scripts) expect([name, code.trim().split('\n').length < 40]).toEqual([name, true])
})

test('a benchmark is verified, run and shown', async () => {
  await copyFile(join(root, 'fixtures/pictures/hops-chain.png'), join(folder, 'bus.png'))
  const item = {image: 'bus.png', question: 'Which?', options: ['red', 'blue'], answer: 'B'}
  await writeFile(
    join(folder, 'items.jsonl'),
    ['1', '2'].map(id => `${JSON.stringify({id, ...item})}\n`),
  )
  const [verified, , shown] = await follow('mybench')
  expect(verified!.stdout).toMatch(/2/)
  expect(shown!.stdout).toContain('My Bench')
  expect((await summaryOf('my-run')).rows[0]).toMatchObject({bench: 'mybench', n: 2})
  const lock = await readLock(join(folder, 'my-run'))
  expect(lock.benchmarks[0]).toMatchObject({id: 'mybench', layout: 'jsonl', selected: 2})
  expect(lock.decoding.maxNewTokens).toEqual({direct: 8})
  expect(lock.plugins).toEqual([
    {name: 'mybench.mjs', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), parts: ['benchmark mybench']},
  ])
})

test('the same benchmark as a definition of a few lines asks and scores the same', async () => {
  expect(blocks.get('yaml toy.yaml')!.trim().split('\n').length).toBeLessThan(10)
  const [verified, , shown] = await follow('toy')
  expect(verified!.stdout).toMatch(/all +2 +2/)
  expect(shown!.stdout).toContain('My Bench')
  const asked = async (run: string) =>
    (await settledRecords(join(folder, run)))
      .map(({id, gold, text, seen, score}) => ({id, gold, text, seen, score}))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  expect(await asked('toy-run')).toEqual(await asked('my-run'))
})

test('a run of that benchmark is scored again without its plug-in, as far as its records say', async () => {
  const rescore = (...args: string[]) => cli(['rescore', 'my-run', '--out', 'again', ...args], {cwd: folder})
  expect(await rescore('--data', 'items.jsonl', '--json')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('came with the plug-in mybench.mjs'),
  })
  expect(await rescore('--extractor', 'blink_official')).toMatchObject({code: 0})
  expect((await readLock(join(folder, 'again'))).plugins).toMatchObject([{parts: ['benchmark mybench']}])
})

test('a runner is listed and answers', async () => {
  const [listed] = await follow('letter')
  expect(listed!.stdout).toMatch(/letter:X +the same letter for every question/)
  const records = await settledRecords(join(folder, 'letter-run'))
  expect(records).toHaveLength(30)
  for (const {answer, gold, outcome} of records)
    if (outcome !== 'error') expect([answer, outcome]).toEqual(['B', gold === 'B' ? 'correct' : 'wrong'])
  expect((await readLock(join(folder, 'letter-run'))).plugins).toMatchObject([{parts: ['runner letter']}])
})

runnerContract('the runner of CONTRIBUTING.md', async () => {
  const plugin = (await import(pathToFileURL(join(folder, 'letter.mjs')).href)) as {default: Definition[]}
  registerRunner(plugin.default[0]!.part as Runner)
  const sample = (id: string, letters: string[]): Sample => ({
    ...{id, benchmark: 'mybench', subtask: 'all', images: [], question: 'Which?', options: letters, letters, gold: 'A'},
  })
  const arms = [armOf('letter:B', 'direct'), armOf('letter:B', 'text-cot')]
  return {
    open: () => openRunner('letter:B', runnerOptions()),
    group: n => requestsOf(sample(String(n), ['A', 'B']), arms, 16),
    failing: () => requestsOf(sample('other', ['X', 'Y']), arms, 16),
  }
})

test('an extractor reads', async () => {
  const [read] = await follow('first-letter')
  expect(read!.stdout).toBe('C  (rule first letter, characters 8 to 9, raw value "C")\n')
})

test('a report format is written', async () => {
  await follow('ranking')
  expect(await readFile(join(folder, 'ranking.txt'), 'utf8')).toMatch(/^\d+\.\d {2}hops {2}letter:B\|direct\n$/)
})

test('a protocol runs, in the thread of the model', async () => {
  await follow('early-end')
  const {rows} = await summaryOf('early-run')
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({arm: 'builtin:nano-latent|latent|lantern-early:5|own', outcomes: {error: 0}})
  expect((await readLock(join(folder, 'early-run'))).plugins).toMatchObject([{parts: ['protocol lantern-early']}])
})

test('a protocol of a YAML file decides too, on a checkpoint with markers of its own', async () => {
  await follow('ours')
  const {rows} = await summaryOf('ours-run')
  expect(rows[0]).toMatchObject({protocol: 'ours', latentSize: 5, outcomes: {error: 0}})
  // START is forced. The markers and K are the checkpoint's own.
  const records = await settledRecords(join(folder, 'ours-run'))
  expect(records).toHaveLength(15)
  for (const {text} of records) expect(text).toMatch(/^<\|lvr_start\|>/)
})

test('a recipe sets what a run is asked', async () => {
  await follow('short-answers')
  const {rows} = await summaryOf('short-run')
  expect(rows[0]).toMatchObject({recipe: 'short-answers', mode: 'direct', total: 8})
  const lock = await readLock(join(folder, 'short-run'))
  expect(lock.decoding.maxNewTokens).toEqual({direct: 4})
  expect(lock.recipe).toMatchObject({name: 'short-answers', changed: {}})
  expect(lock.plugins).toMatchObject([{parts: ['recipe short-answers']}])
})

test('an intervention changes what is fed, in the thread of the model', async () => {
  await follow('negated')
  const {rows} = await summaryOf('negated-run')
  const scoreOf = (name: string) => rows.find(({intervention}: {intervention: string}) => intervention === name).score
  expect(scoreOf('own')).toBeGreaterThan(0.9)
  expect(scoreOf('negated')).toBeLessThan(scoreOf('own') - 0.2)
  expect((await readLock(join(folder, 'negated-run'))).plugins).toMatchObject([{parts: ['intervention negated']}])
})

test('files of a peer are imported', async () => {
  await writeFile(join(folder, 'answers.tabs'), 'hops-1-000\t<answer>A</answer>\nhops-1-001\t<answer>B</answer>\n')
  await follow('tabs')
  expect((await settledRecords(join(folder, 'tabs-run'))).map(({id, answer}) => [id, answer])).toEqual([
    ['hops-1-000', 'A'],
    ['hops-1-001', 'B'],
  ])
  expect((await readLock(join(folder, 'tabs-run'))).plugins).toMatchObject([{parts: ['peer-format tabs']}])
})
