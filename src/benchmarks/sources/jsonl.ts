// JSON lines of a data file as records. A broken or incomplete line costs only itself.
import {LanternError, messageOf} from '../../core/errors.js'
import {parseJson} from '../../core/json.js'
import {lines} from '../../core/lines.js'
import type {Row} from './row.js'

/** A record and its line number, from 0; empty lines count. */
export interface JsonlRow extends Row {
  readonly index: number
}

/**
 * Every line that holds an object, as a stream. Any other line is an error in its place, naming file and line (from 1).
 * `name` is the name of the file in messages.
 */
export async function* jsonlRows(path: string, name: string): AsyncGenerator<JsonlRow | LanternError> {
  let index = -1
  try {
    for await (const {text, complete} of lines(path)) {
      index++
      const json = index === 0 && text.startsWith('\ufeff') ? text.slice(1) : text
      if (json.trim() !== '') yield parsed(json, complete, `${name}, line ${index + 1}`, index)
    }
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Check the file and its permissions.',
    )
  }
}

function parsed(json: string, complete: boolean, where: string, index: number): JsonlRow | LanternError {
  let values: unknown
  try {
    values = parseJson(json, what => new Error(what))
  } catch (error) {
    const what = complete ? messageOf(error) : 'is incomplete: the file ends in the middle of it'
    return new LanternError(
      'bad-file',
      `${where}, ${what}.`,
      complete ? 'Correct or remove that line.' : 'Fetch the file again.',
    )
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return new LanternError('bad-file', `${where}, is not an object.`, 'Correct or remove that line.')
  }
  return {where, index, values: values as Record<string, unknown>}
}
