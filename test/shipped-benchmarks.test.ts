// The benchmarks that ship as definitions, from the command line: each is fetched from a local hub, verified, shown and
// run by its id, and takes saved answers. The hub serves drawn data of the published columns.
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli, type Ended} from './support/cli.js'
import {commit, type HubServer, startHubServer} from './support/hub-server.js'
import {writeForm} from './support/shipped-data.js'

/** The layout that each has on the hub. */
const onTheHub = {
  ...{'hrbench-4k': 'parquet', 'hrbench-8k': 'parquet', mmvp: 'csv', 'mme-realworld-lite': 'tsv'},
  ...{mmstar: 'parquet', 'cv-bench': 'parquet', realworldqa: 'parquet', visualpuzzles: 'parquet'},
}

let home: string
let hub: HubServer | undefined
const env = () => ({
  HF_HOME: join(home, 'hf'),
  LANTERN_EVAL_CACHE_DIR: join(home, 'cache'),
  ...(hub ? {HF_ENDPOINT: hub.endpoint} : {}),
})
const here = (args: readonly string[]) => cli(args, {cwd: home, env: env()})
async function done(...args: string[]): Promise<Ended> {
  const ended = await here(args)
  expect({args, code: ended.code, stderr: ended.stderr}).toMatchObject({code: 0})
  return ended
}
const jsonOf = async (...args: string[]) => JSON.parse((await done(...args, '--json')).stdout)

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shipped-cli-'))
})
afterAll(() => rm(home, {recursive: true}))
afterEach(async () => {
  await hub?.close()
  hub = undefined
})

test.each(Object.entries(onTheHub))('%s is fetched, verified and asked', async (id, layout) => {
  const files = await writeForm(id, layout, join(home, 'hub', id))
  hub = await startHubServer(
    await Promise.all(
      files.map(async path => ({path, bytes: await readFile(join(home, 'hub', id, path)), lfs: path.endsWith('t')})),
    ),
  )
  const isRun = ['hrbench-4k', 'mmvp', 'cv-bench', 'visualpuzzles'].includes(id)
  if (isRun)
    expect(await here(['run', '--bench', id, '--model', 'builtin:nano-direct', '--mode', 'direct'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`bench pull ${id}`),
    })
  const {pulled} = await jsonOf('bench', 'pull', id)
  expect(pulled[0]).toMatchObject({bench: id, files: files.length, revision: commit})
  await hub.close()
  hub = undefined
  const {kind, revision, problems, subtasks} = await jsonOf('bench', 'verify', id)
  expect({kind, revision, problems}).toEqual({kind: 'official', revision: commit, problems: []})
  expect(subtasks.length).toBeGreaterThan(0)
  if (!isRun) return
  const shown = await done('bench', 'show', `${id}:${id === 'mmvp' ? 1 : 0}`)
  expect(shown.stdout).toMatch(/answer +\S/)
  const out = join(home, `run-${id}`)
  const {rows} = await jsonOf(
    ...['run', '--bench', id, '--model', 'builtin:nano-direct', '--mode', 'direct', '--limit', '8', '--out', out],
  )
  expect(rows[0]).toMatchObject({bench: id, n: 8, sample: id === 'visualpuzzles' ? 'unverified' : 'partial'})
})

test('saved answers are replayed and imported by the id of a shipped definition, whatever its layout', async () => {
  const answers = Array.from({length: 300}, (_, index) => `${JSON.stringify({id: `${index + 1}`, text: 'A'})}\n`)
  await writeFile(join(home, 'answers.jsonl'), answers)
  const data = join(home, 'hub/mmvp')
  const replay = await jsonOf(
    ...['run', '--bench', 'mmvp', '--data', data, '--model', 'replay:answers.jsonl', '--out', join(home, 'replayed')],
  )
  // One of each pair is A, so no pair is right; the labels are the old ones.
  const row = {bench: 'mmvp', aggregate: 'group', score: 0, micro: 0.5, groups: 150, sample: 'official'}
  expect(replay.rows[0]).toMatchObject(row)
  const imported = await jsonOf(
    ...['import', 'answers.jsonl', '--bench', 'mmvp', '--data', data, '--model', 'm', '--out', join(home, 'imported')],
  )
  expect(imported.rows[0]).toMatchObject(row)
})

test('files of peers are known by the names of their tasks', async () => {
  const {bench} = await import('../src/peers/task-names.js').then(async ({benchOf}) => ({
    bench: await Promise.all(
      [
        'HRBench4K',
        'hrbench8k',
        'MMVP',
        'mmerealworld_lite',
        'MMStar',
        'CV-Bench-2D',
        'realworldqa',
        'VisualPuzzles',
      ].map(name => benchOf(name)),
    ),
  }))
  expect(bench).toEqual([
    ...['hrbench-4k', 'hrbench-8k', 'mmvp', 'mme-realworld-lite', 'mmstar', 'cv-bench', 'realworldqa'],
    'visualpuzzles',
  ])
})
