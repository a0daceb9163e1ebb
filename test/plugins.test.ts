// Plug-ins as a user meets them: where they are named, what is told of one that cannot be loaded, what stands in the
// lock, and how their runs are read without them. What each kind of part can do is contributing.test.ts.
import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLock} from '../src/run-folder/reader.js'
import {cli, type Ended, root} from './support/cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugins-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'lantern-eval'))
  await write('reader.mjs', readerOf('first'))
})
afterAll(() => rm(folder, {recursive: true}))

async function write(path: string, text: string): Promise<string> {
  await mkdir(join(folder, path, '..'), {recursive: true})
  await writeFile(join(folder, path), text)
  return join(folder, path)
}

/** A plug-in with an extractor `mine`, which reads the first or the last letter of the item. */
const readerOf = (which: 'first' | 'last') => `
  import {defineExtractor, reading} from 'lantern-eval'
  const read = item => {
    const letters = [...item.text].filter(sign => item.letters.includes(sign))
    return reading(item, letters.at(${which === 'first' ? 0 : -1}) ?? null, '${which}')
  }
  export default [defineExtractor({name: 'mine', read})]`

interface Told {
  readonly code: number | null
  readonly message: string
  readonly suggestion: string
}

const run = (args: readonly string[], more: {env?: Record<string, string>; cwd?: string} = {}): Promise<Ended> =>
  cli(args, {cwd: folder, ...more, env: {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), ...more.env}})

async function failing(...args: string[]): Promise<Told> {
  const {code, stdout} = await run([...args, '--json'])
  return {...JSON.parse(stdout).error, code}
}

const extract = ['extract', '--extractor', 'mine', '--text', 'B or C', '--json']
const answerOf = ({stdout, stderr}: Ended) => (stdout === '' ? stderr : JSON.parse(stdout)).answer

describe('a plug-in is named', () => {
  test('by the flag, relative to the current folder', async () => {
    expect(answerOf(await run([...extract, '--plugin', './reader.mjs']))).toBe('B')
  })

  test('by the variable', async () => {
    expect(answerOf(await run(extract, {env: {LANTERN_EVAL_PLUGIN: './reader.mjs'}}))).toBe('B')
  })

  test('by the file, relative to that file; its other values may be names it brings', async () => {
    const config = await write('deep/my.yaml', 'plugins: [../reader.mjs]\nextractor: mine\n')
    expect(answerOf(await run(['extract', '--text', 'B or C', '--json', '--config', config], {cwd: root}))).toBe('B')
  })

  test('as a package with exports for import alone, from the folder that names it', async () => {
    const manifest = {name: '@me/reader', type: 'module', exports: {'.': {import: './lib/main.js'}}}
    await write('node_modules/@me/reader/package.json', JSON.stringify(manifest))
    await write('node_modules/@me/reader/lib/main.js', readerOf('last'))
    expect(answerOf(await run([...extract, '--plugin', '@me/reader']))).toBe('C')
  })

  test('by several at once, and by the same one twice', async () => {
    await write('lantern-eval.config.yaml', 'plugins: ./reader.mjs\n')
    await write('other.mjs', readerOf('last').replace("'mine'", "'other'"))
    expect(answerOf(await run([...extract, '--plugin', './reader.mjs,./other.mjs']))).toBe('B')
    await rm(join(folder, 'lantern-eval.config.yaml'))
  })
})

test('a protocol in a YAML file is followed where the model runs, and stands in the lock', async () => {
  // The first id is START, whatever the model says; two latents; then END, and a forced text.
  const rules = {name: 'mine', source: 'a test', forceStart: 'always', budget: 2, forcedAfterExit: [{text: ' yes'}]}
  await write('mine.yaml', `# Mine.\n${JSON.stringify(rules)}\n`)
  const out = join(folder, 'with-mine')
  const args = ['run', '--bench', 'hops', '--model', 'builtin:nano-latent', '--limit', '2', '--latent-size', '2']
  const ended = await run([...args, '--protocol', './mine.yaml', '--latent-dtype', 'bf16', '--out', out, '--json'])
  expect(ended.code).toBe(0)
  const lock = await readLock(out)
  expect(lock.arms[0]).toMatchObject({protocol: 'mine', latentSize: 2})
  expect(lock.plugins).toEqual([{name: 'mine.yaml', sha256: expect.any(String), parts: ['protocol mine']}])
  expect(lock.models[0]).toMatchObject({details: {latentDtype: 'bf16'}})
  const answers = JSON.parse(ended.stdout).rows
  expect(answers[0]).toMatchObject({protocol: 'mine'})
})

