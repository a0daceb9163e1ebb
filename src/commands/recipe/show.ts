// `recipe show`: what one recipe sets, as the YAML file that would set the same, and what it sends, as its comments.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {terminal} from '../../cli/terminal.js'

export default class RecipeShow extends BaseCommand<typeof RecipeShow> {
  static override summary = 'What a recipe sets, as a YAML file for `--recipe FILE`, and what it sends.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> lantern',
    '<%= config.bin %> <%= command.id %> wybb/laser-7b',
    '<%= config.bin %> <%= command.id %> ./mine.yaml --json',
  ]
  static override args = {
    recipe: Args.string({description: 'Name, checkpoint (owner/name, DIR) or file.', required: true}),
  }

  async run() {
    const [{alsoPublished, openRecipe}, {requestsOf}, {stringify}] = await Promise.all([
      import('../../cli/recipes.js'),
      import('../../cli/recipe-requests.js'),
      import('yaml'),
    ])
    const opened = await openRecipe(this.args.recipe)
    // A value that does not fit is told here, before a run.
    const sent = await requestsOf(opened)
    await alsoPublished(opened)
    this.log(stringify(opened.recipe, {lineWidth: terminal().width}).trimEnd())
    const {figures} = opened.recipe
    if (figures === undefined) this.log('# It names no published figure.')
    else if (figures.length === 0) this.log('# No published figure of this checkpoint was found.')
    // Comments, so that the whole output is a recipe file.
    this.log('#\n# What is sent for a sample. The chat template of the checkpoint stands around it.')
    // Literal, because folded lines would hide where the line feeds are.
    const shown = stringify({sent}, {lineWidth: 0, blockQuote: 'literal'}).trimEnd()
    for (const line of shown.split('\n')) this.log(line === '' ? '#' : `# ${line}`)
    return {...opened.recipe, sent}
  }
}
