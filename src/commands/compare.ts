// A paired comparison of two runs or arms, and the gate.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {flagsOf} from '../cli/settings/flags.js'
import {gateSettings} from '../cli/settings/judged.js'
import {terminal} from '../cli/terminal.js'
import type {Comparison} from '../reports/schemas/comparison.js'

export default class Compare extends BaseCommand<typeof Compare> {
  static override summary = 'Compare two runs or arms on the samples they share; --fail-on makes it a gate.'
  static override description =
    'With L and U the one-sided bounds of the difference at --alpha and m the --margin: improved when L > 0, equivalent when L > -m and U < m, regressed when U < 0, else inconclusive. With --fail-on regression: exit 0 when L > -m, 1 when U < -m, else 3.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/main results/branch --fail-on regression --margin 2pp',
    "<%= config.bin %> <%= command.id %> 'results/x#m|text-cot' 'results/x#m|latent|lantern:8|own'",
  ]
  static override args = {
    base: Args.string({
      required: true,
      description: 'RUN, or RUN#ARM when it has several arms; any part of its id that no other arm has is enough.',
    }),
    new: Args.string({required: true, description: 'RUN or RUN#ARM.'}),
  }
  static override flags = flagsOf(gateSettings)

  async run(): Promise<Comparison> {
    const {compareRuns, splitRunArm} = await import('../reports/compare.js')
    const {readRun} = await import('../reports/read-run.js')
    const {comparisonText} = await import('../reports/formats/terminal.js')
    const {margin, alpha, 'fail-on': failOn} = this.flags
    const [base, next] = [splitRunArm(this.args.base), splitRunArm(this.args.new)]
    const baseRun = await readRun(base.dir)
    const newRun = next.dir === base.dir ? baseRun : await readRun(next.dir)
    const comparison = compareRuns(baseRun, newRun, {margin, alpha, failOn, baseArm: base.arm, newArm: next.arm})
    this.log(comparisonText(comparison, terminal()))
    process.exitCode = comparison.exitCode
    return comparison
  }
}