test('a misspelt name is refused with that of the plug-in, and help shows it', async () => {
  const refused = await failing('extract', '--extractor', 'mien', '--text', 'x', '--plugin', './reader.mjs')
  expect(refused).toMatchObject({code: 2, suggestion: expect.stringContaining('Did you mean mine?')})
  const {stdout} = await run(['extract', '--help', '--plugin', './reader.mjs'])
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(', mine; default: lantern-eval')
})

describe('one that cannot be loaded is one error', () => {
  const define =
    "import {defineExtractor, defineFormat, defineIntervention, defineProtocol, protocolNamed} from 'lantern-eval'\n"
  const list = (element: string) => `${define}export default [${element}]`
  test.each<[what: string, text: string, message: RegExp, suggestion: RegExp]>([
    ['a syntax error', 'export default [', /cannot be loaded: Unexpected end of input/, /node .*bad\.mjs/],
    ['an error at import', 'throw new Error("not today")', /cannot be loaded: not today/, /Correct it/],
    ['an import that is missing', "import 'absent-package'", /Cannot find package 'absent-package'/, /Install absent/],
    ['no default export', 'export const a = 1', /has no default export/, /export default/],
    ['a default export that is no list', 'export default {}', /default export is no list/, /export default/],
    ['an element that is no definition', 'export default [{name: "x"}]', /element 1 .* no definition/, /defineRunner/],
    ['null as an element', 'export default [null]', /element 1 .* no definition/, /defineRunner/],
    ['a kind that is unknown', 'export default [{kind: "x", name: "x", part: 1}]', /of the kind "x"/, /defineRunner/],
    [
      'a name that is taken',
      list('defineExtractor({name: "lvr", read() {}})'),
      /is an extractor "lvr" already/,
      /Give/,
    ],
    ['a part without a function', list('defineExtractor({name: "x"})'), /"x" has a wrong read: .* a function/, /./],
    ['a part that is none', list('defineExtractor(5)'), /defined by an object, not by 5/, /./],
    [
      'a name that no command line takes',
      list('defineExtractor({name: "a b", read() {}})'),
      /no valid name/,
      /letters/,
    ],
    ['a rule that is none', list('defineProtocol({name: "x", enterOn: "odd"})'), /wrong enterOn: .* predicted/, /./],
    [
      'a rule that no protocol has',
      list('defineProtocol({...protocolNamed("lantern"), name: "x", earlyend: true})'),
      /a rule that no protocol has: earlyend/,
      /Did you mean earlyEnd/,
    ],
    [
      'an ending without its dot',
      list('defineFormat({name: "x", ending: "txt", render: () => ""})'),
      /wrong ending: .* with its dot/,
      /./,
    ],
    ['the name of a refused method', list('{kind: "protocol", name: "x", part: {name: "x"}}'), /wrong source/, /./],
    ['a need that is none', list('defineIntervention({name: "x", needs: "all"})'), /wrong needs: .* evidence/, /./],
  ])('%s', async (_what, text, message, suggestion) => {
    await write('bad.mjs', text)
    const told = await failing('cache', 'dir', '--plugin', './bad.mjs')
    expect(told).toMatchObject({
      code: 2,
      message: expect.stringMatching(message),
      suggestion: expect.stringMatching(suggestion),
    })
    expect(told.message).toContain('The plug-in ./bad.mjs')
  })

  test('a protocol in YAML that no protocol can be', async () => {
    await write('bad.yaml', 'name: mine\nsource: a test\nbudgets: 3\n')
    const told = await failing('run', '--bench', 'hops', '--model', 'builtin:nano-latent', '--protocol', './bad.yaml')
    expect(told).toMatchObject({code: 2, message: expect.stringContaining('a rule that no protocol has: budgets')})
  })

  test('an absent file and an absent package', async () => {
    expect(await failing('cache', 'dir', '--plugin', './absent.mjs')).toMatchObject({
      code: 2,
      message: expect.stringContaining(`there is no file ${join(folder, 'absent.mjs')}`),
    })
    expect(await failing('cache', 'dir', '--plugin', 'absent')).toMatchObject({
      code: 2,
      suggestion: expect.stringContaining('npm install absent'),
    })
  })

  test('one whose code throws or answers nonsense later is named too, and is no bug of ours', async () => {
    await write('throws.mjs', list('defineExtractor({name: "x", read() { throw new Error("no idea") }})'))
    const args = ['extract', '--extractor', 'x', '--text', 'B', '--plugin', './throws.mjs'] as const
    expect(await failing(...args)).toMatchObject({code: 2, message: expect.stringMatching(/"x" threw .*no idea/)})
    await write('throws.mjs', list('defineExtractor({name: "x", read: () => 5})'))
    expect(await failing(...args)).toMatchObject({code: 2, message: expect.stringContaining('returned no reading')})
  })

  test('a benchmark that loads nothing, and an intervention that always fails, stop a run before it begins', async () => {
    await write(
      'wrong.mjs',
      `import {defineBenchmark, defineIntervention} from 'lantern-eval'
      export default [
        defineBenchmark({
          id: 'mine', title: 'Mine', subtasks: [{name: 'all', expected: {test: 1}}], splits: ['test'], defaultSplit: 'test',
          scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'micro'},
          prompts: {'lantern-eval': {text: '{question}', option: '{text}', images: 'first'}},
          origin: {repo: '', revision: '', licence: '', url: ''},
          load: async () => null,
        }),
        defineIntervention({name: 'fails', needs: 'nothing', choose() { throw new Error('no idea') }}),
      ]`,
    )
    const mine = ['--bench', 'mine', '--data', '.', '--plugin', './wrong.mjs']
    const loadsNothing = {code: 2, message: 'The benchmark "mine" loaded a data set that is no object.'}
    expect(await failing('run', ...mine, '--model', 'builtin:nano-direct', '--out', 'wrong')).toMatchObject(
      loadsNothing,
    )
    expect(await failing('bench', 'verify', ...mine.slice(1))).toMatchObject(loadsNothing)
    const fails = [
      '--model',
      'builtin:nano-latent',
      '--intervention',
      'own,fails',
      '--plugin',
      './wrong.mjs',
      '--out',
      'wrong',
    ]
    expect(await failing('run', '--bench', 'hops', '--data', 'builtin', ...fails)).toMatchObject({
      code: 2,
      message: 'The intervention "fails" threw: no idea.',
    })
    expect(existsSync(join(folder, 'wrong'))).toBe(false)
  })
})

