// Every command that writes, killed once or twice at a seeded moment: the same command goes on and ends right. The long
// version is `npm run kills`; its figures are in design/run-folder.md.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {campaign} from './support/kills/campaign.js'
import {openSubjects} from './support/kills/subjects.js'

test('a killed command loses nothing, doubles nothing, and ends as if nobody had killed it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kills-'))
  const {all, close} = await openSubjects(join(folder, 'inputs'))
  try {
    const tallies = await campaign(all, {n: 8, seed: 1, folder})
    const faults = tallies.flatMap(({name, trials}) =>
      trials.flatMap(({moment, faults}) => faults.map(fault => `${name}, ${JSON.stringify(moment)}: ${fault}`)),
    )
    expect(faults).toEqual([])
    expect(tallies.flatMap(({trials}) => trials).filter(({killed}) => killed).length).toBeGreaterThan(4)
  } finally {
    await close()
    await rm(folder, {recursive: true})
  }
}, 300_000)
