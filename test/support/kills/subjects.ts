// The commands that are killed: how each is started in a folder of its own, and what it should leave there.
import {createHash} from 'node:crypto'
import {cp, mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {cli, root} from '../cli.js'
import {type HubServer, startHubServer} from '../hub-server.js'
import {type OpenAIServer, startOpenAIServer} from '../openai-server.js'

export interface Subject {
  readonly name: string
  /** Puts what the command needs into a new place. */
  prepare?(place: string): Promise<void>
  /** The command, with all that it writes inside `place`. */
  args(place: string): readonly string[]
  env(place: string): Readonly<Record<string, string>>
  /** Where in `place` its run folder is, if it writes one. */
  readonly run?: string
  /** Folders in `place` that caches fill in any order; what is in them is not compared. */
  readonly caches: readonly string[]
  /** Requests (or transfers of a file) that a server has received so far, and how many one kill may cost. */
  readonly asked?: {count(): number; readonly inFlight: number}
}

export interface Subjects {
  readonly all: readonly Subject[]
  close(): Promise<void>
}

const concurrency = 4

/** Every command under test. Shared inputs (shards, a run, a hub) are made in `folder`. */
export async function openSubjects(folder: string): Promise<Subjects> {
  const model = await startOpenAIServer({
    behave: ({body}) => ({kind: 'answer', text: `<answer>${letterFor(body?.messages)}</answer>`}),
    delayMs: 8,
  })
  const hub = await startHub()
  await prepare(folder, model)
  return {
    all: [remoteRun(model), localRun, merge(folder), rescore(folder), importing, make, pull(hub), sweepWork(folder)],
    async close() {
      await model.close()
      await hub.close()
    },
  }
}

/** The same letter for the same question, whenever it is asked. */
function letterFor(messages: unknown): string {
  return 'AB'[createHash('sha256').update(JSON.stringify(messages)).digest()[0]! % 2]!
}

const keyed = (place: string) => ({OPENAI_API_KEY: 'k', LANTERN_EVAL_CACHE_DIR: join(place, 'cache')})

function asking(model: OpenAIServer, out: string, ...more: string[]): string[] {
  const what = ['run', '--bench', 'blink', '--data', 'builtin', '--model', 'openai:m', '--no-cache', '--out', out]
  return [...what, '--base-url', model.url, '--concurrency', String(concurrency), ...more]
}

const remoteRun = (model: OpenAIServer): Subject => ({
  name: 'run, endpoint',
  args: place => asking(model, join(place, 'run'), '--limit', '60', '--mode', 'direct,text-cot'),
  env: keyed,
  run: 'run',
  caches: ['cache'],
  // A few requests are prepared beyond those that may be sent at once.
  asked: {count: () => model.requests.length, inFlight: concurrency + Math.ceil(concurrency / 8)},
})

const localRun: Subject = {
  name: 'run, checkpoint',
  args: place => [
    ...['run', '--bench', 'hops', '--model', 'builtin:nano-latent', '--mode', 'latent', '--limit', '24'],
    ...['--save-latents', '--threads', '1', '--batch-size', '1', '--out', join(place, 'run')],
  ],
  env: keyed,
  run: 'run',
  caches: ['cache'],
}

const merge = (folder: string): Subject => ({
  name: 'merge',
  args: place => ['merge', ...[1, 2, 3].map(n => join(folder, `shard-${n}`)), '--out', join(place, 'merged')],
  env: keyed,
  run: 'merged',
  caches: ['cache'],
})

const rescore = (folder: string): Subject => ({
  name: 'rescore',
  args: place => [
    ...['rescore', join(folder, 'scored'), '--extractor', 'verbatim'],
    ...['--out', join(place, 'rescored'), '--format', `json=${join(place, 'table.json')}`],
  ],
  env: keyed,
  run: 'rescored',
  caches: ['cache'],
})

const importing: Subject = {
  name: 'import',
  args: place => ['import', join(root, 'fixtures/replay/GPT4o.json'), '--out', join(place, 'imported')],
  env: keyed,
  run: 'imported',
  caches: ['cache'],
}

const make: Subject = {
  name: 'bench make',
  args: place => ['bench', 'make', 'hops', '--n', '60', '--seed', '3', '--out', join(place, 'hops')],
  env: keyed,
  caches: ['cache'],
}

const pull = (hub: HubServer): Subject => ({
  name: 'bench pull',
  args: () => ['bench', 'pull', 'blink'],
  env: place => ({HF_HOME: join(place, 'hub'), HF_ENDPOINT: hub.endpoint, ...keyed(place)}),
  caches: ['cache'],
  asked: {count: () => hub.transfers.length, inFlight: 8},
})

/** The place is the folder of the sweep. Its claims and ends say how often it was killed, so they are not compared. */
const sweepWork = (folder: string): Subject => ({
  name: 'sweep work',
  async prepare(place) {
    for (const name of ['claims', 'ends', 'units']) await mkdir(join(place, name))
    for (const name of ['plan.json', 'units.jsonl']) await cp(join(folder, 'sweep', name), join(place, name))
  },
  args: place => ['sweep', 'work', place],
  env: keyed,
  run: 'units/hops-builtin_nano-latent-shard-1-of-2',
  caches: ['cache', 'claims', 'ends'],
})

/** The drawn BLINK files as the hub serves the official ones. */
async function startHub(): Promise<HubServer> {
  const drawn = join(root, 'fixtures/builtin/blink')
  const subtasks = (await readdir(drawn, {withFileTypes: true})).filter(entry => entry.isDirectory())
  const files = subtasks.map(async ({name}) => {
    const path = `${name}/val-00000-of-00001.parquet`
    return {path, bytes: await readFile(join(drawn, path)), lfs: true}
  })
  return startHubServer(await Promise.all(files))
}

/** Three shards to merge, the plan of a sweep, and a run to rescore. */
async function prepare(folder: string, model: OpenAIServer): Promise<void> {
  const run = async (args: readonly string[]) => {
    const {code, stderr} = await cli(args, {env: keyed(folder)})
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  }
  await mkdir(folder, {recursive: true})
  for (const n of [1, 2, 3]) await run(asking(model, join(folder, `shard-${n}`), '--limit', '120', '--shard', `${n}/3`))
  const file = join(folder, 'sweep.yaml')
  await writeFile(file, 'models: [builtin:nano-latent]\nbenchmarks: [hops]\nmodes: [latent]\nshards: 2\nlimit: 12\n')
  await run(['sweep', 'plan', file, '--out', join(folder, 'sweep')])
  await run(['import', join(root, 'fixtures/replay/GPT4V.json'), '--out', join(folder, 'scored')])
}
