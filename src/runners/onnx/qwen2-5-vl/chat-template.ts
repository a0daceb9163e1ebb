// Applies the chat template of a checkpoint: turns a prompt into the text for the tokenizer, with one image placeholder
// per picture.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Template} from '@huggingface/jinja'
import {LanternError, messageOf, systemCodeOf} from '../../../core/errors.js'
import type {Prompt} from '../../../core/generation.js'

export type ChatTemplate = (prompt: Prompt) => string

/**
 * Reads chat_template.jinja, chat_template.json or tokenizer_config.json. Throws LanternError `bad-checkpoint` when
 * none of them contains a template.
 */
export async function loadChatTemplate(dir: string): Promise<ChatTemplate> {
  const source =
    (await textOf(join(dir, 'chat_template.jinja'))) ??
    templateIn(await textOf(join(dir, 'chat_template.json'))) ??
    templateIn(await textOf(join(dir, 'tokenizer_config.json')))
  if (source === undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `${dir} has no chat template.`,
      'Fetch chat_template.json (or .jinja) of the same checkpoint.',
    )
  }
  let template: Template
  try {
    template = new Template(source)
  } catch (error) {
    throw new LanternError('bad-checkpoint', `The chat template in ${dir} cannot be read: ${messageOf(error)}.`)
  }
  return prompt => template.render({messages: messagesOf(prompt), add_generation_prompt: true})
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The template in a JSON file: a string, or a list of named templates, of which `default` is used. */
function templateIn(json: string | undefined): string | undefined {
  if (json === undefined) return undefined
  const {chat_template: template} = JSON.parse(json) as {chat_template?: string | {name: string; template: string}[]}
  if (!Array.isArray(template)) return template
  return template.find(({name}) => name === 'default')?.template
}

function messagesOf({system, parts}: Prompt) {
  const content = parts.map(part => (part.type === 'text' ? {type: 'text', text: part.text} : {type: 'image'}))
  return [...(system === null ? [] : [{role: 'system', content: system}]), {role: 'user', content}]
}
