// `bench make`: draws items of a generated benchmark into a folder. Parses flags; the work is in benchmarks/generators.
import {Args} from '@oclif/core'
import {generatedIds, recipeOf, writeGenerated} from '../../benchmarks/generators/index.js'
import {BaseCommand} from '../../cli/base-command.js'
import {neededOut} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {terminal} from '../../cli/terminal.js'
import {wrap} from '../../reports/formats/layout.js'

export default class BenchMake extends BaseCommand<typeof BenchMake> {
  static override summary = 'Draw any number of items of a benchmark, or samples in its style.'
  static override description =
    'The folder has the official layout of its benchmark. Item i of a subtask depends on the seed and i only, so a larger --n continues a smaller one. The folder has a marker (builtin.json) ' +
    'and can never pass for official data.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> hops --n 500 --seed 1 --out data/hops',
    '<%= config.bin %> <%= command.id %> blink --n 200 --subtask Counting,Spatial_Relation --out data/drawn-blink',
  ]
  static override args = {
    bench: Args.string({description: 'Benchmark.', options: generatedIds, required: true}),
  }
  static override flags = flagsOf({
    ...pick(settings, 'n', 'seed', 'subtask'),
    out: neededOut('New or empty folder to write to.'),
  })

  async run() {
    const {n, seed, subtask, out} = this.flags
    const recipe = recipeOf(this.args.bench as (typeof generatedIds)[number], {
      n,
      seed,
      ...(subtask && {subtasks: subtask}),
    })
    await writeGenerated(out, recipe)
    const told = `${n} items of ${recipe.benchmark} (${recipe.subtasks.join(', ')}), seed ${seed}, written to ${out}.`
    this.log(wrap(told, terminal().width).join('\n'))
    return {...recipe, out}
  }
}