describe('a run with a plug-in', () => {
  const hops = ['run', '--bench', 'hops', '--data', 'builtin', '--limit', '8', '--model', 'builtin:nano-direct']
  const lockOf = async (...args: string[]): Promise<string> =>
    JSON.parse((await run([...hops, '--dry-run', '--json', ...args])).stdout).lock

  test('locks the code of what it uses, files it imports too, and nothing else', async () => {
    const plain = await lockOf()
    expect(await lockOf('--plugin', './reader.mjs')).toBe(plain)
    const used = ['--plugin', './split/reader.mjs', '--extractor', 'mine'] as const
    await write('split/reader.mjs', "export {default} from './rule.mjs'")
    await write('split/rule.mjs', readerOf('first'))
    const before = await lockOf(...used)
    await write('split/rule.mjs', readerOf('last'))
    const after = await lockOf(...used)
    expect(new Set([plain, before, after]).size).toBe(3)
    await write('split/rule.mjs', readerOf('first'))
    expect(await lockOf(...used)).toBe(before)
  })

  test('is read without it; rescoring says what is missing, and takes another extractor', async () => {
    const args = [...hops, '--extractor', 'mine', '--plugin', './reader.mjs', '--out', 'mine']
    expect(await run(args)).toMatchObject({code: 0})
    expect((await readLock(join(folder, 'mine'))).plugins).toMatchObject([
      {name: 'reader.mjs', parts: ['extractor mine']},
    ])
    for (const command of [
      ['leaderboard', 'mine'],
      ['compare', 'mine', 'mine'],
      ['inspect', 'mine'],
    ])
      expect(await run(command)).toMatchObject({code: 0})
    expect(await failing('rescore', 'mine', '--out', 'again')).toMatchObject({
      code: 2,
      message: expect.stringContaining('extractor "mine" of this run came with the plug-in reader.mjs'),
      suggestion: expect.stringContaining('--plugin'),
    })
    expect(await run(['rescore', 'mine', '--extractor', 'lantern-eval', '--out', 'other'])).toMatchObject({code: 0})
    expect(await readLock(join(folder, 'other'))).not.toHaveProperty('plugins')
  })

  test('is not ranked with one whose extractor was another version', async () => {
    await write('reader2/reader.mjs', readerOf('last'))
    expect(
      await run([...hops, '--extractor', 'mine', '--plugin', './reader2/reader.mjs', '--out', 'mine2']),
    ).toMatchObject({code: 0})
    const {groups} = JSON.parse((await run(['leaderboard', 'mine', 'mine2', '--json'])).stdout)
    expect(groups).toHaveLength(2)
    const markdown = join(folder, 'table.md')
    await run(['leaderboard', 'mine', 'mine2', '--format', `markdown=${markdown}`])
    expect(await readFile(markdown, 'utf8')).toMatch(/plug-ins.*reader\.mjs/)
  })
})
