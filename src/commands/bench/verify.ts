// `bench verify`: are these data complete, decodable and the official ones? The checks are in benchmarks/.
import {Args} from '@oclif/core'
import {benchmarkIds} from '../../benchmarks/index.js'
import {verifyData} from '../../benchmarks/verify.js'
import {BaseCommand} from '../../cli/base-command.js'
import {openBench} from '../../cli/bench-data.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {exitCodes} from '../../core/errors.js'
import {plainTable} from '../../reports/formats/layout.js'

/** Lines of problems and of notes that are printed; --json has them all. */
const shown = 20

export default class BenchVerify extends BaseCommand<typeof BenchVerify> {
  static override summary = 'Check data: counts, label revision, broken records, missing or broken pictures.'
  static override description = 'Problems end with exit code 5; notes do not change it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> blink',
    '<%= config.bin %> <%= command.id %> viscot --data viscot_benchmark --json',
  ]
  static override args = {bench: Args.string({description: `One of ${benchmarkIds().join(', ')}.`, required: true})}
  static override flags = flagsOf(pick(settings, 'data', 'image-root', 'split'))

  async run() {
    const report = await verifyData(await openBench(this.args.bench, this.flags))
    const {bench, split, kind, layout, pictures, revision, labels, labelled, subtasks, problems, notes} = report
    this.log(
      `${bench} ${split}: ${kind === 'builtin' ? 'built-in samples' : kind === 'custom' ? 'own data' : report.verified ? 'official data' : 'not the published samples'}, layout ${layout}${pictures ? '' : ', without pictures'}`,
    )
    this.log(`revision ${revision ?? 'unknown'}${labelled ? `, ${labels} labels` : ''}`)
    this.log(`data sha256 ${report.dataSha256}\n`)
    const columns = [
      {head: 'subtask', align: 'left' as const},
      {head: 'found', align: 'right' as const},
      {head: 'expected', align: 'right' as const},
    ]
    const rows = subtasks.map(({name, found, expected}) =>
      [name, String(found), String(expected ?? '-')].map(text => ({lines: [text]})),
    )
    this.log(plainTable(columns, rows, 80, text => text))
    this.tellAll('problem', problems)
    this.tellAll('note', notes)
    if (report.ok) this.log('\nNothing is wrong.')
    else process.exitCode = exitCodes.provenance
    return {...report, exitCode: report.ok ? 0 : exitCodes.provenance}
  }

  private tellAll(what: string, list: readonly {readonly message: string}[]): void {
    if (list.length === 0) return
    this.log(`\n${list.length} ${what}${list.length === 1 ? '' : 's'}`)
    for (const {message} of list.slice(0, shown)) this.log(`  ${message}`)
    if (list.length > shown) this.log(`  ... and ${list.length - shown} more; --json lists them.`)
  }
}
