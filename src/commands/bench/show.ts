// `bench show`: one sample as the benchmark's adapter reads it; pictures by size and hash, and drawn where the terminal
// can.
import {Args} from '@oclif/core'
import type {DataSet} from '../../benchmarks/benchmark.js'
import {benchmarkIds} from '../../benchmarks/index.js'
import {sampleDocument} from '../../benchmarks/sample-document.js'
import {BaseCommand} from '../../cli/base-command.js'
import {openBench} from '../../cli/bench-data.js'
import {openedBenchmark} from '../../cli/own-benchmarks.js'
import {oneBench} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {terminal} from '../../cli/terminal.js'
import {drawnPicture, type Graphics, graphicsOf} from '../../cli/terminal-pictures.js'
import {LanternError} from '../../core/errors.js'
import {printable} from '../../core/printable.js'
import type {ImageRef, Sample} from '../../core/sample.js'

export default class BenchShow extends BaseCommand<typeof BenchShow> {
  static override summary = 'One sample: question, options, gold answer, boxes, pictures.'
  static override description =
    'Without --bench, every benchmark with data on this machine is searched for the id; BENCH:ID names both. Pictures are drawn in terminals that can (kitty, iTerm, sixel).'
  static override examples = [
    '<%= config.bin %> <%= command.id %> val_Jigsaw_1',
    '<%= config.bin %> <%= command.id %> vstar:12 --data vstar_bench --json',
  ]
  static override args = {id: Args.string({description: 'Id of the sample.', required: true})}
  static override flags = flagsOf({
    bench: oneBench('The benchmark of the sample.'),
    ...pick(settings, 'data', 'image-root', 'split', 'seed'),
  })

  async run() {
    const asked = /\.ya?ml:/.test(this.args.id) ? await openedBenchmark(this.args.id) : this.args.id
    const named = benchmarkIds().find(id => asked.startsWith(`${id}:`))
    const id = named === undefined ? asked : asked.slice(named.length + 1)
    const bench = this.flags.bench ?? named
    const sample = await this.find(id, bench === undefined ? benchmarkIds() : [bench], bench !== undefined)
    const document = await sampleDocument(sample)
    const tell = (line: string) => this.log('%s', printable(line))
    tell(
      `${document.benchmark} ${document.subtask} ${document.id}\n\n${document.question || '(the question is not in these data)'}`,
    )
    for (const [k, letter] of (document.letters ?? []).entries())
      tell(`  (${letter}) ${document.options?.[k] ?? ''}`.trimEnd())
    tell(`\nanswer   ${document.gold === null ? 'hidden' : [document.gold].flat().join(' | ')}`)
    for (const box of document.boxes) tell(`box      ${box.join(', ')}`)
    const graphics = await graphicsOf(process.stdout)
    for (const [index, {source, width, height, sha256, error}] of document.images.entries()) {
      tell(`picture  ${source}  ${error ?? `${width} x ${height}, sha256 ${sha256?.slice(0, 12)}`}`)
      if (graphics !== null && !this.jsonEnabled()) await this.draw(sample.images[index]!, graphics)
    }
    return document
  }

  /** A picture that cannot be decoded is shown by its line alone; `bench verify` says what is wrong with it. */
  private async draw(image: ImageRef, graphics: Graphics): Promise<void> {
    const drawn = await drawnPicture(image, graphics, terminal().width).catch(() => null)
    if (drawn !== null) process.stdout.write(`${drawn}\n`)
  }

  /** @param only whether the benchmark was named: then its data must be there. */
  private async find(id: string, benches: readonly string[], only: boolean): Promise<Sample> {
    for (const bench of benches) {
      let data: DataSet
      try {
        data = await openBench(bench, this.flags)
      } catch (error) {
        if (!only && error instanceof LanternError) continue
        throw error
      }
      for await (const sample of data.samples(new Set([id]))) return sample
    }
    throw new LanternError(
      'usage',
      `There is no sample "${id}" in the data of ${benches.join(', ')}.`,
      'Check the id, --bench, --data and --split.',
    )
  }
}
