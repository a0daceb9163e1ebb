// Reads the files of a tokenizer: tokenizer.json, and the tokens that only added_tokens.json or
// tokenizer_config.json (`added_tokens_decoder`) name. Encodes nothing.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import type {JsonObject} from '../../../core/json.js'
import {readJsonObject} from '../../../core/json-object.js'

const addedToken = z.looseObject({id: z.number().int().nonnegative(), content: z.string()})
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedToken).nullish(),
  model: z.looseObject({vocab: z.unknown()}),
})

export type AddedToken = z.infer<typeof addedToken>

export interface TokenizerFiles {
  readonly file: string
  /** The content of tokenizer.json, with `added_tokens` completed from the other files. */
  readonly json: JsonObject & {readonly added_tokens: readonly AddedToken[]}
  /** The content of tokenizer_config.json; empty if there is none. */
  readonly config: JsonObject
  /** Ids of all tokens by text. */
  readonly ids: ReadonlyMap<string, number>
}

/**
 * Reads the first folder that has a tokenizer.json. Throws LanternError `bad-checkpoint` if there is none, if it is not
 * a tokenizer, or if the files disagree about an id.
 */
export async function readTokenizerFiles(folders: readonly string[]): Promise<TokenizerFiles> {
  const folder = folders.find(path => existsSync(join(path, 'tokenizer.json')))
  const file = join(folder ?? folders.at(-1)!, 'tokenizer.json')
  if (folder === undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `${file} is missing.`,
      'Save the tokenizer in its fast form beside the weights: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR).',
    )
  }
  const raw = await readJsonObject(file)
  const parsed = tokenizerSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError(
      'bad-checkpoint',
      `${file}: ${issue.path.join('.')}: ${issue.message}.`,
      'Fetch the tokenizer of the same checkpoint.',
    )
  }
  const config = await readOptional(folder, 'tokenizer_config.json')
  const added = [...(parsed.data.added_tokens ?? [])]
  const ids = new Map<string, number>(numbersIn(parsed.data.model.vocab))
  for (const {content, id} of added) ids.set(content, id)
  const texts = new Map([...ids].map(([text, id]) => [id, text]))
  for (const token of await tokensBeside(folder, config)) {
    const id = ids.get(token.content)
    const other = texts.get(token.id)
    if (id === token.id) continue
    if (id !== undefined || other !== undefined) {
      const there = id === undefined ? `${JSON.stringify(other)} has this id` : `it has the id ${id}`
      throw new LanternError(
        'bad-checkpoint',
        `${folder}: ${JSON.stringify(token.content)} is to have the id ${token.id} (${token.source}), but in tokenizer.json ${there}.`,
        'Use the tokenizer files that were saved together.',
      )
    }
    const {source, ...plain} = token
    added.push(plain)
    ids.set(token.content, token.id)
    texts.set(token.id, token.content)
  }
  return {file, json: {...raw, added_tokens: added}, config, ids}
}

async function readOptional(folder: string, name: string): Promise<JsonObject> {
  const file = join(folder, name)
  return existsSync(file) ? readJsonObject(file) : {}
}

type NamedToken = AddedToken & {readonly source: string}

/** Default properties of an added token: matched literally, and special. */
const plainToken = {single_word: false, lstrip: false, rstrip: false, normalized: false, special: true}

/** Tokens in the other files, lowest id first. */
async function tokensBeside(folder: string, config: JsonObject): Promise<NamedToken[]> {
  const decoder = z.record(z.string(), z.looseObject({content: z.string()})).safeParse(config['added_tokens_decoder'])
  const inConfig = Object.entries(decoder.success ? decoder.data : {})
    .filter(([id]) => /^\d{1,9}$/.test(id))
    .map(([id, token]) => ({...plainToken, ...token, id: Number(id), source: 'tokenizer_config.json'}))
  const simple = numbersIn(await readOptional(folder, 'added_tokens.json'))
  const inList = simple.map(([content, id]) => ({...plainToken, content, id, source: 'added_tokens.json'}))
  return [...inConfig, ...inList].sort((a, b) => a.id - b.id)
}

/** The entries of an object whose values are ids. */
function numbersIn(value: unknown): [text: string, id: number][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]))
}
