// `diagnose` on recorded studies: per-sample answers of anybody's harness, imported and judged through `--arm`, and
// runs that know their interventions.
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import Diagnose from '../src/commands/diagnose.js'
import Import from '../src/commands/import.js'
import type {Outcome} from '../src/core/outcome.js'
import {tangoInterval} from '../src/metrics/statistics/index.js'
import {type DiagnosisDocument, diagnosisSchema} from '../src/reports/schemas/diagnosis.js'
import {openFeatures} from '../src/run-folder/latent-context.js'
import {storedArms} from '../src/run-folder/latents.js'
import {readLog} from '../src/run-folder/reader.js'
import type {LogRecord} from '../src/run-folder/record.js'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from './support/run-folders.js'

const root = fileURLToPath(new URL('..', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-diagnose-'))
})
afterAll(() => rm(folder, {recursive: true}))

async function diagnosed(...args: string[]): Promise<{document: DiagnosisDocument; code: unknown}> {
  process.exitCode = 0
  const {stdout} = await captureOutput(async () => Diagnose.run([...args, '--json'], root))
  const code = process.exitCode
  process.exitCode = 0
  return {document: JSON.parse(stdout), code}
}

async function printed(...args: string[]): Promise<{stdout: string; stderr: string; code: unknown}> {
  process.exitCode = 0
  const {stdout, stderr} = await captureOutput(async () => Diagnose.run(args, root))
  const code = process.exitCode
  process.exitCode = 0
  return {stdout, stderr, code}
}

describe('a study of 5,591 items under six conditions, of which nobody knows more than the answers', () => {
  const items = 5591
  const letters = 'ABCD'
  const goldOf = (item: number) => letters[item % 4]!
  /** Most items are right or wrong whatever is fed; each condition flips a few of its own, zeros many. */
  const flipped = {own: 3, 'matched-noise': 3, 'swap-unrelated': 3, 'markers-only': 3, 'no-latent': 3, zeros: 30}
  const isRight = (item: number, condition: number, share: number) =>
    (item * 37) % 97 < 76 !== (item * (11 + 2 * condition) + 5 * condition) % 101 < share
  let run: string
  beforeAll(async () => {
    const files = await Promise.all(
      Object.entries(flipped).map(async ([name, share], condition) => {
        const file = join(folder, `${name}.jsonl`)
        const lines = Array.from({length: items}, (_, item) => {
          const said = isRight(item, condition, share) ? goldOf(item) : letters[(item + 1) % 4]!
          const response = item % 2 === 0 ? `<think>Let me look.</think><answer>${said}</answer>` : `Answer: ${said}`
          const options = ['w', 'x', 'y', 'z']
          return JSON.stringify({id: String(item), response, gold: goldOf(item), options, subtask: 'all'})
        })
        await writeFile(file, lines.join('\n'))
        return file
      }),
    )
    run = join(folder, 'study')
    await captureOutput(async () => Import.run([...files, '--bench', 'vstar', '--out', run, '--json'], root))
  }, 120_000)
  const named = () => Object.keys(flipped).flatMap(name => ['--arm', `${name}=${run}#import:${name}|`])

  it('is not used; that zeros hurt is named as out of distribution', async () => {
    const {document, code} = await diagnosed(...named(), '--expect', 'not-used')
    expect(() => diagnosisSchema.parse(document)).not.toThrow()
    expect([document.verdict, code, document.model, document.suite]).toEqual(['not-used', 0, null, null])
    const [row] = document.results
    expect(row).toMatchObject({n: items, engaged: null, margin: 0.03})
    expect(row!.statement).toMatch(/zeros −?-?1\d\.\d points: out of distribution, no evidence of content/)
    expect(row!.statement).toContain('not checked: identity, oracle, determinism, engaged')
    expect(row!.guards.find(({name}) => name === 'extractor')).toMatchObject({ok: true})
    const zeros = row!.effects.find(({contrast}) => contrast[1] === 'zeros')!
    expect(zeros.difference).toBeGreaterThan(0.1)
    expect(zeros.low).toBeGreaterThan(0)
  }, 120_000)

  it('is told at 80 and at 120 columns and written as Markdown', async () => {
    const report = join(folder, 'report.md')
    for (const columns of ['80', '120']) {
      process.env['COLUMNS'] = columns
      const written = ['--format', `markdown=${report}`, '--out', join(folder, 'told')]
      const {stdout, code} = await printed(...named(), ...written, '--expect', 'load-bearing')
      delete process.env['COLUMNS']
      expect(code).toBe(1)
      expect(stdout).toContain('not-used')
      expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(Number(columns))
    }
    const markdown = await readFile(report, 'utf8')
    expect(markdown).toContain('### vstar: not-used')
    expect(markdown).toContain('out of distribution')
    expect(await readFile(join(folder, 'told', 'diagnosis.md'), 'utf8')).toBe(markdown)
    const document = JSON.parse(await readFile(join(folder, 'told', 'diagnosis.json'), 'utf8'))
    expect(document.verdict).toBe('not-used')
  }, 120_000)
})

