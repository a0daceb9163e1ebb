// Kills the commands that write at random moments and checks that the same command goes on and ends right:
// `npm run kills -- --n 300 --seed 1` (after a build). Folders of trials with a fault are kept. Ctrl-C ends it with the
// table of the trials so far.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {campaign} from '../test/support/kills/campaign.js'
import {openSubjects} from '../test/support/kills/subjects.js'

const {values} = parseArgs({
  options: {n: {type: 'string', default: '300'}, seed: {type: 'string', default: '1'}, only: {type: 'string'}},
})
const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-kills-'))
const {all, close} = await openSubjects(join(folder, 'inputs'))
const subjects = all.filter(({name}) => values.only === undefined || name.includes(values.only))
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
let faults = 0
try {
  const tallies = await campaign(subjects, {
    n: Number(values.n),
    seed: Number(values.seed),
    folder,
    signal: stop.signal,
    onTrial({name}, {moment, faults: found}) {
      faults += Number(found.length > 0)
      for (const fault of found) console.error(`${name}, ${JSON.stringify(moment)}: ${fault}`)
    },
  })
  console.log(
    `seed ${values.seed}\n| command | trials | killed while running | with a fault |\n| --- | ---: | ---: | ---: |`,
  )
  for (const {name, trials} of tallies) {
    const count = (fits: (trial: (typeof trials)[number]) => boolean) => trials.filter(fits).length
    console.log(
      `| ${name} | ${trials.length} | ${count(({killed}) => killed)} | ${count(one => one.faults.length > 0)} |`,
    )
  }
} finally {
  await close()
  if (faults === 0) await rm(folder, {recursive: true})
  else console.error(`Kept: ${folder}`)
}
process.exitCode = faults === 0 ? 0 : 1
