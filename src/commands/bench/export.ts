// `bench export`: the answers of a run as a submission. Reads the run, writes the files; the formats are in
// reports/submission.ts.
import {join} from 'node:path'
import {Args} from '@oclif/core'
import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {BaseCommand} from '../../cli/base-command.js'
import {neededOut, oneBench} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {LanternError} from '../../core/errors.js'
import {pickArm, splitRunArm} from '../../reports/compare.js'
import {writeText} from '../../reports/publish.js'
import {submissionOf} from '../../reports/submission.js'
import {readLock, settledRecords} from '../../run-folder/reader.js'

/** The forms of all benchmarks that have one, as their adapters state them. One at a time: two ids may share a file. */
const forms: string[] = []
for (const id of benchmarkIds()) {
  const {title, submissionForm} = await loadBenchmark(id)
  if (submissionForm !== undefined) forms.push(`${title}: ${submissionForm}.`)
}

export default class BenchExport extends BaseCommand<typeof BenchExport> {
  static override summary = "A run's answers in a benchmark's submission format."
  static override description =
    `The files have the form that the benchmark's own server or scorer accepts. ${forms.join(' ')} A run with several arms needs RUN#ARM.`
  static override examples = ['<%= config.bin %> <%= command.id %> results/blink-test --out submission']
  static override args = {run: Args.string({description: 'Run folder, or RUN#ARM.', required: true})}
  static override flags = flagsOf({
    bench: oneBench('The benchmark; needed where the run has several.'),
    out: neededOut('Folder to write to.'),
  })

  async run() {
    const {dir: folder, arm: named} = splitRunArm(this.args.run)
    const lock = await readLock(folder)
    const arm = pickArm({dir: folder, lock}, named)
    const bench = onlyOf(
      lock.benchmarks.map(({id}) => id),
      this.flags.bench,
    )
    const settled = await settledRecords(folder, warning => this.tell('warn', warning))
    const records = settled.filter(record => record.arm === arm && record.bench === bench)
    const {files, unanswered} = submissionOf(await loadBenchmark(bench), records)
    const {out} = this.flags
    for (const {name, content} of files) await writeText(join(out, name), content)
    const {split, kind, partial, available} = lock.benchmarks.find(({id}) => id === bench)!
    const complete = !partial && records.length === available
    this.log(
      `${records.length} answers of ${arm} to ${bench} ${split} in ${files.map(({name}) => join(out, name)).join(', ')}`,
    )
    if (unanswered > 0) this.log(`${unanswered} of them do not name an option.`)
    if (!complete) this.tell('warn', `The run is not the whole split: ${records.length} of ${available} samples.`)
    if (kind === 'builtin') this.tell('warn', 'These are answers to built-in samples, not to the official split.')
    return {
      bench,
      split,
      arm,
      samples: records.length,
      unanswered,
      complete,
      builtin: kind === 'builtin',
      files: files.map(({name}) => join(out, name)),
    }
  }
}

/** The named benchmark of a run, or its only one. */
function onlyOf(ids: readonly string[], named: string | undefined): string {
  if (named !== undefined ? ids.includes(named) : ids.length === 1) return named ?? ids[0]!
  throw new LanternError(
    'usage',
    named === undefined ? `The run has ${ids.length} benchmarks.` : `The run has no benchmark "${named}".`,
    `Name one with --bench: ${ids.join(', ')}.`,
  )
}
