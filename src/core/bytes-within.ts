// Collects the pieces of a stream within a bound, so that whoever sends them cannot fill the memory.

/** All bytes of a stream. Throws `tooLong()` as soon as there are more than `most`, without reading on. */
export async function bytesWithin(
  pieces: AsyncIterable<Uint8Array>,
  most: number,
  tooLong: () => Error,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    parts.push(piece)
    length += piece.length
    if (length > most) throw tooLong()
  }
  return Buffer.concat(parts, length)
}
