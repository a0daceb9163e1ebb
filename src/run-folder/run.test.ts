// The life of a run folder, the same for every command that writes one.
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record} from '../../test/support/run-folders.js'
import {LanternError} from '../core/errors.js'
import {holdFile} from './hold.js'
import {readLock, readLog, settledRecords} from './reader.js'
import {recordKey} from './record.js'
import {type NewRun, type OpenRun, withRun} from './run.js'
import {samplesSha256} from './samples.js'

let parent: string
let dir: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'with-run-'))
  dir = join(parent, 'run')
})
afterEach(() => rm(parent, {recursive: true, force: true}))

const direct = arm('openai:m', 'direct')
const samples = Array.from({length: 1000}, (_, k) => ({bench: 'blink', id: String(k), subtask: 'Counting'}))
const entry = lockBenchmark('blink', {Counting: samples.length}, {samplesSha256: samplesSha256(samples)})
const lock = lockOf([direct], [entry])
const newRun = (changes: Partial<NewRun> = {}): NewRun => ({dir, lock, samples, env: {}, ...changes})
const sample = (id: string, outcome: 'correct' | 'wrong' | 'error' = 'correct') =>
  record({arm: direct.id, bench: 'blink', subtask: 'Counting', id, outcome})
const write = (ids: readonly string[], outcome?: 'error') => (run: OpenRun) => run.write(ids, id => sample(id, outcome))

async function ids(): Promise<string[]> {
  const found: string[] = []
  for await (const {id} of readLog(dir)) found.push(id)
  return found
}

it('makes the folder, writes lock, samples and records, and leaves no hold', async () => {
  await withRun(newRun(), write(['1', '2']))
  expect((await readdir(dir)).sort()).toEqual(['lock.json', 'log.jsonl', 'samples.jsonl'])
  expect(await readLock(dir)).toEqual(lock)
  expect(await ids()).toEqual(['1', '2'])
})

it('resumes: settled samples are known, failed ones are open', async () => {
  await withRun(newRun(), write(['1']))
  await withRun(newRun(), write(['2'], 'error'))
  const key = (id: string) => recordKey({arm: direct.id, bench: 'blink', id})
  await withRun(newRun(), async ({tally}) => {
    expect([tally.settled, tally.errors]).toEqual([1, 1])
    expect(['1', '2', '3'].map(id => tally.isSettled(key(id)))).toEqual([true, false, false])
  })
})

it('tells a source of a failure, since it may wait for its items to be on disk', async () => {
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  async function* waiting() {
    yield '1'
    await released
  }
  const full = () => {
    throw new Error('full')
  }
  await expect(withRun(newRun(), run => run.write(waiting(), full, undefined, release))).rejects.toThrow('full')
})

it('does not count a record that cannot be true as settled', async () => {
  await withRun(newRun(), write(['1']))
  await writeFile(join(dir, 'log.jsonl'), `${JSON.stringify({...sample('1'), score: 0})}\n`)
  await withRun(newRun(), async ({tally}) => {
    expect(tally.settled).toBe(0)
  })
})

it('keeps the tally and reports every record once it is on disk', async () => {
  await withRun(newRun(), async run => {
    const told: string[] = []
    await run.write(
      samples,
      async ({id}) => (Number(id) % 2 === 0 ? sample(id) : null),
      ({id}) => {
        told.push(id)
        expect(run.tally.settled).toBeGreaterThanOrEqual(told.length)
      },
    )
    expect(told).toHaveLength(500)
  })
  expect(await ids()).toHaveLength(500)
})

it('works on a bounded number of records at once', async () => {
  let making = 0
  let most = 0
  await withRun(newRun(), run =>
    run.write(samples, async ({id}) => {
      most = Math.max(most, ++making)
      await new Promise(resolve => setTimeout(resolve, 1))
      making--
      return sample(id)
    }),
  )
  expect(most).toBeGreaterThan(16)
  expect(most).toBeLessThanOrEqual(256)
  expect(await ids()).toHaveLength(samples.length)
})

