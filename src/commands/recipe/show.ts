// `recipe show`: what one recipe sets, as the YAML file that would set the same.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {terminal} from '../../cli/terminal.js'

export default class RecipeShow extends BaseCommand<typeof RecipeShow> {
  static override summary = 'What a recipe sets, as a YAML file that `--recipe FILE` takes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> lantern',
    '<%= config.bin %> <%= command.id %> ./mine.yaml --json',
  ]
  static override args = {recipe: Args.string({description: 'Name or file of a recipe.', required: true})}

  async run() {
    const [{alsoPublished, openRecipe, recipeSettings}, {stringify}] = await Promise.all([
      import('../../cli/recipes.js'),
      import('yaml'),
    ])
    const opened = await openRecipe(this.args.recipe)
    // A value that does not fit is told here, before a run.
    for (const bench of Object.keys(opened.recipe.benchmarks)) await recipeSettings(opened, [bench])
    await alsoPublished(opened)
    this.log(stringify(opened.recipe, {lineWidth: terminal().width}).trimEnd())
    return {...opened.recipe}
  }
}
