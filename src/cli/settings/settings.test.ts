// Every setting in every way: as a flag, as a variable and in the file, it means the same and is refused for the same
// reasons.
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Config} from '@oclif/core'
import Ajv from 'ajv/dist/2020.js'
import fc from 'fast-check'
import {stringify} from 'yaml'
import {z} from 'zod'
import {blinkPrompts} from '../../benchmarks/blink-prompts.js'
import {benchmarkIds} from '../../benchmarks/index.js'
import type {LanternError} from '../../core/errors.js'
import {modes} from '../../core/generation.js'
import {prepare} from '../../evaluation/prepare.js'
import type {RunSpec} from '../../evaluation/spec.js'
import {extractorNames} from '../../metrics/extraction/index.js'
import {interventionNames} from '../../modes/interventions.js'
import {fileFormatNames} from '../../reports/formats/index.js'
import {BaseCommand} from '../base-command.js'
import {openConfig} from '../config-file.js'
import {diagnosisFormats} from '../diagnosis-files.js'
import {toSpec} from '../run-spec.js'
import {ownMeanings} from './commands.js'
import {configSchema} from './file-schema.js'
import {flagsOf} from './flags.js'
import {pick, runSettings, settings} from './index.js'
import {readValue, type Setting, variableOf} from './setting.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** `run` up to its specification. Errors are not converted. */
class Specify extends BaseCommand<typeof Specify> {
  static override flags = flagsOf(runSettings, {grouped: true})
  static override id = 'run'

  async run(): Promise<RunSpec> {
    return toSpec(this.flags, {})
  }

  override async catch(error: Error): Promise<void> {
    throw error
  }
}

let oclif: Config
let folder: string
const variables = process.env
beforeAll(async () => {
  oclif = await Config.load(root)
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'))
})
afterEach(async () => {
  process.env = variables
  await rm(folder, {recursive: true, force: true})
})

type Way = 'flag' | 'variable' | 'file'
const ways: readonly Way[] = ['flag', 'variable', 'file']

/** One setting's value, in each way of giving it. */
interface Written {
  /** In the file, as YAML. */
  readonly value: unknown
  /** As text, once per flag. */
  readonly texts: readonly string[]
}

/** The specification of a run with these settings, all given in one way. */
async function specBy(way: Way, given: Readonly<Record<string, Written>>): Promise<RunSpec> {
  const argv: string[] = []
  const env: Record<string, string> = {}
  const entries = Object.entries(given)
  const file = join(folder, 'config.yaml')
  if (way === 'file') {
    await writeFile(file, stringify(Object.fromEntries(entries.map(([name, {value}]) => [name, value]))))
    argv.push('--config', file)
  }
  for (const [name, {value, texts}] of entries) {
    if (way === 'variable') env[variableOf(name)] = texts.join(',')
    if (way !== 'flag') continue
    if (typeof value === 'boolean') argv.push(value ? `--${name}` : `--no-${name}`)
    else for (const text of texts) argv.push(`--${name}=${text}`)
  }
  process.env = {...env, NO_COLOR: '1'}
  try {
    return (await Specify.run(argv, oclif)) as unknown as RunSpec
  } finally {
    process.env = variables
  }
}

const plain = (arbitrary: fc.Arbitrary<string | number>): fc.Arbitrary<Written> =>
  arbitrary.map(value => ({value, texts: [String(value)]}))
const on: fc.Arbitrary<Written> = fc.constant({value: true, texts: ['true']})
const list = <T extends string>(items: readonly T[]): fc.Arbitrary<Written> =>
  fc.subarray([...items], {minLength: 1}).map(value => ({value, texts: value}))
const oneOf = (names: readonly string[]) => plain(fc.constantFrom(...names))
const whole = (min: number, max = 1e6) => plain(fc.integer({min, max}))
const real = (min: number, max: number) => plain(fc.double({min, max, noNaN: true, noDefaultInfinity: true}))
const word = plain(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/))
const json = fc
  .dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(fc.integer(), fc.boolean(), fc.string()))
  .filter(body => !['model', 'stream'].some(name => name in body) && !Object.hasOwn(body, 'messages'))
  .map(body => ({value: body, texts: [JSON.stringify(body)]}))
const header = fc
  .tuple(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[!-~]{1,20}$/))
  .map(([name, value]) => ({value: `${name}: ${value}`, texts: [`${name}: ${value}`]}))

