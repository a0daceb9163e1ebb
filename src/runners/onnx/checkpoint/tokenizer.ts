// Converts between text and token ids with the checkpoint's own tokenizer. Latent tokens it lacks are appended under
// the ids given by the checkpoint.
import {Tokenizer as HubTokenizer} from '@huggingface/tokenizers'
import {LanternError, messageOf} from '../../../core/errors.js'
import {checkpointLimits} from '../../../core/limits.js'
import {withinTime} from '../../../core/within-time.js'
import type {LatentTokens} from '../types.js'
import {type AddedToken, readTokenizerFiles} from './tokenizer-files.js'

export interface Tokenizer {
  /**
   * Special tokens written out in the text are encoded as their ids. Throws LanternError `bad-checkpoint` where the
   * tokenizer fails or does not end.
   */
  encode(text: string): number[]
  /**
   * Special tokens are kept; the reader of the answer decides which of them count as text. Bytes that are not UTF-8
   * become U+FFFD.
   */
  decode(ids: readonly number[]): string
}

/** Loads the tokenizer. Throws LanternError `bad-checkpoint` when the file is missing or is not a tokenizer. */
export async function loadTokenizer(folders: readonly string[], latent: LatentTokens | null): Promise<Tokenizer> {
  const {file, json, config} = await readTokenizerFiles(folders)
  // The patterns in the file decide how long anything takes.
  const bounded = <T>(work: () => T): T => {
    try {
      return withinTime(work, checkpointLimits.tokenizerMs)
    } catch (error) {
      throw new LanternError(
        'bad-checkpoint',
        `${file} cannot be used: ${messageOf(error)}.`,
        'Fetch the tokenizer of the same checkpoint.',
      )
    }
  }
  const added = latent === null ? json.added_tokens : withLatentTokens(json.added_tokens, latent)
  const tokenizer = bounded(() => new HubTokenizer({...json, added_tokens: added}, config))
  const options = {skip_special_tokens: false, clean_up_tokenization_spaces: false}
  return {
    encode: text => bounded(() => tokenizer.encode(text, {add_special_tokens: false}).ids),
    // The library cannot decode an empty list.
    decode: ids => (ids.length === 0 ? '' : bounded(() => tokenizer.decode([...ids], options))),
  }
}

function withLatentTokens(added: readonly AddedToken[], {ids, texts}: LatentTokens): readonly AddedToken[] {
  const known = new Set(added.map(({content}) => content))
  const plain = {single_word: false, lstrip: false, rstrip: false, normalized: false, special: true}
  const missing = (['start', 'pad', 'end'] as const).filter(role => !known.has(texts[role]))
  return [...added, ...missing.map(role => ({...plain, id: ids[role], content: texts[role]}))]
}
