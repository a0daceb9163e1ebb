// `bench make`: draws items of a generated benchmark into a folder. Parses flags; the work is in benchmarks/generators.
import {Args, Flags} from '@oclif/core'
import {generatedIds, recipeOf, writeGenerated} from '../../benchmarks/generators/index.js'
import {BaseCommand} from '../../cli/base-command.js'
import {withVariables} from '../../cli/flags.js'
import {terminal} from '../../cli/terminal.js'
import {wrap} from '../../reports/formats/layout.js'

export default class BenchMake extends BaseCommand<typeof BenchMake> {
  static override summary = 'Draw any number of items: hops, or samples in the style of BLINK, V* or VisCoT.'
  static override description =
    'The folder has the official layout of its benchmark. Item i of a subtask depends on the seed and i only, so a larger --n continues a smaller one. The folder bears a mark (builtin.json) ' +
    'and can never pass for official data.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> hops --n 500 --seed 1 --out data/hops',
    '<%= config.bin %> <%= command.id %> blink --n 200 --subtask Counting,Spatial_Relation --out data/drawn-blink',
  ]
  static override args = {
    bench: Args.string({description: 'Benchmark.', options: generatedIds, required: true}),
  }
  static override flags = withVariables({
    n: Flags.integer({
      summary: 'Number of items, shared evenly among the subtasks.',
      default: 500,
      min: 1,
      helpValue: 'N',
    }),
    seed: Flags.integer({summary: 'Seed of the drawing.', default: 0, min: 0, helpValue: 'N'}),
    subtask: Flags.string({summary: 'Only these subtasks.', multiple: true, delimiter: ',', helpValue: 'NAME'}),
    out: Flags.string({summary: 'New or empty folder to write to.', required: true, helpValue: 'DIR'}),
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