/** Some valid values of every setting of `run` but those below. */
const valid: Readonly<Record<string, fc.Arbitrary<Written>>> = {
  bench: list(['blink:Counting', 'vstar', 'hops']),
  model: list(['openai:m', 'replay:answers.jsonl', 'builtin:nano-latent', 'x y=./checkpoint', 'hub:owner/name@main']),
  mode: list(modes),
  protocol: oneOf(['lantern', 'monet']),
  'latent-size': fc.subarray([0, 2, 4, 64], {minLength: 1}).map(value => ({value, texts: value.map(String)})),
  intervention: list(interventionNames()),
  'latents-from': word,
  adapter: word,
  data: list(['blink=a/b', 'vstar=c', 'd e']),
  'image-root': word,
  split: oneOf(['val', 'test']),
  sample: list(['val_Counting_1', '12', 'a/7']),
  limit: whole(1),
  seed: whole(-5, 1e9),
  repeats: whole(1, 10_000),
  shard: oneOf(['1/1', '2/4', '17/17']),
  options: oneOf(['file', 'circular', 'shuffle:3']),
  'prompt-style': oneOf(Object.keys(blinkPrompts)),
  system: oneOf(['Think.', ' a, b ']),
  stop: oneOf(['\\n\\n', 'a, b', ' x ']),
  'max-new-tokens': whole(1),
  temperature: real(0, 10),
  'top-p': real(0.001, 1),
  'top-k': whole(1),
  'max-pixels': whole(784, 1e7),
  'min-pixels': whole(784, 1e7),
  extractor: oneOf(extractorNames()),
  'extractor-panel': on,
  judge: word,
  'judge-base-url': oneOf(['http://127.0.0.1:1/v1', 'https://user:pass@host/v1?k=v']),
  'base-url': oneOf(['http://127.0.0.1:1/v1', 'https://host/v1?x=1']),
  'api-key-env': oneOf(['KEY', 'MY_KEY_2']),
  header,
  'extra-body': json,
  'observe-latents': on,
  concurrency: fc.oneof(oneOf(['auto']), whole(1, 4096)),
  timeout: real(0.01, 86_400),
  'max-retries': whole(0, 100),
  'max-requests': whole(1),
  'max-cost': real(0.001, 1e6),
  price: oneOf(['2.5,10', '0, .5']),
  cache: fc.constantFrom({value: true, texts: ['yes']}, {value: false, texts: ['0']}),
  device: oneOf(['cpu', 'cuda', 'cuda:1']),
  precision: oneOf(['fp32', 'fp16', 'q8', 'q4']),
  weights: oneOf(['mapped', 'packed']),
  'latent-dtype': oneOf(['fp32', 'bf16']),
  'picture-fetch': oneOf(['none', 'by-28', 'by-32', 'by-28-limited', 'by-32-limited']),
  threads: whole(1, 256),
  'batch-size': whole(1, 256),
  out: word,
  format: list(['markdown=t.md', 'csv=a b.csv']),
  'include-unofficial': on,
  'save-latents': on,
  'max-error-rate': real(0, 1),
  baseline: word,
  margin: oneOf(['2pp', '1.5 %', '0.03', '4']),
  alpha: real(0.0001, 0.4999),
  'on-inconclusive': oneOf(['pass', 'fail']),
  'dry-run': on,
}

/** It must exist, names something else by itself, or goes with some other settings only. */
const apart = ['recipe', 'samples-file', 'prompt-template', 'fail-on', 'vary', 'vary-all']

const settingNames = Object.keys(valid)
const specified = fc
  .uniqueArray(fc.constantFrom(...settingNames), {maxLength: 12})
  .chain(names => fc.record(Object.fromEntries(names.map(name => [name, valid[name]!]))))

test('every setting of `run` is tried here', () => {
  expect([...settingNames, ...apart].sort()).toEqual(Object.keys(runSettings).sort())
})

test('any settings with any values give the same specification as flags, as variables and in the file', async () => {
  await fc.assert(
    fc.asyncProperty(specified, async given => {
      const needed = 'bench' in given ? given : {...given, bench: {value: 'blink', texts: ['blink']}}
      const [byFlag, byVariable, byFile] = [
        await specBy('flag', needed),
        await specBy('variable', needed),
        await specBy('file', needed),
      ]
      expect(byVariable).toEqual(byFlag)
      expect(byFile).toEqual(byFlag)
    }),
    {numRuns: 60},
  )
})

