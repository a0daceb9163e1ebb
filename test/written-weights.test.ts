// Weights that a run writes to the cache: a process that is killed while it writes them loses one file at most.
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {cli, startCli} from './support/cli.js'
import {tinySizes, writeTinyCheckpoint} from './support/tiny-checkpoint.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-written-'))
const checkpoint = join(folder, 'checkpoint')
let started: ReturnType<typeof startCli> | undefined

beforeAll(async () => {
  await writeTinyCheckpoint(checkpoint, {
    type: 'BF16',
    text: {...tinySizes.text, layers: 14, hidden: 128, intermediate: 1024},
  })
})
afterEach(() => started?.child.kill('SIGKILL'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const argsOf = (name: string, precision: string) => [
  ...['run', '--bench', 'hops', '--data', 'builtin', '--limit', '1', '--mode', 'direct', '--max-new-tokens', '2'],
  ...['--model', checkpoint, '--precision', precision, '--out', join(folder, `run-${name}`)],
]
const envOf = (name: string) => ({LANTERN_EVAL_CACHE_DIR: join(folder, `cache-${name}`)})

/** Every file of weights in a cache, by path. */
function weights(name: string): string[] {
  const root = join(folder, `cache-${name}`, 'weights')
  try {
    return readdirSync(root, {recursive: true, encoding: 'utf8'}).filter(file => /\.(safetensors|part)$/.test(file))
  } catch {
    return []
  }
}
const finished = (name: string) => weights(name).filter(file => file.endsWith('.safetensors'))

/** Starts a run and kills it once it has finished `files` files of weights; true if it was writing another then. */
async function killedAfter(files: number, name: string, precision: string): Promise<boolean> {
  started = startCli(argsOf(name, precision), {env: envOf(name)})
  let over = false
  const ended = started.ended.then(result => {
    over = true
    return result
  })
  while (!over && finished(name).length < files) await sleep(1)
  started.child.kill('SIGKILL')
  return (await ended).signal === 'SIGKILL'
}

it('keeps every finished file through kills, ends as if nothing happened, and writes nothing again', async () => {
  // Both ways of writing: the decoder as q4, the tower as fp32.
  const precision = 'q4'
  const whole = await cli(argsOf(`whole-${precision}`, precision), {env: envOf(`whole-${precision}`)})
  expect([whole.code, whole.stderr]).toEqual([0, expect.stringMatching(/writing .* of .*B, .*B\/s/)])

  const name = `killed-${precision}`
  const known = new Map<string, number>()
  let kills = 0
  for (const files of [2, 13]) {
    if (await killedAfter(files, name, precision)) kills++
    const root = join(folder, `cache-${name}`, 'weights')
    for (const [file, ino] of known) expect(statSync(join(root, file)).ino).toBe(ino)
    for (const file of finished(name)) known.set(file, statSync(join(root, file)).ino)
  }
  expect(kills).toBeGreaterThan(0)
  const last = await cli(argsOf(name, precision), {env: envOf(name)})
  expect(last.code).toBe(0)
  // Nothing unfinished stays behind, and every byte is that of the run that nobody killed.
  expect(weights(name).sort()).toEqual(weights(`whole-${precision}`).sort())
  for (const file of weights(name)) {
    const [a, b] = [name, `whole-${precision}`].map(of => readFileSync(join(folder, `cache-${of}`, 'weights', file)))
    expect(a!.equals(b!)).toBe(true)
  }
  for (const [file, ino] of known) expect(statSync(join(folder, `cache-${name}`, 'weights', file)).ino).toBe(ino)

  const again = await cli(argsOf('again', precision), {env: envOf(name)})
  expect([again.code, again.stderr]).toEqual([0, expect.not.stringMatching(/writing/)])
  // Five starts of the command line, which take seconds on an idle machine.
}, 300_000)
