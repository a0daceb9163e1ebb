// Checks a picture's file without decoding it: whether it is complete, and whether it may contain an orientation. Only
// the headers of its segments or chunks are read, so the check is cheap even for a large picture.

/**
 * True if the file ends as its format requires, and for formats that are not checked. Otherwise a server would fill the
 * missing part with grey, and the model would see half a picture.
 */
export function isWhole(bytes: Uint8Array, type: string): boolean {
  const view = viewOf(bytes)
  if (type === 'jpg') {
    const scan = [...jpegSegments(view)].at(-1)
    return scan?.marker === startOfScan && view.lastIndexOf(Buffer.of(0xff, 0xd9)) > scan.at
  }
  if (type === 'png') return [...pngChunks(view)].at(-1) === 'IEND'
  // RIFF: the size of everything after the eighth byte.
  if (type === 'webp') return view.length >= 12 && view.readUInt32LE(4) + 8 <= view.length
  return true
}

/** False only if the file certainly has no orientation. Only EXIF can hold one. */
export function mayBeTurned(bytes: Uint8Array, type: string): boolean {
  const view = viewOf(bytes)
  if (type === 'jpg') return [...jpegSegments(view)].some(({marker}) => marker === app1)
  // Older programs write EXIF into a text chunk.
  if (type === 'png') return [...pngChunks(view)].some(chunk => !plainPngChunks.has(chunk))
  return true
}

const startOfScan = 0xda
/** Holds EXIF, or XMP. */
const app1 = 0xe1
const plainPngChunks: ReadonlySet<string> = new Set([
  ...['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'bKGD', 'hIST', 'pHYs', 'tIME'],
])

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The segments up to the first scan (ITU T.81, B.1.1). A preview inside a segment is not read. */
function* jpegSegments(bytes: Buffer): Generator<{readonly marker: number; readonly at: number}> {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!
    yield {marker, at}
    if (marker === startOfScan) return
    // A fill byte; markers without a length; segments.
    at +=
      marker === 0xff ? 1 : marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 2 + bytes.readUInt16BE(at + 2)
  }
}

/** The types of the chunks up to the last: chunks of length, type, data and checksum (PNG specification, 5.3). */
function* pngChunks(bytes: Buffer): Generator<string> {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    yield type
    if (type === 'IEND') return
  }
}
