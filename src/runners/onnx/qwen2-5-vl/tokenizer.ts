// Converts between text and token ids with the checkpoint's own tokenizer.json. Latent tokens it lacks are appended
// under the ids given by the checkpoint.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Tokenizer as HubTokenizer} from '@huggingface/tokenizers'
import {LanternError, messageOf, systemCodeOf} from '../../../core/errors.js'
import type {LatentTokens} from './types.js'

export interface Tokenizer {
  /** Special tokens written out in the text are encoded as their ids. */
  encode(text: string): number[]
  /**
   * Special tokens are kept; the reader of the answer decides which of them count as text. Bytes that are not UTF-8
   * become U+FFFD.
   */
  decode(ids: readonly number[]): string
}

interface TokenizerJson {
  added_tokens?: {id: number; content: string}[]
}

/** Loads the tokenizer. Throws LanternError `bad-checkpoint` when the file is missing or is not a tokenizer. */
export async function loadTokenizer(dir: string, latent: LatentTokens | null): Promise<Tokenizer> {
  const file = join(dir, 'tokenizer.json')
  try {
    const json = JSON.parse(await readFile(file, 'utf8')) as TokenizerJson
    const config = JSON.parse(await readOptional(join(dir, 'tokenizer_config.json')))
    if (latent) json.added_tokens = withLatentTokens(json.added_tokens ?? [], latent)
    const tokenizer = new HubTokenizer(json, config)
    return {
      encode: text => tokenizer.encode(text, {add_special_tokens: false}).ids,
      // The library cannot decode an empty list.
      decode: ids =>
        ids.length === 0
          ? ''
          : tokenizer.decode([...ids], {skip_special_tokens: false, clean_up_tokenization_spaces: false}),
    }
  } catch (error) {
    throw new LanternError(
      'bad-checkpoint',
      `${file} cannot be used: ${messageOf(error)}.`,
      'Fetch the tokenizer of the same checkpoint.',
    )
  }
}

async function readOptional(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '{}'
    throw error
  }
}

function withLatentTokens(added: readonly {id: number; content: string}[], {ids, texts}: LatentTokens) {
  const known = new Set(added.map(({content}) => content))
  const plain = {single_word: false, lstrip: false, rstrip: false, normalized: false, special: true}
  const missing = (['start', 'pad', 'end'] as const).filter(role => !known.has(texts[role]))
  return [...added, ...missing.map(role => ({...plain, id: ids[role], content: texts[role]}))]
}
