// Evaluate: the main command. Flags become a specification, evaluation does the work, reports write the tables, the
// gate decides.
import {BaseCommand} from '../cli/base-command.js'
import {parseFormats} from '../cli/formats.js'
import {duration, runProgress} from '../cli/progress.js'
import {toSpec} from '../cli/run-spec.js'
import {flagsOf} from '../cli/settings/flags.js'
import {runSettings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'
import type {Gate} from '../reports/publish.js'

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Evaluate models on benchmarks; the same command resumes.'
  static override description =
    'Without --model the built-in control models run on the built-in samples. Every finished sample is on disk at once; after Ctrl-C the same command resumes.'
  static override flags = flagsOf(runSettings, {grouped: true})
  static override examples = [
    {
      description: 'Score saved answers:',
      command: '<%= config.bin %> <%= command.id %> --bench blink --model replay:answers.jsonl',
    },
    {
      description: 'Latent reasoning against a direct answer on one checkpoint:',
      command: '<%= config.bin %> <%= command.id %> --bench vstar --model ./checkpoint --mode latent --mode direct',
    },
    {
      description: 'An endpoint, a pilot of 100 samples:',
      command:
        '<%= config.bin %> <%= command.id %> --bench blink --model openai:NAME --base-url http://127.0.0.1:8000/v1 --limit 100',
    },
    {
      description: 'A served checkpoint, with its latents:',
      command:
        '<%= config.bin %> <%= command.id %> --bench vstar --model openai:NAME --base-url http://127.0.0.1:8000/v1 --observe-latents --intervention own,zeros',
    },
    {
      description: 'Do the latents matter?',
      command:
        '<%= config.bin %> <%= command.id %> --bench hops --model builtin:nano-latent --intervention own,zeros,noise,first-repeat',
    },
    {
      description: 'Gate a CI job:',
      command:
        '<%= config.bin %> <%= command.id %> --bench vstar --model ./new --baseline results/main --fail-on regression --margin 2pp',
    },
    {
      description: 'How much of the score is the way of asking and reading?',
      command:
        '<%= config.bin %> <%= command.id %> --bench vstar --model ./checkpoint --vary extractor,prompt-style --vary max-pixels=200704,802816',
    },
  ]

  async run(): Promise<unknown> {
    const {flags} = this
    if (flags.vary !== undefined) return this.vary()
    const gate = this.gate()
    const outputs = parseFormats(flags.format, process.env)
    const spec = await toSpec(flags, process.env)
    const show = runProgress(flags['log-level'])
    const {prepare} = await import('../evaluation/prepare.js')
    const prepared = await prepare(spec, event => show({type: 'runner', event}))
    try {
      // A baseline that the run cannot be compared with is reported before the run, not after it.
      if (gate)
        await (await import('../reports/publish.js')).assertBaseline(
          {dir: 'this run', lock: prepared.lock},
          gate.baseline,
        )
      if (flags['dry-run']) return await this.plan(prepared)
      const {evaluate} = await import('../evaluation/evaluate.js')
      const began = Date.now()
      const end = await evaluate(prepared, show, this.interruption())
      this.tell('debug', `${end.settled} samples in ${duration(Date.now() - began)}`)
      const {publishRun} = await import('../reports/publish.js')
      const document = await publishRun(end, {
        ...{outputs, gate, panel: flags['extractor-panel'], includeUnofficial: flags['include-unofficial']},
        tell: sentence => this.tell('warn', sentence),
      })
      const {formatNamed} = await import('../reports/formats/index.js')
      // The built-in samples are few, and their subtasks are meant to differ.
      this.log(formatNamed('terminal').render(document, {...terminal(), subtasks: document.builtin}))
      process.exitCode = document.exitCode
      return document
    } finally {
      await prepared.close()
    }
  }

  /** Several runs of one arm that differ in settings, and how far its score moves. */
  private async vary(): Promise<unknown> {
    const {flags} = this
    const show = runProgress(flags['log-level'])
    const {planVariations, runVariations} = await import('../cli/vary/run-variations.js')
    const planned = await planVariations(flags, process.env, show)
    const {runs, dir} = planned.plan
    const asking = runs.filter(({rescores}) => rescores === null)
    const answers = asking.reduce((sum, run) => sum + run.answers, 0)
    const told = `${runs.length} runs in ${dir}: ${asking.length} ask ${answers} answers, ${runs.length - asking.length} read answers again.`
    if (flags['dry-run']) {
      for (const {label, answers, rescores} of runs)
        this.log(`${label}: ${rescores === null ? `${answers} answers` : `reads ${rescores} again`}`)
      this.log(`${told} Nothing was sent.`)
      return {...planned.plan, answers, exitCode: 0, verdict: 'plan'}
    }
    this.tell('info', told)
    const {document, end} = await runVariations(planned, process.env, {
      ...{show, signal: this.interruption()},
      tell: message => this.tell('info', message),
    })
    if (document === null) {
      process.exitCode = end!.exitCode
      this.tell('warn', `${end!.runDir}: ${end!.reason ?? end!.verdict}`)
      return {...planned.plan, unfinished: end!.runDir, verdict: end!.verdict, exitCode: end!.exitCode}
    }
    const {sensitivityText} = await import('../reports/sensitivity-text.js')
    this.log(sensitivityText(document, terminal()))
    return document
  }

  private async plan(prepared: Parameters<typeof import('../evaluation/plan.js').planOf>[0]): Promise<unknown> {
    const {planOf} = await import('../evaluation/plan.js')
    const {planLines} = await import('../cli/plan-lines.js')
    const plan = await planOf(prepared)
    this.log(planLines(plan, terminal().width).join('\n'))
    return {...plan, exitCode: 0, verdict: 'plan'}
  }

  /** The gate, if asked for. */
  private gate(): Gate | undefined {
    const {baseline, margin, alpha, 'fail-on': failOn, 'on-inconclusive': onInconclusive} = this.flags
    return baseline === undefined ? undefined : {baseline, margin, alpha, failOn, onInconclusive}
  }
}
