import {mkdtemp, readdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Clock, takeLease, thisProcess, Watch} from './lease.js'

/** A clock that stands still until a test moves it. */
class HandClock implements Clock {
  time = 0
  readonly works: (() => Promise<void>)[] = []
  now() {
    return this.time
  }
  async sleep(ms: number) {
    this.time += ms
  }
  every(_: number, work: () => Promise<void>) {
    this.works.push(work)
    return () => void this.works.splice(this.works.indexOf(work), 1)
  }
}

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lease-'))
})
afterEach(() => rm(dir, {recursive: true}))

const at = () => join(dir, 'lease')
const far = (clock: Clock, host: string) => ({...thisProcess({}), host, realm: host, clock})

/** Looks every five seconds for a while; whether the lease was dead at the last look. */
async function watched(watch: Watch, clock: HandClock, seconds: number): Promise<boolean | undefined> {
  let dead: boolean | undefined
  for (let k = 0; k <= seconds; k += 5) {
    dead = (await watch.look(at()))?.dead
    clock.time += 5000
  }
  return dead
}

it('is taken by one of many, and leaves no draft', async () => {
  const tenants = Array.from({length: 20}, (_, k) => far(new HandClock(), `host-${k}`))
  const taken = (await Promise.all(tenants.map(tenant => takeLease(at(), tenant)))).filter(lease => lease !== null)
  expect(taken).toHaveLength(1)
  expect(await readdir(dir)).toEqual(['lease'])
})

it('is dead after a lease without a change, by the clock of whoever looks, whatever the stamps', async () => {
  await takeLease(at(), far(new HandClock(), 'holder'))
  for (const skew of [-86_400_000, 0, 86_400_000]) {
    const stamp = new Date(Date.now() + skew)
    await utimes(at(), stamp, stamp)
    const clock = new HandClock()
    const watch = new Watch(far(clock, 'onlooker'))
    expect(await watched(watch, clock, 55)).toBe(false)
    expect(await watched(watch, clock, 5)).toBe(true)
  }
})

it('lives while its counter changes, even once in a lease', async () => {
  const own = new HandClock()
  await takeLease(at(), far(own, 'holder'))
  const clock = new HandClock()
  const watch = new Watch(far(clock, 'onlooker'))
  for (let k = 0; k < 5; k++) {
    expect(await watched(watch, clock, 50)).toBe(false)
    for (const work of own.works) await work()
    expect(await watch.look(at())).toMatchObject({dead: false, beat: true})
  }
})

it('does not die of the onlooker’s own absence: both may have been suspended', async () => {
  const own = new HandClock()
  await takeLease(at(), far(own, 'holder'))
  const clock = new HandClock()
  const watch = new Watch(far(clock, 'onlooker'))
  await watch.look(at())
  clock.time += 3_600_000
  expect(await watch.look(at())).toMatchObject({dead: false})
})

it('of a new holder at the same place is watched anew', async () => {
  await takeLease(at(), far(new HandClock(), 'first'))
  const clock = new HandClock()
  const watch = new Watch(far(clock, 'onlooker'))
  expect(await watched(watch, clock, 55)).toBe(false)
  await rm(at())
  await takeLease(at(), far(new HandClock(), 'second'))
  expect(await watch.look(at())).toMatchObject({dead: false, beat: false, holder: {host: 'second'}})
})

it('is renewed in place, with the same length, and never in the file of another', async () => {
  const own = new HandClock()
  await takeLease(at(), far(own, 'holder'))
  const before = await readFile(at(), 'utf8')
  for (const work of own.works) await work()
  const after = await readFile(at(), 'utf8')
  expect(after).not.toBe(before)
  expect(after).toHaveLength(before.length)
  await writeFile(at(), '{"of": "another"}')
  for (const work of own.works) await work()
  expect(await readFile(at(), 'utf8')).toBe('{"of": "another"}')
})

it('of a process with the same number in another realm is not judged by that number', async () => {
  const gone = {pid: 2 ** 22 + 1, host: thisProcess({}).host, since: 'then', token: 'a', leaseSeconds: 60}
  const watch = new Watch(thisProcess({}))
  await writeFile(at(), JSON.stringify({...gone, realm: 'a container'}))
  expect(await watch.look(at())).toMatchObject({dead: false})
  await writeFile(at(), JSON.stringify({...gone, realm: thisProcess({}).realm}))
  expect(await watch.look(at())).toMatchObject({dead: true})
})

it('has a length that can be set, within bounds', () => {
  expect(thisProcess({LANTERN_EVAL_LEASE_SECONDS: '5'}).leaseSeconds).toBe(5)
  for (const bad of ['0', '-1', 'long', '1e9'])
    expect(() => thisProcess({LANTERN_EVAL_LEASE_SECONDS: bad})).toThrow('LANTERN_EVAL_LEASE_SECONDS')
})
