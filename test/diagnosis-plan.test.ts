// `diagnose --dry-run`: what a suite would ask, without asking.
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
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
