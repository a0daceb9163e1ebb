// Do the latents bear the load? Judges recorded runs, named arms, or a model that is asked first.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {diagnosisOutputs, writeDiagnosis} from '../cli/diagnosis-files.js'
import {runProgress} from '../cli/progress.js'
import type {RunValues} from '../cli/run-spec.js'
import {commandSettings, ownMeanings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, runSettings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'
import {LanternError} from '../core/errors.js'
import type {DiagnosisSuite} from '../evaluation/suites.js'
import type {NamedArm} from '../reports/diagnosis/index.js'

/** Settings of `run` that say what is asked of a model. The suite fixes the others. */
const {
  mode: _mode,
  intervention: _intervention,
  'latents-from': _from,
  repeats: _repeats,
  shard: _shard,
  'extractor-panel': _panel,
  'save-latents': _save,
  baseline: _baseline,
  'fail-on': _failOn,
  'on-inconclusive': _onInconclusive,
  'include-unofficial': _unofficial,
  vary: _vary,
  'vary-all': _varyAll,
  ...askedSettings
} = runSettings

/** What the suite fixes. */
const fixed = {mode: ['latent'], repeats: 1, 'save-latents': true, baseline: undefined} as const

interface Asked {
  readonly runs: readonly string[]
  readonly arm?: readonly NamedArm[]
  readonly suite: DiagnosisSuite | null
  readonly folder: string | undefined
}

export default class Diagnose extends BaseCommand<typeof Diagnose> {
  static override summary = 'Say whether the latents bear the load, from answers with others in place.'
  static override description =
    "Judges recorded runs: own latents against noise of their distribution, a stranger's, the markers alone and none. Equivalence is tested, not assumed; a guard that fails makes the verdict void."
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model builtin:nano-latent',
    '<%= config.bin %> <%= command.id %> --model ./checkpoint --bench vstar --suite quick',
    '<%= config.bin %> <%= command.id %> --model openai:NAME --base-url http://127.0.0.1:8000/v1 --observe-latents --bench vstar --suite quick',
    '<%= config.bin %> <%= command.id %> results/study',
    '<%= config.bin %> <%= command.id %> --arm own=results/a --arm zeros=results/b --arm matched-noise=results/c --margin 2pp',
    '<%= config.bin %> <%= command.id %> results/study --expect load-bearing',
    '<%= config.bin %> <%= command.id %> --model ./checkpoint --bench vstar --suite full --dry-run',
  ]
  static override strict = false
  static override args = {run: Args.string({description: 'Run folders, or RUN#PART: only arms whose id has PART.'})}
  static override flags = flagsOf(
    {
      ...askedSettings,
      arm: ownMeanings.namedArms,
      margin: ownMeanings.alike,
      alpha: ownMeanings.diagnosisAlpha,
      ...pick(commandSettings, 'suite', 'expect'),
      out: ownMeanings.diagnosisOut,
      format: ownMeanings.diagnosisFormat,
    },
    {grouped: true},
  )

  async run(): Promise<unknown> {
    const {margin, alpha, expect, format} = this.flags
    const outputs = diagnosisOutputs(format, process.env)
    this.assertOneWay()
    if (this.flags['dry-run']) return this.plan()
    const asked = await this.ask()
    if ('exitCode' in asked) {
      process.exitCode = asked.exitCode
      return asked
    }
    const {judgeStudy, studyOfNamed, studyOfRuns} = await import('../reports/diagnosis/index.js')
    const study = asked.arm === undefined ? await studyOfRuns(asked.runs) : await studyOfNamed(asked.arm)
    const document = await judgeStudy(study, {alpha, margin, expect, suite: asked.suite})
    await writeDiagnosis(document, outputs, asked.folder)
    const {diagnosisText} = await import('../reports/formats/diagnosis-text.js')
    this.log(diagnosisText(document, terminal()))
    process.exitCode = document.exitCode
    return document
  }

  private assertOneWay(): void {
    const {arm, model, 'dry-run': dry} = this.flags
    const ways = [this.operands.length > 0, arm !== undefined, model !== undefined].filter(Boolean).length
    if (ways !== 1)
      throw new LanternError(
        'usage',
        ways === 0 ? 'There is nothing to diagnose.' : 'Runs, --arm and --model cannot be combined.',
        'Give a RUN, or arms (--arm own=RUN#ARM --arm zeros=RUN#ARM), or a --model.',
      )
    if (dry && model === undefined)
      throw new LanternError(
        'usage',
        'Recorded answers are only read: there is nothing to plan.',
        'Leave --dry-run out, or give a --model.',
      )
  }

  /** What would be asked, without asking. */
  private async plan(): Promise<unknown> {
    const {toSpec} = await import('../cli/run-spec.js')
    const {prepareDiagnosis} = await import('../evaluation/diagnosed-run.js')
    const show = runProgress(this.flags['log-level'])
    const spec = await toSpec({...this.flags, ...fixed} as unknown as RunValues, process.env)
    const {prepared, again, donors} = await prepareDiagnosis(spec, this.flags.suite, event =>
      show({type: 'runner', event}),
    )
    try {
      const {planOf} = await import('../evaluation/plan.js')
      const {planLines} = await import('../cli/plan-lines.js')
      const plan = await planOf(prepared)
      const beside = [
        ...donors.map(
          ({id, ids}) => `${ids.length} more samples of ${id} are asked first: their latents are given to others.`,
        ),
        ...again.map(({id, ids}) => `${ids.length} own answers of ${id} are generated again afterwards.`),
      ]
      this.log(planLines(plan, terminal().width, beside).join('\n'))
      return {...plan, donors, again, suite: this.flags.suite, exitCode: 0, verdict: 'plan'}
    } finally {
      await prepared.close()
    }
  }

  /** Where the answers are; those of a model are asked for first. */
  private async ask(): Promise<Asked | {exitCode: number; verdict: string; runDir: string; reason: string | null}> {
    const {arm, model, out, suite} = this.flags
    if (model === undefined) return {runs: this.operands, arm, suite: null, folder: out}
    const {toSpec} = await import('../cli/run-spec.js')
    const {runDiagnosis} = await import('../evaluation/diagnosed-run.js')
    const spec = await toSpec({...this.flags, ...fixed, out} as unknown as RunValues, process.env)
    const {runDir: folder, end} = await runDiagnosis(
      spec,
      suite,
      runProgress(this.flags['log-level']),
      this.interruption(),
    )
    if (end.verdict === 'done') return {runs: [folder], suite, folder}
    const {exitCode, verdict, runDir, reason} = end
    this.log(reason ?? verdict)
    return {exitCode, verdict, runDir, reason}
  }
}
