// The queue at a real Redis: what it hands out, and what becomes of it while Redis is away.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describeWithRedis, password, RedisServer} from '../../../test/support/redis.js'
import type {LanternError} from '../../core/errors.js'
import {openQueue, type UnitQueue} from './queue.js'

describeWithRedis('a queue of units', () => {
  let redis: RedisServer
  let dir: string
  const open: UnitQueue[] = []
  const opened = async (signal = new AbortController().signal, told: string[] = []) => {
    const queue = await openQueue(dir, redis.url, signal, sentence => told.push(sentence))
    open.push(queue)
    return queue
  }
  beforeEach(async () => {
    redis = await RedisServer.start()
    dir = await mkdtemp(join(tmpdir(), 'queue-'))
  })
  afterEach(async () => {
    for (const queue of open.splice(0)) await queue.close()
    await redis.end()
    await rm(dir, {recursive: true, force: true})
  })

  test('hands out each unit once, however often it was added and by whom', async () => {
    const [one, other] = await Promise.all([opened(), opened()])
    await Promise.all([one.add([0, 1, 2]), other.add([2, 1, 0])])
    await one.add([0, 1, 2])
    const handed = [await one.next(), await other.next(), await one.next()]
    expect(handed.map(unit => unit?.index).sort()).toEqual([0, 1, 2])
    expect(await other.next()).toBeNull()
    expect(await other.isEmpty()).toBe(false)
    for (const unit of handed) unit!.through()
    await one.close()
    // Closing waited for its own jobs; that of the other worker is on its way.
    while (!(await other.isEmpty())) await sleep(20)
  })

  test('of two sweeps are two queues in one Redis', async () => {
    const one = await opened()
    await one.add([5])
    await rm(join(dir, 'queue-id'))
    expect(await (await opened()).next()).toBeNull()
  })

  test('goes on, empty, with a Redis that died and came back with nothing', async () => {
    const told: string[] = []
    const queue = await opened(undefined, told)
    await queue.add([0, 1])
    const before = await queue.next()
    await redis.kill()
    const later = queue.next()
    await redis.startAgain()
    expect(await later).toBeNull()
    before!.through()
    await queue.add([0, 1])
    expect((await queue.next())?.index).toBe(0)
    const shown = `redis://127.0.0.1:${redis.port}/1`
    expect(told).toEqual([`Redis at ${shown} is away; waiting up to 300 s for it.`, `Redis at ${shown} is back.`])
  })

  test('waits for a Redis that is away until it is stopped', async () => {
    const stop = new AbortController()
    const queue = await opened(stop.signal)
    await redis.kill()
    const waiting = queue.next()
    stop.abort()
    expect(await waiting).toBeNull()
  })

  test('says why it cannot be opened, without the password', async () => {
    const failure = (url: string) =>
      openQueue(dir, url, new AbortController().signal).then(
        () => 'opened',
        ({code, message}: LanternError) => `${code}: ${message}`,
      )
    const wrong = await failure(redis.url.replace(password, 'open-sesame'))
    expect(wrong).toMatch(/^endpoint: Redis at redis:\/\/127\.0\.0\.1:\d+\/1 refuses: WRONGPASS /)
    expect(wrong).not.toContain('open-sesame')
    expect(await failure(redis.url.replace(/1$/, '99'))).toMatch(
      /^endpoint: .* refuses: ERR DB index is out of range\.$/,
    )
    await redis.kill()
    const away = await failure(redis.url)
    expect(away).toMatch(/^endpoint: Redis at redis:\/\/127\.0\.0\.1:\d+\/1 cannot be reached: connect ECONNREFUSED /)
    expect(away).not.toContain(password)
  })
})
