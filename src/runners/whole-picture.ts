// Whether the file of a picture is there to its end, without decoding it. A server fills what is missing with grey, and
// the model is asked about half a picture.

/** True for a file that ends as its format says, and for formats that are not looked into. */
export function isWhole(bytes: Uint8Array, type: string): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type === 'jpg') return isWholeJpeg(view)
  if (type === 'png') return isWholePng(view)
  // RIFF: the size of all that follows the eighth byte.
  if (type === 'webp') return view.length >= 12 && view.readUInt32LE(4) + 8 <= view.length
  return true
}

/**
 * ITU T.81, B.1.1: behind the start of a scan, an end of image; a preview in a segment before it has one of its own.
 */
function isWholeJpeg(bytes: Buffer): boolean {
  let at = 2
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    if (marker === 0xda) return bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) > at
    // A fill byte; markers without a length; segments.
    at +=
      marker === 0xff ? 1 : marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 2 + bytes.readUInt16BE(at + 2)
  }
  return false
}

/** PNG specification, 5.3: chunks of length, type, data and checksum; the last is IEND. */
function isWholePng(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true
  return false
}
