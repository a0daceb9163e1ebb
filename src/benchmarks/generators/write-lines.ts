// Writes JSON lines to a file as they arrive. Not specific to any benchmark.
import {createWriteStream} from 'node:fs'
import {pipeline} from 'node:stream/promises'

/**
 * Writes every value as a line of JSON; memory use does not grow with their number. Throws the system error of a full
 * or read-only disk.
 */
export async function writeLines(
  path: string,
  values: () => AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  await pipeline(async function* () {
    for await (const value of values()) yield `${JSON.stringify(value)}\n`
  }, createWriteStream(path))
}
