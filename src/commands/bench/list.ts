// `bench list`: the benchmarks, their sizes, and which data are on this machine.
import {placesOf} from '../../benchmarks/data-places.js'
import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {BaseCommand} from '../../cli/base-command.js'
import {thisMachine} from '../../cli/bench-data.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {settings} from '../../cli/settings/index.js'
import {several} from '../../cli/settings/setting.js'
import {aggregateText} from '../../core/headline.js'
import {plainTable} from '../../reports/formats/layout.js'

export default class BenchList extends BaseCommand<typeof BenchList> {
  static override summary = 'The benchmarks, their subtasks and splits, and which data are on this machine.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  static override flags = flagsOf({
    bench: several(settings.bench.kind, 'Own benchmarks to list too.', {notInFile: true}),
  })

  async run() {
    const benchmarks = []
    for (const id of benchmarkIds()) {
      const benchmark = await loadBenchmark(id)
      const {title, subtasks, splits, defaultSplit, scoring, origin} = benchmark
      benchmarks.push({
        id,
        title,
        subtasks,
        splits,
        defaultSplit,
        scoring,
        origin,
        data: await placesOf(benchmark, thisMachine()),
      })
    }
    const columns = ['benchmark', 'subtasks', 'items', 'headline', 'data here'].map((head, c) => {
      const align = c === 1 || c === 2 ? ('right' as const) : ('left' as const)
      return {head, align}
    })
    const rows = benchmarks.map(({id, subtasks, defaultSplit, scoring, data}) => {
      const items = subtasks.reduce((sum, {expected}) => sum + (expected[defaultSplit] ?? 0), 0)
      const here = [
        data.official && 'official',
        data.builtin && 'built-in',
        data.answers && 'answers',
        data.own && 'own',
      ].filter(Boolean)
      const cells = [
        id,
        String(subtasks.length),
        items > 0 ? `${items} (${defaultSplit})` : 'any number',
        `${aggregateText(scoring.aggregate)} ${scoring.metric}`,
        here.join(', ') || '-',
      ]
      return cells.map(text => ({lines: [text]}))
    })
    this.log(plainTable(columns, rows, 80, text => text))
    return {benchmarks}
  }
}
