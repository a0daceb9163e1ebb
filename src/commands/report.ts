// The pages of `view` as files, to keep or to publish.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {openLocked} from '../cli/own-benchmarks.js'
import {commandSettings, neededOut} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'

export default class Report extends BaseCommand<typeof Report> {
  static override summary = 'Write runs as a static site: tables, comparisons, samples, the diagnosis.'
  static override description =
    'The folder works from disk and from any web server (GitHub Pages), and needs nothing from elsewhere. Pictures are left out unless --pictures is given: data sets have licences.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-x results/blink-y --out site',
    '<%= config.bin %> <%= command.id %> results/study --out site --pictures',
  ]
  static override strict = false
  static override args = {
    run: Args.string({description: 'Run folders, or folders that hold some; the default is results.'}),
  }
  static override flags = flagsOf({
    out: neededOut('The folder of the site.'),
    pictures: commandSettings.pictures,
  })

  async run(): Promise<unknown> {
    const {join} = await import('node:path')
    const {readableRuns} = await import('../reports/find-runs.js')
    const {Library} = await import('../reports/pages/library.js')
    const {writeSite} = await import('../reports/pages/site.js')
    const {dirs, warnings} = await readableRuns(this.operands)
    for (const dir of dirs) await openLocked(dir).catch(error => this.tell('warn', error.message))
    const library = await Library.open(dirs, warnings)
    const told = await writeSite(library, this.flags.out, {pictures: this.flags.pictures})
    for (const sentence of [...warnings, ...told]) this.tell('warn', sentence)
    const index = join(this.flags.out, 'index.html')
    const {count} = library.index
    const samples = `${count} ${count === 1 ? 'sample' : 'samples'}`
    this.log(`Wrote ${index}: ${samples} of ${dirs.length === 1 ? dirs[0] : `${dirs.length} runs`}.`)
    return {
      index,
      runs: dirs,
      samples: library.index.count,
      warnings: [...warnings, ...told],
      exitCode: 0,
      verdict: 'done',
    }
  }
}
