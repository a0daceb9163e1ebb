// A local checkpoint through the compiled command line: the model in its worker thread, latents saved and reused, an
// interruption.
import {existsSync} from 'node:fs'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {openFeatures} from '../src/run-folder/latent-context.js'
import {readLatents, storedArms} from '../src/run-folder/latents.js'
import {completeLogLength, readLock, readLog} from '../src/run-folder/reader.js'
import type {LogRecord} from '../src/run-folder/record.js'
import {cli, startCli} from './support/cli.js'
import {editedCheckpoints, floats, writeLora} from './support/edited-checkpoints.js'
import {writeTinyCheckpoint} from './support/tiny-checkpoint.js'

const checkpoint = fileURLToPath(new URL('../fixtures/goldens/checkpoints/nano-latent', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-onnx-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const args = (out: string, ...more: string[]) => [
  ...[
    'run',
    '--bench',
    'hops',
    '--data',
    'builtin',
    '--model',
    checkpoint,
    '--threads',
    '1',
    '--max-new-tokens',
    '24',
    '--max-error-rate',
    '1',
  ],
  ...['--out', join(folder, out), ...more],
]
const env = () => ({LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HUB_OFFLINE: '1'})
async function log(out: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of readLog(join(folder, out))) records.push(record)
  return records
}

it('evaluates latent and direct arms, saves latents, and feeds them to arms that need a bank', async () => {
  const own = await cli(args('own', '--mode', 'latent', '--mode', 'direct', '--limit', '6', '--save-latents'), {
    env: env(),
  })
  expect([own.code, own.stderr.includes('Error')]).toEqual([0, false])
  const records = await log('own')
  expect(records).toHaveLength(12)
  for (const {arm, usage, seen, error} of records) {
    expect(error).toBeNull()
    expect(seen?.images[0]).toMatchObject({sentWidth: 112, sentHeight: 112})
    if (arm.endsWith('|direct')) expect(usage.latentSteps).toBe(0)
  }
  const latent = records.find(({arm, usage}) => arm.endsWith('|own') && usage.blocks! > 0)!
  const blocks = await readLatents(join(folder, 'own'), latent)
  expect(blocks!.flat()).toHaveLength(latent.usage.latentSteps!)

  // What they are looked at with lies beside them: the features of the pictures, and tokens of the lens.
  const [stored] = await storedArms(join(folder, 'own'))
  const context = (await stored!.context(latent.bench, latent.id))!
  expect(context.lens!.blocks.map(({length}) => length)).toEqual(blocks!.map(({length}) => length))
  const features = (await openFeatures(join(folder, 'own'), context.pictures[0]!))!
  expect(features.rows * features.columns).toBe(latent.usage.imageTokens)
  expect(features.width).toBe(blocks!.flat()[0]!.length)
  const norms = Array.from({length: latent.usage.imageTokens!}, async (_, cell) => {
    const [row, column] = [Math.floor(cell / features.columns), cell % features.columns]
    return Math.hypot(...(await features.cells(row, column, column + 1)))
  })
  const mean = (await Promise.all(norms)).reduce((sum, norm) => sum + norm, 0) / norms.length
  expect(latent.latentNorm!.picture! / mean).toBeCloseTo(1, 3)

  const bank = ['--latents-from', join(folder, 'own')]
  const again = await cli(
    args('again', '--intervention', 'own,swap,shuffle,matched-noise,mean', '--limit', '6', ...bank),
    {env: env()},
  )
  expect(again.code).toBe(0)
  const texts = (list: LogRecord[]) =>
    Object.fromEntries(list.filter(({arm}) => arm.endsWith('|own')).map(({id, text}) => [id, text]))
  expect(texts(await log('again'))).toEqual(texts(records))
  // Feeding the latents of another run is a different experiment, so the lock records whose they were.
  const locks = await Promise.all(['own', 'again'].map(out => readLock(join(folder, out))))
  expect([locks[0]!.latentsFrom, locks[1]!.latentsFrom]).toEqual([undefined, locks[0]!.hash])
})

it('asks for the recorded latents before anything starts', async () => {
  const {code, stderr} = await cli(args('fed', '--intervention', 'swap', '--limit', '2'), {env: env()})
  expect([code, stderr]).toEqual([2, expect.stringContaining('--latents-from')])
  expect(existsSync(join(folder, 'fed'))).toBe(false)
})

it('reports what is wrong with a checkpoint before anything starts', async () => {
  const {code, stderr} = await cli(
    ['run', '--bench', 'hops', '--data', 'builtin', '--model', folder, '--out', join(folder, 'none')],
    {
      env: env(),
    },
  )
  expect(code).toBe(2)
  expect(stderr).toContain('config.json')
  expect(existsSync(join(folder, 'none', 'log.jsonl'))).toBe(false)
})

it('stops at Ctrl-C before it is through, and the same command finishes the run', async () => {
  const {child, ended} = startCli(args('broken', '--limit', '60'), {env: env()})
  const running = join(folder, 'broken')
  while (child.exitCode === null && (await completeLogLength(running)) === 0)
    await new Promise(resolve => setTimeout(resolve, 20))
  child.kill('SIGINT')
  const {code} = await ended
  expect(code).toBe(130)
  const before = (await log('broken')).length
  const finished = await cli(args('broken', '--limit', '60'), {env: env()})
  expect(finished.code).toBe(0)
  const after = await log('broken')
  expect(after.length).toBeGreaterThan(before)
  expect(new Set(after.map(({id}) => id)).size).toBe(after.length)
  const summary = JSON.parse(await readFile(join(folder, 'broken', 'summary.json'), 'utf8'))
  expect(summary.verdict).toBe('done')
})

describe('a checkpoint folder', () => {
  const run = (model: string, out: string, ...more: string[]) =>
    cli(
      [
        ...['run', '--bench', 'hops', '--limit', '2', '--model', model, '--mode', 'direct', '--max-new-tokens', '4'],
        ...['--threads', '1', '--out', join(folder, out), ...more],
      ],
      {env: env()},
    )

  it('that leaves something open is run as published, and model show and the lock say what was assumed', async () => {
    const base = await writeTinyCheckpoint(join(folder, 'tiny'))
    const {adapter} = await writeLora(
      join(folder, 'adapter'),
      base,
      {targets: ['model.layers.0.self_attn.q_proj'], rank: 2, alpha: 4},
      () => 2,
    )
    await rm(join(base, 'preprocessor_config.json'))
    const shown = await cli(['model', 'show', adapter], {env: env()})
    expect(shown.stdout).toMatch(/adapter {3}.*adapter, merged when the model is loaded/)
    expect(shown.stdout).toMatch(/assumed {3}picture limits 3136 to 12845056 pixels/)
    // The base is named by the adapter itself, or by --model.
    const named = await cli(['model', 'show', base, '--adapter', adapter], {env: env()})
    expect(named.stdout).toMatch(/adapter {3}.*adapter, merged when the model is loaded/)
    expect((await run(adapter, 'assumed')).code).toBe(0)
    const {models} = await readLock(join(folder, 'assumed'))
    expect((await run(base, 'adapted', '--adapter', adapter)).code).toBe(0)
    expect((await readLock(join(folder, 'adapted'))).models[0]).toMatchObject({sha256: models[0]!.sha256})
    expect(models[0]).toMatchObject({details: {assumed: [expect.stringMatching(/picture limits/), expect.anything()]}})
  })

  it('whose weights are not finite is never "done, 0.0 %"', async () => {
    const base = await writeTinyCheckpoint(join(folder, 'whole'))
    const {rewritten} = editedCheckpoints(folder)
    const damaged = await rewritten(base, source =>
      source.name === 'model.norm.weight' ? floats(source.name, [64], new Float32Array(64).fill(Number.NaN)) : source,
    )
    const {code, stdout, stderr} = await run(damaged, 'damaged')
    expect(code).toBe(4)
    expect(stdout).toContain('every sample ended in an error')
    expect(stdout + stderr).toContain('output is not finite')
    for (const {outcome, error} of await log('damaged'))
      expect([outcome, error!.code]).toEqual(['error', 'bad-checkpoint'])
  })
})
