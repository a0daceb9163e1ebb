// Join the shards of a run into one folder.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {neededOut} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'

export default class Merge extends BaseCommand<typeof Merge> {
  static override summary = 'Join shards into one run, if they are disjoint, complete and of equal locks.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-shard-1-of-2 results/blink-shard-2-of-2 --out results/blink',
  ]
  static override strict = false
  static override args = {run: Args.string({required: true, description: 'Run folders of the shards, any number.'})}
  static override flags = flagsOf({
    out: neededOut('Folder of the joined run.'),
    ...pick(settings, 'allow-incomplete'),
  })

  async run(): Promise<unknown> {
    const {mergeRuns} = await import('../evaluation/merge.js')
    const merged = await mergeRuns(this.operands, this.flags.out, this.flags['allow-incomplete'])
    const {runDir, shards, records, errors, missing, latents, features, warnings} = merged
    for (const warning of warnings) this.tell('warn', warning)
    const {publishRun} = await import('../reports/publish.js')
    const {formatNamed} = await import('../reports/formats/index.js')
    const settled = {runDir, total: records + missing, settled: records - errors, errors}
    const end =
      missing === 0
        ? ({...settled, verdict: 'done', exitCode: 0, reason: null} as const)
        : ({
            ...settled,
            verdict: 'partial',
            exitCode: 0,
            reason: `${missing} samples are in none of the shards.`,
          } as const)
    const document = await publishRun(end, {outputs: [], panel: false})
    this.log(formatNamed('terminal').render(document, terminal()))
    const flaws = [
      errors > 0 ? `; ${errors} are errors` : '',
      missing > 0 ? `; ${missing} are missing` : '',
      latents > 0 ? `; with latents of ${latents} answers and features of ${features} pictures` : '',
    ]
    this.log(`${records} records of ${shards} shard${shards === 1 ? '' : 's'} in ${runDir}${flaws.join('')}`)
    return {...document, ...merged, warnings: [...document.warnings, ...warnings]}
  }
}
