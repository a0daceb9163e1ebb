// A paired comparison of two runs or arms, and the gate.
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {withVariables} from '../cli/flags.js'
import {terminal} from '../cli/terminal.js'
import type {Comparison} from '../reports/schemas/comparison.js'

export default class Compare extends BaseCommand<typeof Compare> {
  static override summary = 'Compare two runs or arms on the samples they share; --fail-on makes it a gate.'
  static override description =
    'One test of the difference in the headline: improved or regressed when p is at most --alpha (then the interval excludes 0), equivalent when two one-sided tests at --alpha hold within the --margin, else inconclusive. With --fail-on regression the gate is a one-sided test of its own: exit 0 when a loss of the margin is ruled out, 1 when a larger one is shown, else 3.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/main results/branch --fail-on regression --margin 2pp',
    "<%= config.bin %> <%= command.id %> 'results/x#m|text-cot' 'results/x#m|latent|lantern:8|own'",
  ]
  static override args = {
    base: Args.string({
      required: true,
      description: 'RUN, or RUN#ARM when it has several arms; any part that only one arm has will do.',
    }),
    new: Args.string({required: true, description: 'RUN or RUN#ARM.'}),
  }
  static override flags = withVariables({
    'fail-on': Flags.option({options: ['regression'] as const})({
      summary: 'Gate: exit 1 when a loss beyond the margin is shown, 3 when undecided.',
    }),
    margin: Flags.string({
      summary: 'Loss that is still accepted, in percentage points.',
      default: '2pp',
      helpValue: 'Npp',
    }),
    alpha: Flags.string({
      summary: 'Error rate of the two-sided test, and of each one-sided bound.',
      default: '0.05',
      helpValue: 'X',
    }),
  })

  async run(): Promise<Comparison> {
    const {compareRuns, parseAlpha, parseMargin, splitRunArm} = await import('../reports/compare.js')
    const {readRun} = await import('../reports/read-run.js')
    const {comparisonText} = await import('../reports/formats/terminal.js')
    const options = {
      margin: parseMargin(this.flags.margin),
      alpha: parseAlpha(this.flags.alpha),
      failOn: this.flags['fail-on'],
    }
    const [base, next] = [splitRunArm(this.args.base), splitRunArm(this.args.new)]
    const baseRun = await readRun(base.dir)
    const newRun = next.dir === base.dir ? baseRun : await readRun(next.dir)
    const comparison = compareRuns(baseRun, newRun, {...options, baseArm: base.arm, newArm: next.arm})
    this.log(comparisonText(comparison, terminal()))
    process.exitCode = comparison.exitCode
    return comparison
  }
}
