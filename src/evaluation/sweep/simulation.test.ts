// Many workers over real claim files in simulated time. `npm run bench -- sweep` has more of them.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {simulate} from '../../../test/support/sweep-simulation.js'
import {endedUnits} from './claims.js'
import {readSweep, unitsOf, writePlan} from './plan.js'

it('no unit runs twice without a lost lease, and all are done, whoever dies or stands still', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'simulation-'))
  try {
    await writePlan(dir, unitsOf(['a', 'b', 'c', 'd'], ['hops', 'attr'], 50), {folder: dir, settings: {}})
    const sweep = await readSweep(dir)
    const {faults, again, died, stalled, lost} = await simulate(sweep, 40, 1)
    expect(faults).toEqual([])
    const ended = await endedUnits(dir)
    expect(sweep.units.filter(({index}) => ended.get(index) !== 'done')).toEqual([])
    // Dead and stalled workers were met, and units taken over from them.
    expect([died, stalled, again, lost].every(count => count > 0)).toBe(true)
    // A worker has one unit at a time.
    expect(again).toBeLessThanOrEqual(died + stalled)
  } finally {
    await rm(dir, {recursive: true})
  }
}, 120_000)