it('at the first failure it stops pulling, finishes what it began, and throws', async () => {
  let pulled = 0
  const endless = async function* () {
    for (;;) yield String(pulled++ % samples.length)
  }
  const work = (run: OpenRun) =>
    run.write(endless(), async id => {
      if (id === '700') throw new LanternError('endpoint', 'The judge is gone.')
      return sample(id)
    })
  await expect(withRun(newRun(), work)).rejects.toThrow('The judge is gone.')
  expect(pulled).toBeLessThan(700 + 300)
  expect((await ids()).length).toBeGreaterThanOrEqual(400)
})

it('removes credentials from records, but keeps the fields that identify a record as the lock has them', async () => {
  const secret = 'tok-1234567890'
  const other = arm(`replay:${secret}`, 'direct')
  const named = {bench: 'blink', id: `https://x/?key=${secret}`, subtask: secret}
  const bench = lockBenchmark('blink', {[secret]: 1}, {samplesSha256: samplesSha256([named])})
  const spoilt = {...sample('1'), ...named, arm: other.id, text: `my key is ${secret}`}
  const run = newRun({lock: lockOf([other], [bench]), samples: [named], env: {API_TOKEN: secret}})
  await withRun(run, open => open.write([spoilt], one => one))
  expect(await settledRecords(dir)).toMatchObject([{...named, arm: other.id, text: 'my key is [redacted]'}])
})

it('leaves no folder behind where the work failed before its first record', async () => {
  const failing = async () => {
    throw new LanternError('endpoint', 'Wrong key.')
  }
  await expect(withRun(newRun(), failing)).rejects.toThrow('Wrong key.')
  expect(await readdir(parent)).toEqual([])
  // A run with records can be resumed, and files of others are not ours to remove.
  await withRun(newRun(), write(['1']))
  await expect(withRun(newRun(), failing)).rejects.toThrow('Wrong key.')
  expect(await ids()).toEqual(['1'])
  const foreign = join(parent, 'foreign')
  await mkdir(foreign)
  await writeFile(join(foreign, 'notes.txt'), 'mine')
  await expect(withRun(newRun({dir: foreign}), failing)).rejects.toThrow('Wrong key.')
  expect(await readdir(foreign)).toEqual(['notes.txt'])
})

it('keeps the folder of a run that ended normally without a record', async () => {
  await withRun(newRun(), async () => undefined)
  expect(await readdir(dir)).toContain('lock.json')
})

it('refuses the folder of another run, and one whose lock was edited', async () => {
  await withRun(newRun(), write(['1']))
  const other = lockOf([arm('openai:other', 'direct')], [entry])
  await expect(withRun(newRun({lock: other}), write(['1']))).rejects.toMatchObject({
    code: 'provenance',
    message: expect.stringContaining('arms'),
  })
  const text = await readFile(join(dir, 'lock.json'), 'utf8')
  await writeFile(join(dir, 'lock.json'), text.replace('"official"', '"builtin"'))
  await expect(withRun(newRun(), write(['2']))).rejects.toMatchObject({code: 'provenance'})
  expect(await ids()).toEqual(['1'])
})

it('writes nothing once another writer took the folder over, and leaves its hold alone', async () => {
  const outlive = async (run: OpenRun) => {
    await write(['1'])(run)
    const path = join(dir, holdFile)
    // As if it had stood still for a lease.
    await rm(path)
    await withRun(newRun(), async second => {
      await write(['2'])(second)
      const theirs = await readFile(path, 'utf8')
      await expect(write(['3'])(run)).rejects.toMatchObject({code: 'hold-lost'})
      expect(await readFile(path, 'utf8')).toBe(theirs)
    })
    await write(['4'])(run)
  }
  await expect(withRun(newRun(), outlive)).rejects.toMatchObject({code: 'hold-lost', exitCode: 4})
  expect(await ids()).toEqual(['1', '2'])
  await withRun(newRun(), write(['5']))
  expect(await readdir(dir)).not.toContain(holdFile)
})
