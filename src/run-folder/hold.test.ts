import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {hostname, tmpdir} from 'node:os'
import {join} from 'node:path'
import {hold, holdFile} from './hold.js'

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
    await writeFile(join(runDir, holdFile), JSON.stringify({pid, host: hostname(), since: 'then'}))
    await (await hold(runDir)).release()
  })

  it('takes over a hold from another machine only when it was not renewed for a minute', async () => {
    const path = join(runDir, holdFile)
    await writeFile(path, JSON.stringify({pid: 1, host: 'elsewhere', since: 'then'}))
    await expect(hold(runDir)).rejects.toThrow('elsewhere')
    const old = new Date(Date.now() - 120_000)
    await utimes(path, old, old)
    await (await hold(runDir)).release()
  })

  it('lets exactly one of many in when a stale hold is in the way', async () => {
    const {pid} = spawnSync(process.execPath, ['-e', '0'])
    await writeFile(join(runDir, holdFile), JSON.stringify({pid, host: hostname(), since: 'then'}))
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
    const theirs = await hold(runDir)
    await expect(mine.check()).rejects.toMatchObject({code: 'hold-lost', exitCode: 4})
    await mine.release()
    await theirs.check()
    await theirs.release()
    await expect(theirs.check()).rejects.toMatchObject({code: 'hold-lost', message: expect.stringContaining('gone')})
  })
})