describe('72 pairs with 4 up and 4 down against START banned', () => {
  const outcomes: Record<string, (k: number) => Outcome> = {
    own: k => (k < 50 ? 'correct' : 'wrong'),
    'no-latent': k => ((k < 50 && k >= 4) || (k >= 50 && k < 54) ? 'correct' : 'wrong'),
  }
  const bench = lockBenchmark('vstar', {direct_attributes: 72}, {aggregate: 'micro', split: 'test'})
  const runOf = (condition: string) => {
    const recorded = arm(`m-${condition}`, 'direct')
    // Nobody saw the latents of that study.
    const records = [...recordsOf(recorded, bench, (_, k) => outcomes[condition]!(k))].map(one => ({
      ...one,
      usage: {...one.usage, latentSteps: null, markerTokens: null, blocks: null},
    }))
    return writeRun(join(folder, `v-${condition}`), lockOf([recorded], [bench]), records)
  }

  it('are inconclusive, with the margin that 72 samples allow and what is missing', async () => {
    const args = ['own', 'no-latent'].flatMap(condition => ['--arm', `${condition}=${runOf(condition)}`])
    const {document, code} = await diagnosed(...args, '--expect', 'not-used')
    expect([document.verdict, code]).toEqual(['inconclusive', 3])
    const {low, high} = tangoInterval(4, 4, 72)
    const [row] = document.results
    expect(row!.undecided).toMatchObject({
      missing: ['matched-noise', 'swap-unrelated', 'markers-only'],
      supports: Math.max(-low, high),
    })
    expect(row!.statement).toContain(`the smallest margin that 72 samples support here is ${(100 * high).toFixed(1)}`)
    expect((await diagnosed(...args)).code).toBe(0)
  })
})

