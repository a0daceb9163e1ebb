// Score the saved generations of a run again.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {parseFormats} from '../cli/formats.js'
import {openLocked} from '../cli/own-benchmarks.js'
import {budgetOf, remoteOf} from '../cli/run-spec.js'
import {neededOut} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {one, several} from '../cli/settings/setting.js'
import {terminal} from '../cli/terminal.js'
import {cacheDir} from '../hub/cache-dir.js'
import {wrap} from '../reports/formats/layout.js'
import {Budget} from '../runners/budget.js'

export default class Rescore extends BaseCommand<typeof Rescore> {
  static override summary = 'Score saved generations again with another extractor, judge or labels.'
  static override description = 'Writes a new run beside the old one; no model is asked.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-x --extractor vlmevalkit_exact --out results/blink-x-vlmevalkit',
    '<%= config.bin %> <%= command.id %> results/viscot-x --judge openai:NAME --judge-base-url http://127.0.0.1:8000/v1 --out results/viscot-x-judged',
    '<%= config.bin %> <%= command.id %> results/blink-x --data blink=data/blink-corrected --out results/blink-x-new-labels',
  ]
  static override args = {run: Args.string({required: true, description: 'Run folder.'})}
  static override flags = flagsOf({
    out: neededOut('Folder of the new run; the same command resumes an interrupted one.'),
    bench: several(settings.bench.kind, 'Own benchmarks of the run, where their definitions were moved.', {
      notInFile: true,
    }),
    extractor: one(settings.extractor.kind, settings.extractor.summary, {defaultNote: 'that of the run'}),
    ...pick(
      settings,
      'data',
      'judge',
      'judge-base-url',
      'api-key-env',
      'header',
      'extra-body',
      'concurrency',
      'timeout',
      'max-retries',
      'max-requests',
      'max-cost',
      'price',
      'cache',
      'max-error-rate',
      'format',
      'include-unofficial',
    ),
  })

  async run(): Promise<unknown> {
    const {flags} = this
    const outputs = parseFormats(flags.format, process.env)
    if (flags.judge !== undefined || flags.data !== undefined) await openLocked(this.args.run)
    const {rescore} = await import('../evaluation/rescore.js')
    const end = await rescore(
      {
        from: this.args.run,
        out: flags.out,
        extractor: flags.extractor,
        judge: flags.judge === undefined ? undefined : {ref: flags.judge, baseUrl: flags['judge-base-url']},
        data: flags.data ?? {},
        maxErrorRate: flags['max-error-rate'],
        chat: {
          common: {
            env: process.env,
            cacheDir: cacheDir(process.env),
            notify: event => {
              if (event.type === 'warning') this.tell('warn', event.message)
            },
          },
          remote: {...remoteOf(flags), baseUrls: {}, budget: new Budget(budgetOf(flags))},
        },
      },
      this.interruption(),
    )
    const {publishRun} = await import('../reports/publish.js')
    const {formatNamed} = await import('../reports/formats/index.js')
    const document = await publishRun(end, {
      ...{outputs, panel: false, includeUnofficial: flags['include-unofficial']},
      tell: sentence => this.tell('warn', sentence),
    })
    this.log(formatNamed('terminal').render(document, terminal()))
    const told = `${end.changed} of ${end.total} records score differently from ${this.args.run}.`
    this.log(wrap(told, terminal().width).join('\n'))
    process.exitCode = document.exitCode
    return {...document, changed: end.changed}
  }
}
