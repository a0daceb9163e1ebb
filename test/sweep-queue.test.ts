// A sweep by workers that take units from a real Redis, which dies and comes back with nothing, while a worker is
// killed too. The records are those of one worker with claim files.
import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {cli, root, startCli} from './support/cli.js'
import {describeWithRedis, password, RedisServer} from './support/redis.js'
import {mergedRecords} from './support/sweeps.js'

const file = `models: [builtin:nano-latent]
benchmarks: [hops]
modes: [latent]
interventions: [own, zeros]
shards: 6
limit: 12
`

describeWithRedis('workers at a queue', () => {
  let redis: RedisServer
  let cwd: string
  beforeEach(async () => {
    redis = await RedisServer.start()
    cwd = await mkdtemp(join(tmpdir(), 'sweep-queue-'))
  })
  afterEach(async () => {
    await redis.end()
    await rm(cwd, {recursive: true, force: true})
  })
  const env = () => ({LANTERN_EVAL_QUEUE: redis.url})
  const sweep = (...args: string[]) => cli(['sweep', ...args], {cwd})
  const json = async (...args: string[]) => JSON.parse((await sweep(...args, '--json')).stdout)

  test('give the records of one worker, whatever dies', async () => {
    await writeFile(join(cwd, 'sweep.yaml'), file)
    for (const dir of ['one', 'many']) expect(await sweep('plan', 'sweep.yaml', '--out', dir)).toMatchObject({code: 0})
    expect(await sweep('work', 'one')).toMatchObject({code: 0})

    const begun = ({child}: ReturnType<typeof startCli>) =>
      new Promise<void>(resolve => child.stderr!.on('data', chunk => /begins/.test(String(chunk)) && resolve()))
    const start = () => startCli(['sweep', 'work', 'many'], {cwd, env: env()})
    const killed = start()
    await begun(killed)
    await sleep(Math.random() * 500)
    killed.child.kill('SIGKILL')
    await killed.ended
    const workers = [start(), start()]
    await Promise.race(workers.flatMap(worker => [begun(worker), worker.ended]))
    await redis.kill()
    await sleep(300)
    await redis.startAgain()
    workers.push(start())
    const ends = await Promise.all(workers.map(({ended}) => ended))
    expect(ends.map(({code}) => code)).toEqual([0, 0, 0])
    expect(ends.map(({stdout, stderr}) => stdout + stderr).join('')).not.toContain(password)

    // A queue that is full of units that are done already, as after a flush, costs nothing.
    const log = join(cwd, 'many', 'units', 'hops-builtin_nano-latent-shard-1-of-6', 'log.jsonl')
    const before = await readFile(log, 'utf8')
    const again = await cli(['sweep', 'work', 'many', '--queue', redis.url, '--json'], {cwd})
    expect(JSON.parse(again.stdout)).toMatchObject({done: 0, failed: 0, exitCode: 0})
    expect(await readFile(log, 'utf8')).toBe(before)

    // What is done stands in the folder alone.
    await redis.kill()
    expect(await json('status', 'many')).toMatchObject({units: 6, done: 6})
    for (const dir of ['one', 'many']) expect(await sweep('merge', dir)).toMatchObject({code: 0})
    const alone = await mergedRecords(join(cwd, 'one'), 'hops-builtin_nano-latent')
    expect(alone).toHaveLength(24)
    expect(await mergedRecords(join(cwd, 'many'), 'hops-builtin_nano-latent')).toEqual(alone)
  }, 180_000)

  test('leave a failed unit failed until it is freed', async () => {
    await writeFile(join(cwd, 'sweep.yaml'), file.replace('builtin:nano-latent', './late').replace('shards: 6', ''))
    expect(await sweep('plan', 'sweep.yaml', '--out', 'one')).toMatchObject({code: 0})
    const work = () => cli(['sweep', 'work', 'one', '--json'], {cwd, env: env()})
    expect(JSON.parse((await work()).stdout)).toMatchObject({done: 0, failed: 1, exitCode: 4})
    await cp(join(root, 'fixtures', 'models', 'nano-latent'), join(cwd, 'late'), {recursive: true})
    expect(JSON.parse((await work()).stdout)).toMatchObject({done: 0, failed: 0})
    expect(await json('retry', 'one')).toMatchObject({freed: 1})
    expect(JSON.parse((await work()).stdout)).toMatchObject({done: 1, failed: 0, exitCode: 0})
  }, 120_000)

  test('end with a sentence where there is no Redis, and take no index besides', async () => {
    await writeFile(join(cwd, 'sweep.yaml'), file)
    expect(await sweep('plan', 'sweep.yaml', '--out', 'one')).toMatchObject({code: 0})
    await redis.kill()
    const away = await sweep('work', 'one', '--queue', redis.url)
    expect(away).toMatchObject({code: 4, stdout: ''})
    expect(away.stderr).toContain(`Redis at redis://127.0.0.1:${redis.port}/1 cannot be reached: connect ECONNREFUSED`)
    expect(away.stderr).not.toContain(password)
    expect(await sweep('work', 'one', '--queue', redis.url, '--index', '0')).toMatchObject({code: 2})
    const bad = await sweep('work', 'one', '--queue', `http://:${password}@host`)
    expect(bad).toMatchObject({code: 2})
    expect(bad.stderr).not.toContain(password)
  }, 60_000)
})