describe('runs that know their interventions', () => {
  const bench = lockBenchmark('hops', {'hops-1': 60, 'hops-2': 60}, {aggregate: 'micro', split: 'test'})
  const latent = (intervention: string, model = 'm') =>
    arm(model, 'latent', {protocol: 'lantern', latentSize: 5, intervention})
  const usage = {promptTokens: 9, imageTokens: 4, textTokens: 6, latentSteps: 5, markerTokens: 2, blocks: 1}
  const names = ['own', 'matched-noise', 'swap-unrelated', 'markers-only', 'no-latent']
  const right = (condition: string) => (_: string, k: number) =>
    (condition === 'own' ? k < 58 : k % 4 === 0) ? ('correct' as const) : ('wrong' as const)
  const recordsFor = (recorded: ReturnType<typeof arm>, condition: string) =>
    [...recordsOf(recorded, bench, right(condition))].map(one => ({
      ...one,
      ...{usage, text: `<answer>${one.answer}</answer> (${condition})`},
    }))
  let runs = 0
  const runOf = (
    conditions: readonly string[],
    changes: Parameters<typeof lockOf>[2] = {},
    model = 'm',
    more: (condition: string) => Partial<LogRecord> = () => ({}),
  ) => {
    const arms = conditions.map(condition => latent(condition, model))
    const text = arm(model, 'text-cot')
    const records = [
      ...arms.flatMap((one, k) => recordsFor(one, conditions[k]!).map(found => ({...found, ...more(conditions[k]!)}))),
      ...recordsOf(text, bench, right('own')),
    ]
    return writeRun(join(folder, `known-${++runs}`), lockOf([...arms, text], [bench], changes), records)
  }

  it('are judged in one run or in several, with every mode in the costs', async () => {
    const whole = await diagnosed(runOf(names))
    expect(whole.document).toMatchObject({model: 'm', protocol: 'lantern:5', verdict: 'load-bearing', exitCode: 0})
    expect(whole.document.results.map(({subtask, verdict}) => [subtask, verdict])).toEqual([
      [null, 'load-bearing'],
      ['hops-1', 'load-bearing'],
      ['hops-2', 'load-bearing'],
    ])
    const costs = whole.document.efficiency[0]!.arms
    expect(costs.map(({condition, mode}) => condition ?? mode)).toEqual([...names, 'text-cot'])
    expect(costs.find(({condition}) => condition === 'own')).toMatchObject({
      ...{accuracy: 116 / 120, decodeSteps: 13, ms: 90, pareto: {decodeSteps: false}},
    })
    expect(costs.find(({mode}) => mode === 'text-cot')).toMatchObject({decodeSteps: 9, pareto: {decodeSteps: true}})
    const parts = await diagnosed(runOf(names.slice(0, 2)), runOf(names.slice(2)))
    expect(parts.document.results).toEqual(whole.document.results)
  })

  it('show what each latent is worth by itself, where each was left out alone', async () => {
    const forced: Record<string, readonly number[]> = {
      own: [Math.log(0.8), Math.log(0.2)],
      'zero-at:0': [Math.log(0.8), Math.log(0.2)],
      'zero-at:1': [Math.log(0.5), Math.log(0.5)],
    }
    const run = runOf([...names, 'zero-at:0', 'zero-at:1'], {}, 'm', condition => ({
      ...(forced[condition] && {forced: [...forced[condition]]}),
    }))
    const {document} = await diagnosed(run)
    expect(() => diagnosisSchema.parse(document)).not.toThrow()
    const [row] = document.results
    expect(row!.utility.map(({step, logProb, margin}) => [step, logProb!.difference, margin!.difference])).toEqual([
      [0, 0, 0],
      [1, expect.closeTo(Math.log(1.6), 10), expect.closeTo(Math.log(4), 10)],
    ])
    expect(document.results.slice(1).map(({utility}) => utility.length)).toEqual([2, 2])
    const report = join(folder, 'utility.md')
    const {stdout} = await printed(run, '--format', `markdown=${report}`)
    for (const text of [stdout, await readFile(report, 'utf8')])
      expect(text).toMatch(/latent 1[ |]+\+0\.47[ |]+\+1\.39/)
    expect((await diagnosed(runOf(names))).document.results[0]!.utility).toEqual([])
  })

  it('count own in a second run as the check of determinism', async () => {
    const {document} = await diagnosed(runOf(names), runOf(['own']))
    const guard = document.results[0]!.guards.find(({name}) => name === 'determinism')
    expect(guard).toMatchObject({ok: true, detail: '120 of 120'})
  })

  it.each([
    ['without own', () => [runOf(names.slice(1))], 2, "no arm with the model's own latents"],
    ['of two models', () => [runOf(names), runOf(['zeros'], {}, 'other')], 2, 'one model, protocol and K'],
    [
      'asked with other prompts',
      () => [runOf(names), runOf(['zeros'], {prompts: {style: 'mine', templatesSha256: 'a'.repeat(64)}})],
      5,
      'prompt style: mine, not official',
    ],
    [
      'of another checkpoint',
      () => [runOf(names), runOf(['zeros'], {models: [{ref: 'm', sha256: 'abc'}]})],
      5,
      'is not the model of own',
    ],
  ])('are refused %s', async (_, make, exit, why) => {
    const {stderr, code} = await printed(...make())
    expect(code).toBe(exit)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why)
  })

  it('are refused with other samples, and where the lock was edited', async () => {
    const run = runOf(names)
    const fewer = lockBenchmark('hops', {'hops-1': 60}, {aggregate: 'micro', split: 'test'})
    const zeros = latent('zeros')
    const other = writeRun(join(folder, 'fewer'), lockOf([zeros], [fewer]), recordsOf(zeros, fewer, right('zeros')))
    const samples = await printed(run, other)
    expect([samples.code, samples.stderr]).toEqual([5, expect.stringContaining('samples: 60')])
    const lock = join(run, 'lock.json')
    await writeFile(lock, (await readFile(lock, 'utf8')).replace('"lantern"', '"monet"'))
    expect(await printed(run)).toMatchObject({code: 5, stderr: expect.stringContaining('was edited')})
  })

  it('are refused for what nobody can mean', async () => {
    const run = runOf(names)
    for (const args of [
      [],
      [run, '--arm', `own=${run}#|own`],
      ['--arm', `own=${run}#|own`, '--arm', `zeros=${run}#|own`],
      ['--arm', `own=${run}#|own`, '--arm', `matched-nose=${run}#matched`],
      ['--arm', 'own'],
      [run, '--format', 'csv=x.csv'],
    ])
      expect((await printed(...args)).code).toBe(2)
  })
})

/**
 * How many stored latents are most like a cell within their own box: this model was trained to make the features of one
 * box each. Cells are those of the stored grid, row by row; boxes are in pixels of the picture.
 */
async function shareThatPointsAtItsBox(run: string): Promise<number> {
  const own = (await storedArms(run)).find(({name}) => name.endsWith('|own'))!
  let [latents, hits] = [0, 0]
  for await (const {bench, id} of readLog(run)) {
    const [block] = (await own.read(bench, id)) ?? []
    const {pictures, boxes} = (await own.context(bench, id))!
    const {rows, columns, width, height} = pictures[0]!
    const features = (await openFeatures(run, pictures[0]!))!
    const cells = await features.all()
    for (const [k, latent] of block!.entries()) {
      const scores = Array.from({length: rows * columns}, (_, cell) =>
        latent.reduce((sum, value, i) => sum + value * cells[cell * features.width + i]!, 0),
      )
      const best = scores.indexOf(Math.max(...scores))
      const [x, y] = [((best % columns) + 0.5) / columns, (Math.floor(best / columns) + 0.5) / rows]
      const [x1, y1, x2, y2] = boxes![k]!
      latents++
      hits += Number(x1 < x * width && x * width < x2 && y1 < y * height && y * height < y2)
    }
  }
  return hits / latents
}

