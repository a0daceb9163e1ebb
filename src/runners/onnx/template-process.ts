// Renders chat templates in a separate process: a template is a program that came with a checkpoint. One process serves
// all templates.
import {createRequire} from 'node:module'
import {boundedProcess} from '../../core/bounded-process.js'
import {checkpointLimits} from '../../core/limits.js'

/**
 * Renders a template, after those requested before it. Throws an Error that says why it failed or which bound was
 * exceeded.
 */
export async function renderTemplate(source: string, context: unknown): Promise<string> {
  const job = {source, context, maxChars: checkpointLimits.templateChars}
  return (await renderer.answer(job, checkpointLimits.templateMs)) as string
}

const renderer = boundedProcess({
  program: `
const {Template} = require(process.argv[1])
const compiled = new Map()
function answer({source, context, maxChars}) {
  const template = compiled.get(source) ?? new Template(source)
  compiled.set(source, template)
  const text = template.render(context)
  if (text.length > maxChars) throw new Error('it writes more than ' + maxChars + ' characters')
  return text
}
`,
  args: () => [createRequire(import.meta.url).resolve('@huggingface/jinja')],
  memoryMb: checkpointLimits.templateMemoryMb,
  doing: 'renders it',
})
