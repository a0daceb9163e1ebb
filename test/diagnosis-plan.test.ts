// `diagnose --dry-run`: what a suite would ask, without asking.
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLock, settledRecords} from '../src/run-folder/reader.js'
import {sideRun} from '../src/run-folder/side-runs.js'
import {cli} from './support/cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diagnosis-plan-'))
})
afterAll(() => rm(folder, {recursive: true}))

it('names every condition, and the run that follows has that lock and those arms', async () => {
  const out = join(folder, 'run')
  const asked = ['diagnose', '--model', 'builtin:nano-latent', '--limit', '10', '--suite', 'quick', '--out', out]
  const {code, stdout} = await cli([...asked, '--dry-run', '--json'])
  const plan = JSON.parse(stdout)
  expect([code, plan.verdict, plan.suite, plan.items]).toEqual([0, 'plan', 'quick', 50])
  expect(plan.arms.map(({id}: {id: string}) => id.split('|').at(-1))).toEqual([
    ...['own', 'matched-noise', 'swap-unrelated', 'markers-only', 'no-latent'],
  ])
  expect(plan.again).toEqual([{id: 'hops', ids: expect.any(Array)}])
  expect(await readdir(folder)).toEqual([])
  const ran = await cli([...asked, '--json'])
  expect(ran.code).toBe(0)
  const again = await cli([...asked, '--dry-run', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({lock: plan.lock, arms: plan.arms.map(() => ({settled: 10}))})
})

it('has nothing to plan for recorded answers', async () => {
  const {code, stderr} = await cli(['diagnose', folder, '--dry-run'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('there is nothing to plan')])
})

it('takes donors that the selection lacks from the rest of the split, and tells how many', async () => {
  const out = join(folder, 'few')
  const asked = ['diagnose', '--model', 'builtin:nano-latent', '--bench', 'hops', '--limit', '12', '--out', out]
  const plan = JSON.parse((await cli([...asked, '--dry-run', '--json'])).stdout)
  expect(plan.donors).toEqual([{id: 'hops', ids: expect.any(Array)}])
  const {ids} = plan.donors[0]
  expect(ids.length).toBeGreaterThan(0)
  expect(ids.length).toBeLessThanOrEqual(24)
  expect((await cli([...asked, '--json'])).code).toBe(0)
  const records = await settledRecords(out)
  const selected = new Set(records.map(({id}) => id))
  expect(ids.filter((id: string) => selected.has(id))).toEqual([])
  expect((await settledRecords(sideRun(out, 'donors', 'hops'))).map(({id}) => id).sort()).toEqual([...ids].sort())
  const swapped = records.filter(({arm}) => arm.endsWith('|swap'))
  expect(swapped.map(({outcome, donor}) => [outcome === 'error', donor?.lift])).toEqual(
    Array.from({length: 12}, () => [false, 'text']),
  )
  expect(swapped.some(({donor}) => ids.includes(donor!.id))).toBe(true)
  expect((await readLock(out))['donors']).toMatch(/-of-split$/)
})
