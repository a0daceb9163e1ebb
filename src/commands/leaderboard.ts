// Tables over runs.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {parseFormats} from '../cli/formats.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'
import type {ResultDocument} from '../reports/schemas/result.js'

export default class Leaderboard extends BaseCommand<typeof Leaderboard> {
  static override summary = 'Tables over finished or partial runs, comparable rows ranked together.'
  static override description =
    'Rows are ranked together only where data, labels, samples, prompts, extractor, judge and metric agree; the table says how the others differ. Ranks are simultaneous 95 % intervals; rows of one tier are ties.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> results/blink-a-1a2b3c4d results/blink-b-5e6f7a8b --subtasks',
    '<%= config.bin %> <%= command.id %> --format markdown=table.md --format csv=table.csv',
  ]
  static override strict = false
  static override args = {
    run: Args.string({description: 'Run folders, or folders that hold some; the default is results.'}),
  }
  static override flags = flagsOf(pick(settings, 'subtasks', 'format', 'include-unofficial'))

  async run(): Promise<ResultDocument> {
    const outputs = parseFormats(this.flags.format, process.env)
    const {readRuns} = await import('../reports/find-runs.js')
    const {resultTable} = await import('../reports/result-table.js')
    const {writeOutputs} = await import('../reports/publish.js')
    const {formatNamed} = await import('../reports/formats/index.js')
    const {runs, warnings, exitCode} = await readRuns(this.operands)
    const document = resultTable(runs, {warnings, ...(exitCode === 0 ? {} : {exitCode, verdict: 'provenance'})})
    const includeUnofficial = this.flags['include-unofficial']
    for (const sentence of await writeOutputs(document, outputs, {includeUnofficial})) this.tell('warn', sentence)
    this.log(
      formatNamed('terminal')
        .render(document, {...terminal(), subtasks: this.flags.subtasks})
        .trimEnd(),
    )
    process.exitCode = document.exitCode
    return document
  }
}
