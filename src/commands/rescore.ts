// Score the saved generations of a run again.
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {dataFlag, dataFolders, withVariables} from '../cli/flags.js'
import {parseFormats} from '../cli/formats.js'
import {number, runFlags} from '../cli/run-flags.js'
import {terminal} from '../cli/terminal.js'
import {cacheDir} from '../hub/cache-dir.js'
import {extractorNames} from '../metrics/extraction/index.js'

export default class Rescore extends BaseCommand<typeof Rescore> {
  static override summary = 'Score saved generations again with another extractor, judge or labels.'
  static override description = 'Writes a new run beside the old one; no model is asked.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-x --extractor vlmevalkit_exact --out results/blink-x-vlmevalkit',
    '<%= config.bin %> <%= command.id %> results/viscot-x --judge openai:NAME --judge-base-url http://127.0.0.1:8000/v1 --out results/viscot-x-judged',
    '<%= config.bin %> <%= command.id %> results/blink-x --data blink=data/blink-corrected --out results/blink-x-new-labels',
  ]
  static override args = {run: Args.string({required: true, description: 'Run folder.'})}
  static override flags = withVariables({
    out: Flags.string({
      required: true,
      summary: 'Folder of the new run; the same command goes on where it was interrupted.',
      helpValue: 'DIR',
    }),
    extractor: Flags.option({options: extractorNames})({
      summary: 'Name of the extractor; the default is that of the run.',
      helpValue: 'NAME',
    }),
    data: dataFlag,
    judge: runFlags.judge,
    'judge-base-url': runFlags['judge-base-url'],
    'api-key-env': runFlags['api-key-env'],
    concurrency: runFlags.concurrency,
    timeout: runFlags.timeout,
    'max-retries': runFlags['max-retries'],
    'max-requests': runFlags['max-requests'],
    'no-cache': runFlags['no-cache'],
    'max-error-rate': runFlags['max-error-rate'],
    format: runFlags.format,
  })

  async run(): Promise<unknown> {
    const {flags} = this
    const outputs = parseFormats(flags.format, process.env)
    const {rescore} = await import('../evaluation/rescore.js')
    const end = await rescore(
      {
        from: this.args.run,
        out: flags.out,
        extractor: flags.extractor,
        judge: flags.judge === undefined ? undefined : {ref: flags.judge, baseUrl: flags['judge-base-url']},
        data: dataFolders(flags.data),
        maxErrorRate: number('max-error-rate', flags['max-error-rate'], 0, 1),
        chat: {
          baseUrls: {},
          apiKeyEnv: flags['api-key-env'],
          env: process.env,
          concurrency:
            flags.concurrency === 'auto' ? 'auto' : Math.trunc(number('concurrency', flags.concurrency, 1, 4096)),
          timeoutMs: flags.timeout * 1000,
          maxRetries: flags['max-retries'],
          maxRequests: flags['max-requests'],
          cache: !flags['no-cache'],
          cacheDir: cacheDir(process.env),
          notify: event => {
            if (event.type === 'warning') this.tell('warn', event.message)
          },
        },
      },
      this.interruption(),
    )
    const {publishRun} = await import('../reports/publish.js')
    const {formats} = await import('../reports/formats/index.js')
    const document = await publishRun(end, {outputs, panel: false})
    this.log(formats.terminal.render(document, terminal()))
    this.log(`${end.changed} of ${end.total} records score otherwise than in ${this.args.run}.`)
    process.exitCode = document.exitCode
    return {...document, changed: end.changed}
  }
}