test('any settings give the same lock by all three ways', async () => {
  const answers = join(folder, 'answers.jsonl')
  await writeFile(answers, '{"id": "val_Counting_1", "text": "(A)"}\n')
  const fixed: Record<string, Written> = {
    bench: {value: 'blink', texts: ['blink']},
    data: {value: 'builtin', texts: ['builtin']},
    model: {value: `replay:${answers}`, texts: [`replay:${answers}`]},
    mode: {value: ['direct', 'text-cot'], texts: ['direct', 'text-cot']},
  }
  const locked = ['limit', 'seed', 'options', 'prompt-style', 'max-new-tokens', 'temperature', 'top-p', 'top-k']
  const more = [...locked, 'max-pixels', 'min-pixels', 'extractor', 'concurrency', 'max-cost', 'price', 'header']
  const given = fc
    .subarray(more, {minLength: 3})
    .chain(names => fc.record(Object.fromEntries(names.map(name => [name, valid[name]!]))))
  await fc.assert(
    fc.asyncProperty(given, async some => {
      const hashes = []
      for (const way of ways) {
        const prepared = await prepare(await specBy(way, {...fixed, ...some}), () => undefined)
        await prepared.close()
        hashes.push(prepared.lock.hash)
      }
      expect(new Set(hashes).size).toBe(1)
    }),
    {numRuns: 8},
  )
})

test('any text is read the same from a flag and from a variable, and refused as misuse, never as a bug', async () => {
  const options = settingNames.filter(name => runSettings[name as keyof typeof runSettings].kind.holder !== '')
  // oclif keeps a line break in an argument; a process could not have NUL in a flag or a variable.
  const dashed = fc.string().map(text => `-h${text}`)
  const anything = fc
    .oneof({weight: 9, arbitrary: fc.string({minLength: 1})}, dashed)
    .filter(text => text.trim() !== '' && !text.includes('\0'))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...options), anything, async (name, text) => {
      const given = {
        ...(name === 'bench' ? {} : {bench: {value: 'blink', texts: ['blink']}}),
        [name]: {value: text, texts: [text]},
      }
      const outcome = (way: Way) =>
        specBy(way, given).then(
          spec => ({spec}),
          ({exitCode}: LanternError) => ({exitCode}),
        )
      const [byFlag, byVariable] = [await outcome('flag'), await outcome('variable')]
      expect(byVariable).toEqual(byFlag)
      if ('exitCode' in byFlag) expect(byFlag.exitCode).toBe(2)
    }),
    {numRuns: 200},
  )
})

test('a value may begin as a flag does, if it is given with an equals sign', async () => {
  for (const text of ['-h', '-h ', '-verbose', '--help', '-'])
    expect(
      (await specBy('flag', {bench: {value: 'hops', texts: ['hops']}, out: {value: text, texts: [text]}})).out,
    ).toBe(text.trim())
})

test('any document is read, or refused with its line; the program refuses what the schema refuses', async () => {
  const validate = new Ajv.default({strict: false}).compile(z.toJSONSchema(configSchema(), {io: 'input'}))
  const document = fc.dictionary(fc.constantFrom(...Object.keys(settings), 'modle'), fc.jsonValue({maxDepth: 2}), {
    maxKeys: 2,
  })
  await fc.assert(
    fc.asyncProperty(document, async values => {
      const file = join(folder, 'any.yaml')
      await writeFile(file, JSON.stringify(values))
      const error = await openConfig(file)
        .then(config => config.values())
        .then(
          () => null,
          (thrown: LanternError) => thrown,
        )
      if (error !== null)
        expect(error).toMatchObject({code: 'bad-config', message: expect.stringMatching(/any\.yaml:\d+:\d+: /)})
      if (!validate(values)) expect(error).not.toBeNull()
    }),
    {numRuns: 300},
  )
})

test('a file may name settings that a command does not have', async () => {
  class Other extends BaseCommand<typeof Other> {
    static override flags = flagsOf(pick(settings, 'split'))
    static override id = 'other'
    async run() {
      return this.flags
    }
  }
  const file = join(folder, 'shared.yaml')
  await writeFile(file, 'model: openai:m\nlimit: 3\nsplit: val\nheader: "X-A: b"\n')
  expect(await Other.run(['--config', file], oclif)).toMatchObject({split: 'val'})
})

