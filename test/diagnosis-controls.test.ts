// Models whose truth is known get the verdict that they were made to earn (test/support/diagnosis-controls.ts), from
// the whole path: conditions asked, latents fed, records read, table judged. Decoding is greedy, so a verdict is the
// same in every run. `npm run verdicts` does this with 500 samples and five seeds.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {diagnoseControl, verdictRows} from './support/diagnosis-controls.js'

test.each(verdictRows)(
  '$model on $task: $verdicts',
  async row => {
    const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-verdict-'))
    try {
      const {results, warnings} = await diagnoseControl(row, {...row, seed: 271_828, folder})
      const [{verdict, statement}] = [results[0]!]
      expect([row.verdicts.includes(verdict), verdict, statement]).toEqual([true, verdict, statement])
      expect(statement).toMatch(row.says ?? /./)
      expect(warnings).toEqual([])
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  },
  240_000,
)
