// Applies the chat template of a checkpoint: turns a prompt into the text for the tokenizer, with one image placeholder
// per picture.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {LanternError, messageOf} from '../../../core/errors.js'
import {type Prompt, turnsOf} from '../../../core/generation.js'
import type {JsonObject} from '../../../core/json.js'
import {readBounded, readJsonObject} from '../../../core/json-object.js'
import {isBuiltinFolder} from '../checkpoint-folder.js'
import {renderTemplate} from '../template-process.js'
import type {Checkpoint} from '../types.js'
import type {Tokenizer} from './tokenizer.js'

/** Throws LanternError `bad-checkpoint` if the template fails on a prompt or exceeds a bound. */
export type ChatTemplate = (prompt: Prompt) => Promise<string>

/** The files in which transformers looks for a template, in its order. */
const templateFiles = [
  'chat_template.jinja',
  'chat_template.json',
  'processor_config.json',
  'tokenizer_config.json',
] as const

/**
 * The template in the first folder that has one. It is tried at once on a prompt with a picture. Throws LanternError
 * `bad-checkpoint` if there is none, and `unsupported` if it is for text only.
 */
export async function loadChatTemplate(
  {folders, ids, text}: Pick<Checkpoint, 'folders' | 'ids' | 'text'>,
  tokenizer: Pick<Tokenizer, 'encode'>,
): Promise<ChatTemplate> {
  const {folder, file, source} = await findTemplate(folders)
  const renderer = isBuiltinFolder(folder)
    ? await ownRenderer(source)
    : (context: JsonObject) => renderTemplate(source, context)
  const render = async (messages: readonly unknown[]) => {
    try {
      return await renderer({messages, add_generation_prompt: true})
    } catch (error) {
      throw new LanternError(
        'bad-checkpoint',
        `The chat template in ${file} cannot be used: ${messageOf(error)}.`,
        'Fetch chat_template.json (or .jinja) of the same checkpoint.',
      )
    }
  }
  await requirePictures(render, {file, tokenizer, image: ids.image, vocabulary: text.vocabulary})
  return prompt => render(messagesOf(prompt))
}

/** Renders on this thread. The templates that ship with the package are trusted, so they need no separate process. */
async function ownRenderer(source: string): Promise<(context: JsonObject) => string> {
  const {Template} = await import('@huggingface/jinja')
  const template = new Template(source)
  return context => template.render(context)
}

interface FoundTemplate {
  readonly folder: string
  readonly file: string
  readonly source: string
}

async function findTemplate(folders: readonly string[]): Promise<FoundTemplate> {
  for (const folder of folders) {
    for (const name of templateFiles) {
      const file = join(folder, name)
      if (!existsSync(file)) continue
      const source = name.endsWith('.jinja')
        ? (await readBounded(file)).toString('utf8')
        : templateIn((await readJsonObject(file))['chat_template'], file)
      if (source !== undefined) return {folder, file, source}
    }
  }
  throw new LanternError(
    'bad-checkpoint',
    `${folders.at(-1)} has no chat template.`,
    'Fetch chat_template.json (or .jinja) of the same checkpoint.',
  )
}

/** A template is a string, or a list of named templates, of which `default` is used; older tools wrote an object. */
function templateIn(value: unknown, file: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  const entries: unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'object'
      ? Object.entries(value).map(([name, template]) => ({name, template}))
      : []
  for (const entry of entries) {
    const {name, template} = (entry ?? {}) as {name?: unknown; template?: unknown}
    if (name === 'default' && typeof template === 'string') return template
  }
  throw new LanternError(
    'bad-checkpoint',
    `${file}: chat_template is neither a text nor a list of named texts with one called "default".`,
    'Fetch this file again.',
  )
}

interface Trial {
  readonly file: string
  readonly tokenizer: Pick<Tokenizer, 'encode'>
  readonly image: number
  readonly vocabulary: number
}

/** How templates of Qwen write a picture. */
const pad = '<|image_pad|>'

/** A text-only template fails on a list of parts, or omits the picture. */
async function requirePictures(
  render: (messages: readonly unknown[]) => Promise<string>,
  {file, tokenizer, image, vocabulary}: Trial,
): Promise<void> {
  const messages = (content: unknown) => [{role: 'user', content}]
  const withPicture = messages([{type: 'image'}, {type: 'text', text: 'x'}])
  const textOnly = (what: string) =>
    new LanternError(
      'unsupported',
      `The chat template in ${file} is for text alone: ${what}.`,
      'Take chat_template.json of Qwen/Qwen2.5-VL-3B-Instruct, whose template places pictures.',
    )
  // A template that cannot even write text is broken, not text-only.
  await render(messages('x'))
  const text = await render(withPicture).catch((error: unknown) => {
    throw textOnly(`it fails on a prompt with a picture (${messageOf(error)})`)
  })
  const encoded = tokenizer.encode(text)
  const places = encoded.filter(id => id === image).length
  if (places !== 1 && text.includes(pad)) {
    const [id, ...more] = tokenizer.encode(pad)
    const known = more.length === 0 ? `the token ${id}` : 'no token of its own'
    throw new LanternError(
      'bad-checkpoint',
      `In the tokenizer ${pad} is ${known}, but image_token_id of config.json is ${image}.`,
      'Fetch config.json and tokenizer.json of the same checkpoint.',
    )
  }
  const beyond = encoded.find(id => id >= vocabulary)
  if (beyond !== undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `A prompt holds the token ${beyond} of the tokenizer, but the model has ${vocabulary} tokens.`,
      'Fetch the tokenizer and the weights of the same checkpoint.',
    )
  }
  if (places !== 1) throw textOnly(`a prompt with one picture gets ${places} places for pictures`)
}

function messagesOf(prompt: Prompt) {
  const turns = turnsOf(prompt).map(({role, parts}) => ({
    role,
    content: parts.map(part => (part.type === 'text' ? {type: 'text', text: part.text} : {type: 'image'})),
  }))
  return [...(prompt.system === null ? [] : [{role: 'system', content: prompt.system}]), ...turns]
}
