// `model list`: the local models: built in, in the hub cache, and checkpoint folders in the current folder.
import {BaseCommand} from '../../cli/base-command.js'
import {terminal} from '../../cli/terminal.js'
import {labelled} from '../../reports/formats/layout.js'
import {modelReferences} from '../../runners/index.js'
import {listModels} from '../../runners/onnx/list-models.js'

export default class ModelList extends BaseCommand<typeof ModelList> {
  static override summary = 'Available models: built in, in the hub cache, and in the current folder.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run() {
    const models = await listModels(process.cwd(), process.env)
    for (const {ref, source} of models) this.log(`${source.padEnd(9)} ${ref}`)
    if (models.length === 0) this.log('No checkpoint was found.')
    this.log('\nForms of --model')
    const references = modelReferences()
    const column = Math.max(...references.map(({form}) => form.length)) + 2
    for (const {form, meaning} of references)
      this.log(labelled(form.padEnd(column), meaning, terminal().width).join('\n'))
    return {models}
  }
}
