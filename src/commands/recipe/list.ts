// `recipe list`: the published evaluations whose settings ship with the package or come from plug-ins.
import {BaseCommand} from '../../cli/base-command.js'
import {terminal} from '../../cli/terminal.js'
import {recipeNamed, recipeNames} from '../../modes/recipes/index.js'
import {labelled} from '../../reports/formats/layout.js'

export default class RecipeList extends BaseCommand<typeof RecipeList> {
  static override summary = 'The recipes there are, and the benchmarks each is made for.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run() {
    const recipes = recipeNames().map(recipeNamed)
    const column = Math.max(...recipes.map(({name}) => name.length)) + 2
    for (const {name, title} of recipes) this.log(labelled(name.padEnd(column), title, terminal().width).join('\n'))
    return {
      recipes: recipes.map(({name, title, source, benchmarks}) => ({
        name,
        title,
        source,
        benchmarks: Object.keys(benchmarks),
      })),
    }
  }
}