/** What no numeric setting accepts. */
const numbers = ['many', 'NaN', '1e999', '0x10', '-1e9']
/** Values that each setting refuses. */
const invalid: Readonly<Record<string, readonly (string | number | boolean | object)[]>> = {
  bench: ['bilnk', 'blin:Counting'],
  model: ['builtin:nano-latnet', 'label=builtin:nano-latnet'],
  mode: ['latnet'],
  protocol: ['lanter'],
  'latent-size': [...numbers, -1, 2.5],
  intervention: ['zeroes'],
  data: ['blnk=a', 'a,b'],
  limit: [...numbers, 0, 1.5],
  seed: ['many', 0.5],
  repeats: [...numbers, 0, 1.5],
  shard: ['0/4', '5/4', '1-4'],
  options: ['shuffle:0', 'reverse'],
  'prompt-style': ['offical'],
  'max-new-tokens': [...numbers, 0],
  temperature: [...numbers, -0.1, 10.5],
  'top-p': [...numbers, 0, 1.1],
  'top-k': [...numbers, 0],
  'max-pixels': [...numbers, 783],
  'min-pixels': [...numbers, 783],
  extractor: ['lantern'],
  'judge-base-url': ['localhost:8000', 'ftp://x'],
  'base-url': ['http://%zz@host', 'm=nowhere', 'http://a,http://b'],
  'api-key-env': ['MY KEY'],
  header: ['no-colon', 'host: x', 'x: '],
  'extra-body': ['[]', '{"model": "x"}', 'x'],
  concurrency: [...numbers, 'atuo', 0, 4097],
  timeout: [...numbers, 0, 86_401],
  'max-retries': [...numbers, -1],
  'max-requests': [...numbers, 0],
  'max-cost': [...numbers, 0],
  price: ['1', '1,2,3', '-1,2'],
  device: ['gpu', 'cuda:x'],
  precision: ['fp8'],
  weights: ['maped'],
  'latent-dtype': ['fp8'],
  'picture-fetch': ['14'],
  threads: [...numbers, 0],
  'batch-size': [...numbers, 0],
  format: ['mardown=x'],
  'max-error-rate': [...numbers, 1.1],
  'fail-on': ['regresion'],
  margin: ['x', '-1pp', '2 points', '100pp'],
  alpha: [...numbers, 0, 0.5],
  'on-inconclusive': ['fial'],
}

test.each(Object.entries(invalid))(
  'wrong values of --%s are refused in every way, and the error names the source',
  async (name, values) => {
    for (const value of values) {
      for (const way of ways) {
        const error = await specBy(way, {
          ...(name === 'bench' ? {} : {bench: {value: 'blink', texts: ['blink']}}),
          [name]: {value, texts: [String(value)]},
        }).then(
          () => undefined,
          (thrown: LanternError) => thrown,
        )
        expect({way, value, error}).toMatchObject({way, value, error: {exitCode: 2, suggestion: expect.any(String)}})
        const source = {flag: `--${name} `, variable: `${variableOf(name)} `, file: /config\.yaml:\d+:1: "/}[way]
        expect(error!.message).toMatch(source)
      }
    }
  },
)

test.each(['extractor-panel', 'save-latents', 'observe-latents', 'dry-run', 'cache'])(
  'the switch %s refuses any other value',
  async name => {
    for (const way of ['variable', 'file'] as const)
      await expect(specBy(way, {[name]: {value: 'perhaps', texts: ['perhaps']}})).rejects.toMatchObject({exitCode: 2})
  },
)

test('a flag overrides its variable, the variable the file, the file the default', async () => {
  const limits = async (argv: string[], env: Record<string, string>, file: string) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, file)
    process.env = env
    const spec = (await Specify.run(['--bench', 'blink', '--config', path, ...argv], oclif)) as unknown as RunSpec
    return [spec.limit, spec.seed, spec.runner.remote.cache]
  }
  const file = 'limit: 3\nseed: 3\nno-cache: true\n'
  expect(await limits([], {}, '')).toEqual([undefined, 0, true])
  expect(await limits([], {}, file)).toEqual([3, 3, false])
  expect(await limits([], {LANTERN_EVAL_LIMIT: '2', LANTERN_EVAL_CACHE: '1', LANTERN_EVAL_SEED: ''}, file)).toEqual([
    2,
    3,
    true,
  ])
  expect(
    await limits(['--limit', '1', '--no-cache'], {LANTERN_EVAL_LIMIT: '2', LANTERN_EVAL_CACHE: '1'}, file),
  ).toEqual([1, 3, false])
})

