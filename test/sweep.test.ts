// A sweep by one worker, and by several of which one is killed: the merged records are the same.
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {cli, startCli} from './support/cli.js'

const file = `models: [builtin:nano-latent]
benchmarks: [hops]
modes: [latent]
interventions: [own, zeros]
shards: 3
limit: 9
`

/** The merged records without their times, in one order. */
async function records(dir: string): Promise<string[]> {
  const text = await readFile(join(dir, 'runs', 'hops-builtin_nano-latent', 'log.jsonl'), 'utf8')
  const lines = text.split('\n').filter(line => line !== '')
  return lines
    .map(line => {
      const {timing: _timing, time: _time, startedAt: _started, finishedAt: _finished, ...rest} = JSON.parse(line)
      return JSON.stringify(rest)
    })
    .sort()
}

test('one worker and three, one of them killed, give the same records; a changed plan is refused', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'sweep-'))
  try {
    await writeFile(join(cwd, 'sweep.yaml'), file)
    for (const dir of ['one', 'many'])
      expect(await cli(['sweep', 'plan', 'sweep.yaml', '--out', dir], {cwd})).toMatchObject({code: 0})
    expect(await cli(['sweep', 'merge', 'one'], {cwd})).toMatchObject({code: 4})
    expect(await cli(['sweep', 'work', 'one'], {cwd})).toMatchObject({code: 0})
    const killed = startCli(['sweep', 'work', 'many'], {cwd})
    await sleep(1500)
    killed.child.kill('SIGKILL')
    await killed.ended
    const others = await Promise.all([1, 2].map(() => cli(['sweep', 'work', 'many'], {cwd})))
    expect(others.map(({code}) => code)).toEqual([0, 0])
    for (const dir of ['one', 'many']) expect(await cli(['sweep', 'merge', dir], {cwd})).toMatchObject({code: 0})
    const alone = await records(join(cwd, 'one'))
    expect(alone).toHaveLength(18)
    expect(await records(join(cwd, 'many'))).toEqual(alone)
    await writeFile(join(cwd, 'one', 'units.jsonl'), '')
    expect(await cli(['sweep', 'status', 'one'], {cwd})).toMatchObject({code: 5})
  } finally {
    await rm(cwd, {recursive: true})
  }
}, 120_000)
