// A paired comparison of two runs or arms, and the gate.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {parseFormats} from '../cli/formats.js'
import {commandSettings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick} from '../cli/settings/index.js'
import {gateSettings, resultSettings} from '../cli/settings/judged.js'
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
      description:
        'RUN, or RUN#ARM when it has several arms; any part of its id or label that no other arm has is enough.',
    }),
    new: Args.string({required: true, description: 'RUN or RUN#ARM.'}),
  }
  static override flags = flagsOf({
    ...gateSettings,
    ...pick(commandSettings, 'flips', 'allow'),
    ...pick(resultSettings, 'format', 'include-unofficial'),
  })

  async run(): Promise<Comparison> {
    const {comparisonDocument, compareRuns, splitRunArm} = await import('../reports/compare.js')
    const {readRun} = await import('../reports/read-run.js')
    const {writeOutputs} = await import('../reports/publish.js')
    const {comparisonText} = await import('../reports/formats/terminal.js')
    const {margin, alpha, flips, allow, 'fail-on': failOn, 'on-inconclusive': onInconclusive} = this.flags
    const outputs = parseFormats(this.flags.format, process.env)
    const [base, next] = [splitRunArm(this.args.base), splitRunArm(this.args.new)]
    const baseRun = await readRun(base.dir)
    const newRun = next.dir === base.dir ? baseRun : await readRun(next.dir)
    const comparison = compareRuns(baseRun, newRun, {
      ...{margin, alpha, failOn, onInconclusive, flips, allow},
      ...{baseArm: base.arm, newArm: next.arm},
    })
    const includeUnofficial = this.flags['include-unofficial']
    const told = await writeOutputs(comparisonDocument(comparison, baseRun, newRun), outputs, {includeUnofficial})
    for (const sentence of told) this.tell('warn', sentence)
    this.log(comparisonText(comparison, terminal()))
    process.exitCode = comparison.exitCode
    return comparison
  }
}
