// An oracle without boxes is told before anything is asked.
import {builtinData} from '../benchmarks/data-places.js'
import {loadBenchmark} from '../benchmarks/index.js'
import type {Arm, Mode} from '../core/generation.js'
import {assertBoxes} from './boxes.js'

const armWith = (intervention: string) => ({mode: 'latent' as Mode, intervention, id: intervention}) as Arm

async function told(id: string, ...interventions: string[]): Promise<string[]> {
  const benchmark = await loadBenchmark(id)
  const data = await benchmark.load(builtinData(id)!, {split: benchmark.defaultSplit, seed: 0})
  const keys = (await data.keys()).slice(0, 12)
  const warnings: string[] = []
  await assertBoxes([{benchmark, data, keys}], interventions.map(armWith), warning => warnings.push(warning))
  return warnings
}

it('refuses an oracle on samples of which none has a box', async () => {
  await expect(told('blink', 'own', 'oracle')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('blink has a box'),
  })
})

it('says nothing where every sample has a box, or where nothing needs one', async () => {
  expect(await told('hops', 'own', 'oracle')).toEqual([])
  expect(await told('blink', 'own', 'zeros')).toEqual([])
})
