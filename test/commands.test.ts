// Every command as a user first meets it: its help, and its reaction to misuse.
import {execFile} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {cli, root} from './support/cli.js'

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly pluginName: string
        readonly hidden?: boolean
        readonly flags: Readonly<Record<string, {readonly env?: string}>>
      }
    >
  >
}

const manifest: Manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8'))
const commands = Object.entries(manifest.commands)
  .filter(([, {pluginName, hidden}]) => pluginName === 'lantern-eval' && !hidden)
  .map(([id, {flags}]) => ({words: id.split(':'), name: id.replaceAll(':', ' '), flags}))

/**
 * `COMMAND --help` of every command. They are dispatched as on the command line but in one process, because starting
 * two dozen processes takes long.
 */
async function helpOf(ids: readonly (readonly string[])[]): Promise<string[]> {
  const code = `
    import {run} from '@oclif/core'
    const write = process.stdout.write.bind(process.stdout)
    const texts = []
    for (const words of ${JSON.stringify(ids)}) {
      let text = ''
      process.stdout.write = chunk => { text += chunk; return true }
      await run([...words, '--help'], ${JSON.stringify(join(root, 'package.json'))})
      texts.push(text)
    }
    write(JSON.stringify(texts))`
  const env = {...process.env, NODE_OPTIONS: '', NO_COLOR: '1', COLUMNS: '80'}
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    env,
  })
  return JSON.parse(stdout)
}

/** Length of the widest line. */
const widest = (text: string) => Math.max(...text.split('\n').map(line => line.length))

describe('help', () => {
  let texts: string[]
  beforeAll(async () => {
    texts = await helpOf(commands.map(({words}) => words))
  })

  test.each(commands.map(({name, flags}, index) => ({name, flags, index})))(
    'of `$name` shows examples, each flag, and once the rule of the variables, within 80 columns',
    ({flags, index}) => {
      const text = texts[index]!
      expect(text).toContain('EXAMPLES')
      const oneLine = text.replace(/\s+/g, ' ')
      for (const flag of Object.keys(flags)) {
        expect(oneLine).toMatch(new RegExp(`--(\\[no-\\])?${flag}\\b`))
      }
      // Examples may be wider: each stays on one line, so that it can be copied.
      expect(widest(text.slice(0, text.indexOf('EXAMPLES')))).toBeLessThanOrEqual(80)
    },
  )

  test('shows no default of a required flag, and no description that repeats a summary', () => {
    for (const text of texts) {
      expect(text).not.toContain('FLAG DESCRIPTIONS')
      expect(text.replace(/\s+/g, ' ')).not.toMatch(/\(required\)((?! --| -[a-z],).)*\[default/)
    }
  })

  test('aligns the flags of every command', () => {
    const section = /\nGLOBAL FLAGS\n([\s\S]*?)\n\n/.exec(texts[0]!)![1]!
    const flags = section.split('\n').filter(line => /^ {2,6}-/.test(line))
    expect(new Set(flags.map(line => line.indexOf('--')))).toEqual(new Set([6]))
  })

  test('exits 0', async () => {
    expect(await cli(['run', '--help'])).toMatchObject({code: 0, stderr: ''})
  })

  test.each([[['-h']], [['run', '-h']], [['bench', '-h']], [['bench', 'show', '-h']]])('%j is help', async args => {
    const {code, stdout} = await cli(args)
    expect(code).toBe(0)
    expect(stdout).toContain('USAGE')
  })

  test.each([[['-v']], [['run', '-v']], [['inspect', '-v']], [['--version']]])('%j is the version', async args => {
    const {code, stdout} = await cli(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^lantern-eval\/\d+\.\d+\.\d+ \S+ node-v\S+\n$/)
  })

  test('without a command names the way to a table', async () => {
    const {code, stdout} = await cli([])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\$ lantern-eval run {2}/)
    expect(stdout).toMatch(/\$ lantern-eval leaderboard {2}/)
  })
})

