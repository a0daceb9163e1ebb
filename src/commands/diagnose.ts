// Do the latents bear the load? Judges recorded runs, named arms, or a model that is asked first.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {diagnosisOutputs, writeDiagnosis} from '../cli/diagnosis-files.js'
import {commandSettings, ownMeanings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'
import {LanternError} from '../core/errors.js'

export default class Diagnose extends BaseCommand<typeof Diagnose> {
  static override summary = 'Say whether the latents bear the load, from what answers do when they are replaced.'
  static override description =
    "Judges recorded runs: own latents against noise of their distribution, a stranger's, the markers alone and none. Equivalence is tested, not assumed; a guard that fails makes the verdict void."
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/study',
    '<%= config.bin %> <%= command.id %> --arm own=results/a --arm zeros=results/b --arm matched-noise=results/c --margin 2pp',
    '<%= config.bin %> <%= command.id %> results/study --expect load-bearing',
  ]
  static override strict = false
  static override args = {run: Args.string({description: 'Run folders, or RUN#PART: only arms whose id has PART.'})}
  static override flags = flagsOf({
    arm: ownMeanings.namedArms,
    margin: ownMeanings.alike,
    alpha: ownMeanings.diagnosisAlpha,
    ...pick(commandSettings, 'expect'),
    out: ownMeanings.diagnosisOut,
    format: ownMeanings.diagnosisFormat,
  })

  async run(): Promise<unknown> {
    const {arm, margin, alpha, expect, out, format} = this.flags
    const outputs = diagnosisOutputs(format, process.env)
    const {judgeStudy, studyOfNamed, studyOfRuns} = await import('../reports/diagnosis/index.js')
    if (arm !== undefined && this.operands.length > 0)
      throw new LanternError('usage', 'Give runs, or arms with --arm, not both.', 'Name every arm with --arm.')
    if (arm === undefined && this.operands.length === 0)
      throw new LanternError(
        'usage',
        'Nothing to diagnose.',
        'Give a RUN, or arms: --arm own=RUN#ARM --arm zeros=RUN#ARM.',
      )
    const study = arm === undefined ? await studyOfRuns(this.operands) : await studyOfNamed(arm)
    const document = await judgeStudy(study, {alpha, margin, expect, suite: null})
    await writeDiagnosis(document, outputs, out)
    const {diagnosisText} = await import('../reports/formats/diagnosis-text.js')
    this.log(diagnosisText(document, terminal()))
    process.exitCode = document.exitCode
    return document
  }
}
