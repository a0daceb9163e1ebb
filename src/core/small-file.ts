// Reads a file that is meant to be small. What is read is bounded, not what the file system says of its size: a device
// or a pipe has none.
import {createReadStream} from 'node:fs'
import {bytesWithin} from './bytes-within.js'

/** The bytes of a file. Throws the system error, or "it has more than N MB", without reading further. */
export async function readSmall(path: string, mostBytes: number): Promise<Buffer> {
  const tooLong = () => new Error(`it has more than ${mostBytes >> 20} MB`)
  return bytesWithin(createReadStream(path, {end: mostBytes, highWaterMark: 1 << 20}), mostBytes, tooLong)
}

/** As `readSmall`, as text. */
export async function readSmallText(path: string, mostBytes: number): Promise<string> {
  return (await readSmall(path, mostBytes)).toString('utf8')
}
