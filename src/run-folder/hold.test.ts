import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hold, holdFile, untilFree} from './hold.js'
import {thisProcess} from './lease.js'

const {host, realm} = thisProcess({})
/** What a process that holds a folder writes; it gives no sign of life. */
const heldBy = (pid: number, more: object = {}) =>
  JSON.stringify({pid, host, realm, since: 'then', token: `of-${pid}`, leaseSeconds: 0.3, ...more})
const elsewhere = {host: 'elsewhere', realm: 'another'}

/** Writes a whole file at once, as its holder does: nobody sees half of it. */
async function put(path: string, text: string, stamp = new Date()): Promise<void> {
  const draft = `${path}.${text.length}.${Math.random()}`
  await writeFile(draft, text)
  await utimes(draft, stamp, stamp)
  await rename(draft, path)
}

describe('hold', () => {
  let runDir: string
  beforeEach(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'hold-'))
  })
  afterEach(() => rm(runDir, {recursive: true}))

  it('keeps a second writer out until it is released, and leaves nothing behind', async () => {
    const held = await hold(runDir)
    await expect(hold(runDir)).rejects.toThrow(`being written by process ${process.pid}`)
    await held.check()
    await held.release()
    const again = await hold(runDir)
    await again.release()
    expect(await readdir(runDir)).toEqual([])
  })

  it('takes over the hold of a process that died', async () => {
    const {pid} = spawnSync(process.execPath, ['-e', '0'])
    await writeFile(join(runDir, holdFile), heldBy(pid, {leaseSeconds: 600}))
    await (await hold(runDir)).release()
  })

  it.each([
    ['long ago', -86_400_000],
    ['tomorrow', 86_400_000],
  ])(
    'takes over a hold of another machine that stands still for a lease, also if it is stamped %s',
    async (_, skew) => {
      const path = join(runDir, holdFile)
      await writeFile(path, heldBy(1, elsewhere))
      const stamp = new Date(Date.now() + skew)
      await utimes(path, stamp, stamp)
      const told: string[] = []
      const began = performance.now()
      await (await hold(runDir, {tell: sentence => told.push(sentence)})).release()
      expect(performance.now() - began).toBeGreaterThan(290)
      expect(told).toEqual([expect.stringContaining('whether process 1 on elsewhere still writes')])
    },
  )

  it('refuses a hold of another machine that gives a sign of life, also if it is stamped long ago', async () => {
    const path = join(runDir, holdFile)
    const old = new Date(Date.now() - 86_400_000)
    const beat = async (count: number) => {
      await put(path, heldBy(1, {...elsewhere, leaseSeconds: 600, beat: String(count)}), old)
    }
    await beat(0)
    await expect(hold(runDir, {tell: () => void beat(1)})).rejects.toThrow('being written by process 1 on elsewhere')
  })

  it('waits until a folder is free, removes a dead hold, and gives up on a living one after two leases', async () => {
    const path = join(runDir, holdFile)
    await untilFree(runDir)
    await writeFile(path, heldBy(1, elsewhere))
    await untilFree(runDir)
    expect(await readdir(runDir)).toEqual([])
    await writeFile(path, heldBy(1, elsewhere))
    let beats = 0
    let writing = Promise.resolve()
    const beating = setInterval(() => {
      writing = writing.then(() => put(path, heldBy(1, {...elsewhere, beat: beats++})))
    }, 20)
    try {
      await untilFree(runDir)
    } finally {
      clearInterval(beating)
      await writing
    }
    expect(await readdir(runDir)).toEqual([holdFile])
  })

  it('writes nothing when it is released, and does not make a folder anew that is gone', async () => {
    const dir = join(runDir, 'gone')
    const held = await hold(dir)
    await rm(dir, {recursive: true})
    await held.release()
    expect(await readdir(runDir)).toEqual([])
  })

  it('lets exactly one of many in when a stale hold is in the way', async () => {
    const {pid} = spawnSync(process.execPath, ['-e', '0'])
    await writeFile(join(runDir, holdFile), heldBy(pid))
    const results = await Promise.allSettled(Array.from({length: 8}, () => hold(runDir)))
    const taken = results.filter(result => result.status === 'fulfilled')
    expect(taken).toHaveLength(1)
    await taken[0]!.value.check()
    await taken[0]!.value.release()
    expect(await readdir(runDir)).toEqual([])
  })

  it.each([
    ['null', 'null'],
    ['a number', '7'],
    ['no JSON', '{"pid": 1'],
    ['no process id', '{"pid": 0, "host": "here", "since": "then"}'],
    ['nothing', ''],
    ['more than a hold can be', 'x'.repeat(1 << 20)],
  ])('replaces a file that holds %s', async (_, text) => {
    await writeFile(join(runDir, holdFile), text)
    await (await hold(runDir)).release()
    expect(await readdir(runDir)).toEqual([])
  })

  it('replaces a link, dangling or not, and leaves its target alone', async () => {
    const path = join(runDir, holdFile)
    const target = join(runDir, 'target')
    await symlink(target, path)
    await (await hold(runDir)).release()
    await writeFile(target, 'mine')
    await symlink(target, path)
    await (await hold(runDir)).release()
    expect(await readdir(runDir)).toEqual(['target'])
  })

  it('names a folder that is in the way', async () => {
    await mkdir(join(runDir, holdFile))
    await expect(hold(runDir)).rejects.toMatchObject({code: 'disk', message: expect.stringContaining('in the way')})
  })

  it('is lost when another process takes it over: the next write fails, and release leaves the new hold alone', async () => {
    const path = join(runDir, holdFile)
    const mine = await hold(runDir)
    const old = new Date(Date.now() - 120_000)
    await utimes(path, old, old)
    // Nobody took it over: a process that was only suspended still owns its hold.
    await mine.check()
    await rm(path)
    const theirs = await hold(runDir)
    await expect(mine.check()).rejects.toMatchObject({code: 'hold-lost', exitCode: 4})
    await mine.release()
    await theirs.check()
    await theirs.release()
    await expect(theirs.check()).rejects.toMatchObject({code: 'hold-lost', message: expect.stringContaining('gone')})
  })

  it('gives signs of life while it is held, and none in the file of another', async () => {
    const path = join(runDir, holdFile)
    const text = () => readFile(path, 'utf8')
    const mine = await hold(runDir, {tenant: {...thisProcess({}), leaseSeconds: 0.1}})
    const before = await text()
    while ((await text()) === before) await new Promise(resolve => setTimeout(resolve, 10))
    await mine.check()
    await writeFile(path, heldBy(1, elsewhere))
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(await text()).toBe(heldBy(1, elsewhere))
    await mine.release()
    expect(await text()).toBe(heldBy(1, elsewhere))
  })
})