describe('a model', () => {
  const asked = ['--bench', 'hops:hops-2', '--limit', '34', '--suite', 'quick', '--log-level', 'error']

  it('is asked what is missing, own answers twice, and judged; the same command asks nothing again', async () => {
    const out = join(folder, 'asked')
    const args = ['--model', 'builtin:nano-latent', ...asked, '--out', out, '--expect', 'load-bearing']
    const {document, code} = await diagnosed(...args)
    expect(document).toMatchObject({model: 'builtin:nano-latent', protocol: 'lantern:5', suite: 'quick'})
    expect([document.verdict, code]).toEqual(['load-bearing', 0])
    const {guards, engaged} = document.results[0]!
    expect(engaged).toMatchObject({n: 34, rate: 1})
    expect(guards.find(({name}) => name === 'determinism')).toMatchObject({ok: true, detail: '32 of 32'})
    // Without an oracle, own latents are held against the features of the picture where the boxes are.
    const [shape] = document.geometry
    expect(shape).toMatchObject({bench: 'hops', samples: 34, against: 'boxes', lens: {of: 'latent'}})
    expect([shape!.drift.length, shape!.lens!.steps.length, shape!.retrieval!.n]).toEqual([5, 5, 34])
    expect(Math.min(...Object.values(shape!.inputs).map(Number))).toBeGreaterThan(0)
    expect(await readdir(join(out, 'features'))).toEqual(['builtin%3Anano-latent'])
    expect(await readdir(join(out, 'again', 'hops'))).not.toContain('features')
    expect(JSON.parse(await readFile(join(out, 'diagnosis.json'), 'utf8'))).toEqual(document)
    const log = await readFile(join(out, 'log.jsonl'), 'utf8')
    expect(log.trim().split('\n')).toHaveLength(5 * 34)
    const again = await diagnosed(...args)
    expect(again.document).toEqual(document)
    expect(await readFile(join(out, 'log.jsonl'), 'utf8')).toBe(log)
    expect(await shareThatPointsAtItsBox(out)).toBeGreaterThan(0.95)
    const {stdout} = await printed(out)
    for (const told of ['times as long as the features of pictures', "picture's features in the", 'Likeliest tokens'])
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(told)
    const recorded = await diagnosed(out)
    expect(recorded.document.results).toEqual(document.results)
  }, 120_000)

  it('is asked about counterfactual pairs, of which no twin is a stranger', async () => {
    const out = join(folder, 'pairs')
    const bench = ['--bench', 'hops-pairs:colour,hops-pairs:off-walk', '--suite', 'quick', '--log-level', 'error']
    const {document} = await diagnosed('--model', 'builtin:nano-latent', ...bench, '--out', out)
    const [pairs] = document.pairs
    const own = pairs!.conditions.find(({condition}) => condition === 'own')!
    const none = pairs!.conditions.find(({condition}) => condition === 'no-latent')!
    expect(own.strictFlip!.rate).toBeGreaterThan(none.strictFlip!.rate)
    // An edit off the walk changes nothing, neither the answer nor much of the latents.
    expect(own.falseFlip!.rate).toBeLessThan(0.2)
    expect(pairs!.distance.unchanged!).toBeLessThan(pairs!.distance.changed!)
    const groups = new Map<string, string>()
    for (const line of (await readFile(join(out, 'samples.jsonl'), 'utf8')).trim().split('\n')) {
      const {id, group} = JSON.parse(line) as {id: string; group: string}
      groups.set(id, group)
    }
    const records = (await readFile(join(out, 'log.jsonl'), 'utf8')).trim().split('\n')
    const fed = records
      .map(line => JSON.parse(line) as {arm: string; id: string; donor?: {id: string}})
      .filter(({arm, donor}) => donor && arm.endsWith('|swap-unrelated'))
    expect(fed.length).toBeGreaterThan(0)
    expect(fed.filter(({id, donor}) => groups.get(id) === groups.get(donor!.id))).toEqual([])
  }, 120_000)

  it('whose latents cannot be seen, or several models, are exit 2', async () => {
    const remote = ['--model', 'openai:x', '--base-url', 'http://127.0.0.1:9/v1', '--data', 'builtin', ...asked]
    expect(await printed(...remote)).toMatchObject({code: 2, stderr: expect.stringContaining('cannot be seen')})
    const several = ['--model', 'builtin:nano-latent,builtin:nano-drift', ...asked]
    expect(await printed(...several)).toMatchObject({code: 2, stderr: expect.stringContaining('at once')})
  })
})
