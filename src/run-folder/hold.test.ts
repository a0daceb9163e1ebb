import {spawnSync} from 'node:child_process'
import {mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises'
import {hostname, tmpdir} from 'node:os'
import {join} from 'node:path'
import {hold, holdFile} from './hold.js'

describe('hold', () => {
  let runDir: string
  beforeEach(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'hold-'))
  })
  afterEach(() => rm(runDir, {recursive: true}))

  it('keeps a second writer out until it is given back, and leaves nothing behind', async () => {
    const release = await hold(runDir)
    await expect(hold(runDir)).rejects.toThrow(`being written by process ${process.pid}`)
    await release()
    const again = await hold(runDir)
    await again()
    expect(await readdir(runDir)).toEqual([])
  })

  it('takes over the hold of a process that died', async () => {
    const {pid} = spawnSync(process.execPath, ['-e', '0'])
    await writeFile(join(runDir, holdFile), JSON.stringify({pid, host: hostname(), since: 'then'}))
    await (await hold(runDir))()
  })

  it('takes over a hold from another machine only when it was not renewed for a minute', async () => {
    const path = join(runDir, holdFile)
    await writeFile(path, JSON.stringify({pid: 1, host: 'elsewhere', since: 'then'}))
    await expect(hold(runDir)).rejects.toThrow('elsewhere')
    const old = new Date(Date.now() - 120_000)
    await utimes(path, old, old)
    await (await hold(runDir))()
  })

  it('lets exactly one of many in when a stale hold is in the way', async () => {
    const {pid} = spawnSync(process.execPath, ['-e', '0'])
    await writeFile(join(runDir, holdFile), JSON.stringify({pid, host: hostname(), since: 'then'}))
    const results = await Promise.allSettled(Array.from({length: 8}, () => hold(runDir)))
    const taken = results.filter(result => result.status === 'fulfilled')
    expect(taken).toHaveLength(1)
    await taken[0]!.value()
  })
})
