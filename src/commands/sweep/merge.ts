// Join the shards of a finished sweep.
import {join} from 'node:path'
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {LanternError} from '../../core/errors.js'
import {counted, shellWord} from '../../core/words.js'

/** Units that an error names; `sweep status` counts all. */
const mostNamed = 20

export default class SweepMerge extends BaseCommand<typeof SweepMerge> {
  static override summary = 'Join the shards of a sweep: one run for each model and benchmark.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweeps/one']
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}

  async run(): Promise<unknown> {
    const {readSweep, unitDir} = await import('../../evaluation/sweep/plan.js')
    const {endedUnits} = await import('../../evaluation/sweep/claims.js')
    const {mergeRuns} = await import('../../evaluation/merge.js')
    const {dir} = this.args
    const {units} = await readSweep(dir)
    const ended = await endedUnits(dir)
    const missing = units.filter(({index}) => ended.get(index) !== 'done').map(({index}) => index)
    if (missing.length > 0)
      throw new LanternError(
        'incomplete-merge',
        `${missing.length} of ${units.length} units are not done: ${missing.slice(0, mostNamed).join(', ')}${missing.length > mostNamed ? ', ...' : ''}.`,
        `\`lantern-eval sweep status ${shellWord(dir)}\` says what became of them.`,
      )
    const runs = []
    for (const name of new Set(units.map(({run}) => run))) {
      const parts = units.filter(({run}) => run === name).map(unit => unitDir(dir, unit))
      const {runDir, records, warnings} = await mergeRuns(parts, join(dir, 'runs', name), false)
      for (const warning of warnings) this.tell('warn', warning)
      this.log(`${counted(records, 'record')} in ${runDir}`)
      runs.push({runDir, records})
    }
    return {runs, exitCode: 0}
  }
}
