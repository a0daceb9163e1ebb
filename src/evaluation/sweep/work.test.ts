// Workers of a sweep with units that take no time, beside claims of hosts that do not answer.
import {mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {thisProcess} from '../../run-folder/lease.js'
import {begunUnits, claim, claimPath, freeUnit} from './claims.js'
import {readSweep, type Sweep, unitsOf, writePlan} from './plan.js'
import {retry, statusOf} from './status.js'
import {type RunUnit, workAll, workOne} from './work.js'

let sweep: Sweep
beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'work-'))
  await writePlan(dir, unitsOf(['a', 'b'], ['hops'], 2), {folder: dir, settings: {}})
  sweep = await readSweep(dir)
})
afterEach(() => rm(sweep.dir, {recursive: true}))

const quick = {...thisProcess({}), leaseSeconds: 0.2}
const elsewhere = {...quick, host: 'elsewhere', realm: 'another'}
const never = new AbortController().signal
const done: RunUnit = async () => ({verdict: 'done', reason: null})

/** A claim of another host; it stands still from now on, and its stamp is old. */
async function silentClaim(index: number): Promise<void> {
  ;(await claim(sweep.dir, index, 0, elsewhere))!.close()
  const path = claimPath(sweep.dir, index, 1)
  await utimes(path, new Date(0), new Date(0))
}

it('a worker takes over what a silent host holds, and says from whom', async () => {
  await silentClaim(2)
  const told: string[] = []
  expect(await workAll(sweep, done, never, {tenant: quick, tell: (_, sentence) => told.push(sentence)})).toEqual({
    ...{done: 4, failed: 0, lost: 0},
  })
  expect(told).toContainEqual(expect.stringMatching(/^Unit 2 \(b, hops 1\/2\) begins, taken over from .* elsewhere/))
})

it('a unit that fails stops no other; one that fails with its machine is given back, and the worker leaves', async () => {
  const failing: RunUnit = async ({index}) => {
    if (index === 1) throw new Error('no such model')
    if (index === 3) throw new LanternError('disk', 'The disk is full.')
    return {verdict: 'done', reason: null}
  }
  await expect(workAll(sweep, failing, never)).rejects.toMatchObject({code: 'disk'})
  expect(await statusOf(sweep)).toMatchObject({
    ...{done: 2, failed: 1, missing: 1, running: 0, dead: 0},
    failures: [{index: 1, model: 'a', bench: 'hops', shard: '2/2', reason: 'no such model'}],
  })
})

it('an index reruns a failed unit once: two at a time do not both get it', async () => {
  await workOne(sweep, 0, async () => ({verdict: 'infrastructure', reason: 'away'}), never)
  let runs = 0
  let begin = () => {}
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })
  let finish = () => {}
  const slow: RunUnit = async () => {
    runs++
    begin()
    await new Promise<void>(resolve => {
      finish = resolve
    })
    return {verdict: 'done', reason: null}
  }
  const first = workOne(sweep, 0, slow, never)
  await begun
  await expect(workOne(sweep, 0, slow, never)).rejects.toMatchObject({code: 'usage'})
  finish()
  expect(await first).toMatchObject({done: 1})
  expect(runs).toBe(1)
})

it('an index waits to see whether a host is silent, and takes its unit over', async () => {
  await silentClaim(3)
  expect(await workOne(sweep, 3, done, never, {tenant: quick})).toMatchObject({done: 1})
  expect((await begunUnits(sweep.dir)).get(3)).toEqual({generation: 2, state: 'done'})
})

it('a worker whose claim was freed or taken over notices, stops the unit, and writes no end', async () => {
  const run: RunUnit = async ({index}, signal) => {
    await freeUnit(sweep.dir, index, 1)
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    return {verdict: 'interrupted', reason: null}
  }
  await expect(workOne(sweep, 0, run, never, {tenant: quick})).rejects.toMatchObject({code: 'hold-lost', exitCode: 4})
  expect((await begunUnits(sweep.dir)).get(0)).toEqual({generation: 1, state: 'freed'})
  expect(await readdir(join(sweep.dir, 'ends'))).toEqual(['0.1.freed.json'])
})

it('retry frees failed units and silent hosts, and leaves those that give signs of life', async () => {
  await workOne(sweep, 0, async () => ({verdict: 'infrastructure', reason: 'away'}), never)
  await silentClaim(1)
  const living = await claim(sweep.dir, 2, 0, {...elsewhere, leaseSeconds: 3})
  // Its stamps are old, as those of a host whose clock is: its counter moves all the same.
  const path = claimPath(sweep.dir, 2, 1)
  const aging = setInterval(() => void utimes(path, new Date(0), new Date(0)).catch(() => undefined), 5)
  try {
    await utimes(path, new Date(0), new Date(0))
    expect(await statusOf(sweep, quick)).toMatchObject({failed: 1, dead: 2, hosts: {elsewhere: {dead: 2}}})
    const told: string[] = []
    expect(await retry(sweep, never, sentence => told.push(sentence), quick)).toBe(2)
    expect(told).toEqual([expect.stringContaining('2 silent claims')])
    expect((await begunUnits(sweep.dir)).get(2)).toEqual({generation: 1, state: 'open'})
  } finally {
    clearInterval(aging)
    living!.close()
  }
})

it('two workers at once give every unit to one of them', async () => {
  const runs: number[] = []
  const run: RunUnit = async ({index}) => {
    runs.push(index)
    return {verdict: 'done', reason: null}
  }
  await Promise.all([workAll(sweep, run, never), workAll(sweep, run, never)])
  expect(runs.sort()).toEqual([0, 1, 2, 3])
})

it('names that are none of its own are left alone', async () => {
  for (const name of ['claims/notes.txt', 'claims/1.x', 'ends/0.1.done.json'])
    await writeFile(join(sweep.dir, name), '')
  expect((await begunUnits(sweep.dir)).size).toBe(0)
})