test('a gate asks the model again unless saved replies are requested', async () => {
  const cacheBy = async (...argv: string[]) =>
    ((await Specify.run(['--bench', 'blink', ...argv], oclif)) as unknown as RunSpec).runner.remote.cache
  expect(await cacheBy()).toBe(true)
  expect(await cacheBy('--baseline', 'results/x')).toBe(false)
  expect(await cacheBy('--baseline', 'results/x', '--cache')).toBe(true)
})

test('a margin is a fraction, however its points are written', async () => {
  const source = {subject: '--margin', code: 'usage', advice: '', text: true} as const
  for (const written of ['2pp', '2 pp', '2%', '2', '0.02', '.02'])
    expect(await readValue(settings.margin, written, source)).toBeCloseTo(0.02, 12)
})

test('no message repeats a value that may be a credential', async () => {
  for (const given of ['--header=x-key hunter2222', '--base-url=localhost:1/?key=hunter2222']) {
    await expect(Specify.run(['--bench', 'blink', given], oclif)).rejects.toMatchObject({
      message: expect.not.stringContaining('hunter2222'),
    })
  }
})

test('a message shows no credential and no terminal control sequence', async () => {
  const message = async (mode: string) =>
    ((await Specify.run(['--mode', mode], oclif).catch((error: Error) => error)) as Error).message
  expect(await message('http://user:pass1234@host')).not.toContain('pass1234')
  expect(await message('a\u001b[31m\u202eb')).toMatch(/^[ -~]+$/)
  expect((await message('x'.repeat(5000))).length).toBeLessThan(200)
})

test('defaults are values that the settings themselves accept', async () => {
  const source = {subject: 'default', code: 'usage', advice: '', text: false} as const
  for (const setting of Object.values<Setting<unknown>>(settings)) {
    const {default: standing, defaultNote} = setting
    // If a note replaces it, the value is the parsed one, not the text.
    if (standing === undefined || defaultNote !== undefined) continue
    expect(await readValue(setting, standing, source)).toEqual(standing)
  }
})

test('help and guide name every format, and no other', async () => {
  const all = [...fileFormatNames()].sort()
  const listed = [...(settings.format.summary ?? '').matchAll(/\(([^)]+)\)|a (badge), (annotations)/g)]
  const inHelp = listed.flatMap(([, inner, ...alone]) => inner?.split(', ') ?? alone)
  expect(inHelp.sort()).toEqual(all)
  const ofDiagnosis = /: (.*)\.$/.exec(ownMeanings.diagnosisFormat.summary ?? '')![1]!.split(/, | or /)
  expect(ofDiagnosis.sort()).toEqual([...diagnosisFormats].sort())
  const guide = await readFile(join(root, 'guide/publishing.md'), 'utf8')
  const table = /\| format \|.*\n\| --- .*\n((?:\|.*\n)+)/.exec(guide)![1]!
  const inGuide = table.split('\n').flatMap(row => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)])
  expect(inGuide.map(([, name]) => name).sort()).toEqual(all)
})

describe('the schema of the file', () => {
  // Compiled as an editor does it.
  const compiled = () => new Ajv.default({strict: false}).compile(z.toJSONSchema(configSchema(), {io: 'input'}))

  test('accepts what the program accepts', () => {
    const validate = compiled()
    fc.assert(
      fc.property(specified, given => {
        const document = Object.fromEntries(Object.entries(given).map(([name, {value}]) => [name, value]))
        expect(validate(document) || validate.errors).toBe(true)
      }),
    )
    expect(validate({mode: 'direct,latent', limit: 3, 'no-cache': true})).toBe(true)
  })

  test('refuses unknown keys, numbers out of bounds and text of another form', () => {
    const validate = compiled()
    const wrong = [{modle: 'x'}, {limit: 0}, {'max-error-rate': 2}, {mode: 'loud'}, {config: 'x'}]
    for (const document of [...wrong, {shard: '1-2'}, {price: '1'}, {'base-url': 'localhost'}, {device: 'gpu'}])
      expect(validate(document)).toBe(false)
  })

  test('has every setting of every command', () => {
    const {properties} = z.toJSONSchema(configSchema(), {io: 'input'}) as {properties: Record<string, unknown>}
    const named = Object.entries<Setting<unknown>>(settings).filter(([name]) => name !== 'config')
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(named.map(([name, {fileKey}]) => fileKey ?? name)))
    expect(properties).toHaveProperty('plugins')
    expect(benchmarkIds().every(id => JSON.stringify(properties['bench']).includes(id))).toBe(true)
  })
})