describe('misuse', () => {
  test.each([
    ['a misspelt command', ['docto'], 'Did you mean `lantern-eval doctor`?'],
    ['a misspelt command of a topic', ['bench', 'lst'], 'Did you mean `lantern-eval bench list`?'],
    ['a command unlike any other', ['xyzzy'], '`lantern-eval --help` lists the commands'],
    ['a flag without a command', ['--limit', '3'], '--limit'],
    ['a misspelt flag', ['run', '--bnech', 'blink'], 'Did you mean --bench?'],
    ['an argument too many', ['bench', 'show', 'a', 'b'], 'no further argument "b"'],
    ['an argument where none is taken', ['run', 'extra'], '`run` takes no further argument "extra"'],
    ['help on a misspelt command', ['help', 'docto'], 'Did you mean `lantern-eval doctor`?'],
    ['help on an argument too many', ['help', 'run', 'extra'], '`run` takes no further argument "extra"'],
    ['a missing argument', ['inspect'], '`inspect` needs RUN'],
    [
      'a missing argument with few values',
      ['bench', 'verify'],
      'needs BENCH: One of blink, vstar, viscot, hops, hops-pairs, hrbench-4k, ',
    ],
    ['a missing flag', ['merge', 'a'], '`merge` needs --out'],
    ['letters that are none', ['extract', '--letters', 'abc', '--text', 'x'], '--letters abc is not capital letters'],
    [
      'a list of samples without any',
      ['run', '--samples-file', '/dev/null'],
      'The samples file /dev/null contains no sample id',
    ],
    ['text for a number', ['run', '--limit', 'abc'], '--limit abc is not a whole number (1 or more)'],
    ['a value outside a list', ['run', '--mode', 'loud'], 'direct, text-cot, latent'],
    ['a misspelt value', ['run', '--mode', 'latnet'], 'Did you mean latent?'],
    ['a misspelt benchmark', ['run', '--bench', 'bilnk'], 'Did you mean blink?'],
    ['a misspelt benchmark as an argument', ['bench', 'verify', 'bilnk'], 'Did you mean blink?'],
    ['a misspelt built-in model', ['run', '--model', 'builtin:nano-latnet'], 'Did you mean builtin:nano-latent?'],
    ['a misspelt command before an argument', ['bench', 'vrify', 'hops'], 'Did you mean `lantern-eval bench verify`?'],
    [
      'a misspelt scheme, without a benchmark',
      ['run', '--model', 'bultin:nano-text'],
      'Did you mean builtin:nano-text?',
    ],
    ['a built-in model without its scheme', ['run', '--model', 'nano-text'], 'Did you mean builtin:nano-text?'],
    ['a misspelt subtask', ['run', '--bench', 'hops:hop-1'], 'Did you mean hops-1?'],
    ['a misspelt device', ['run', '--device', 'cdua'], 'Did you mean cuda?'],
    ['a misspelt format', ['leaderboard', '--format', 'mardown=x'], 'Did you mean markdown?'],
    ['a gate without a baseline', ['run', '--fail-on', 'regression'], 'means nothing without --baseline'],
    ['two sources of one text', ['extract', '--text', 'x', '--input', 'y'], 'exclude each other'],
    [
      'an endpoint for a model with another name',
      ['run', '--bench', 'hops', '--model', 'openai:candidate', '--base-url', 'candidat=http://127.0.0.1:9/v1'],
      'given for candidat but not for candidate',
    ],
    ['a split that a benchmark does not have', ['run', '--split', 'val'], 'hops has no split "val"'],
    [
      'an error rate without room for a verdict',
      ['compare', 'a', 'b', '--alpha', '0.5'],
      '--alpha 0.5 is not a number (0.0001 to below 0.5)',
    ],
  ])('%s exits 2 and says what to do', async (_, args, told) => {
    const {code, stdout, stderr} = await cli(args)
    expect({code, stdout}).toEqual({code: 2, stdout: ''})
    expect(stderr).toContain(told)
    expect(stderr).toMatch(/^error .+\n {2}try .+\n$/)
  })

  test.each([[['docto', '--json']], [['run', '--nope', '--json']], [['inspect', 'nowhere', '--json']]])(
    '%j prints one JSON document and nothing else',
    async args => {
      const {code, stdout, stderr} = await cli(args)
      expect({code, stderr}).toEqual({code: 2, stderr: ''})
      expect(JSON.parse(stdout)).toMatchObject({error: {message: expect.any(String)}, exitCode: 2, verdict: 'error'})
    },
  )
})

test('LANTERN_EVAL_JSON has the effect of --json', async () => {
  const {stdout} = await cli(['cache', 'dir'], {env: {LANTERN_EVAL_JSON: '1'}})
  expect(JSON.parse(stdout)).toMatchObject({dir: expect.any(String)})
})

test('NO_COLOR turns colour off, even where colour is forced', async () => {
  const coloured = await cli(['doctor'], {env: {NO_COLOR: undefined, FORCE_COLOR: '1', HF_HUB_OFFLINE: '1'}})
  expect(coloured.stdout).toContain('\u001B[')
  const plain = await cli(['doctor'], {env: {NO_COLOR: '1', FORCE_COLOR: '1', HF_HUB_OFFLINE: '1'}})
  expect(plain.stdout).not.toContain('\u001B[')
})

test('a path that the system refuses is reported as such and not as a bug', async () => {
  const {code, stderr} = await cli(['cache', 'dir'], {env: {LANTERN_EVAL_CACHE_DIR: join(root, 'package.json', 'x')}})
  expect(code).toBe(4)
  expect(stderr).toMatch(/^error The operating system refused: ENOTDIR.+\n {2}try .+\n$/)
})

test('the action and its examples use only flags that exist', async () => {
  const flagsOf = (name: string) => Object.keys(commands.find(command => command.name === name)!.flags)
  const action = await readFile(join(root, 'action/run.mjs'), 'utf8')
  const own = [...action.matchAll(/flag\(\s*'([\w-]+)'/g)].map(([, flag]) => flag!)
  expect(own.length).toBeGreaterThanOrEqual(8)
  const nightly = await readFile(join(root, 'examples/github/nightly-checkpoints.yml'), 'utf8')
  const given = [...nightly.matchAll(/--([\w-]+)/g)].map(([, flag]) => flag!)
  for (const flag of [...own, ...given]) expect(flagsOf('run')).toContain(flag)
})

test('output about this machine fits 80 columns', async () => {
  const lines = (
    await Promise.all(
      [
        ['cache', 'dir'],
        ['cache', 'prune'],
        ['model', 'list'],
        ['bench', 'list'],
      ].map(args => cli(args, {env: {LANTERN_EVAL_CACHE_DIR: 'c'}})),
    )
  )
    .flatMap(({stdout}) => stdout.split('\n'))
    // The paths of this machine may have any length.
    .filter(line => !line.startsWith('/'))
  expect(widest(lines.join('\n'))).toBeLessThanOrEqual(80)
})
