// The samples of a run, one by one.
import {Args} from '@oclif/core'
import chalk from 'chalk'
import {BaseCommand} from '../cli/base-command.js'
import {ownMeanings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'

/** Lines of a question and of a response in a list; one sample by --sample is shown whole. */
const listedLines = 4

export default class Inspect extends BaseCommand<typeof Inspect> {
  static override summary = 'The samples of a run: question, response, answer read from it, right answer.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-x --outcome wrong --subtask Counting',
    '<%= config.bin %> <%= command.id %> results/blink-x --sample val_Counting_12',
  ]
  static override args = {run: Args.string({required: true, description: 'Run folder, or RUN#ARM.'})}
  static override flags = flagsOf({
    ...pick(settings, 'outcome', 'subtask', 'sample', 'bench', 'arm'),
    limit: ownMeanings.shown,
  })

  async run(): Promise<unknown> {
    const {readLock} = await import('../run-folder/reader.js')
    const {pickArm, splitRunArm} = await import('../reports/compare.js')
    const {dataOf, samplesOf, sampleText} = await import('../reports/samples.js')
    const {dir, arm = this.flags.arm} = splitRunArm(this.args.run)
    const lock = await readLock(dir)
    const filter = {
      outcomes: this.flags.outcome,
      subtasks: this.flags.subtask,
      ids: this.flags.sample,
      benches: this.flags.bench,
      arm: arm === undefined ? undefined : pickArm({dir, lock}, arm),
    }
    const found = await samplesOf(dir, filter, warning => this.tell('warn', warning))
    const shown = this.flags.limit === 0 || this.flags.sample ? found : found.slice(0, this.flags.limit)
    const {width} = terminal()
    const paint = {bold: chalk.bold, dim: chalk.dim, good: chalk.green, bad: chalk.red}
    const view = {width, paint, data: dataOf(lock), ...(this.flags.sample === undefined && {lines: listedLines})}
    for (const record of shown) this.log(`${sampleText(record, view)}\n`)
    const more = found.length > shown.length ? `, the first ${shown.length} shown (--limit 0 shows all)` : ''
    this.log(
      chalk.dim(
        found.length === 0
          ? `No sample of ${dir} matches.`
          : `${found.length} sample${found.length === 1 ? '' : 's'}${more}.`,
      ),
    )
    return {run: dir, total: found.length, records: shown, exitCode: 0, verdict: 'done'}
  }
}
