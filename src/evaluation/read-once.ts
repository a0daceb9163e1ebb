// The pictures of samples in progress, each read from its file once for all arms and repeats that ask for it.
import type {ImageRef, Sample} from '../core/sample.js'

/**
 * Gives samples whose pictures are read when they are first asked for and kept as long as somebody holds the sample.
 * Samples that share a picture (the variants of one item) share what was read. A read that failed is tried again: the
 * next arm may be luckier.
 */
export function readOnce(): (sample: Sample) => Sample {
  const known = new WeakMap<ImageRef, ImageRef>()
  return sample => ({
    ...sample,
    images: sample.images.map(image => {
      const kept = known.get(image) ?? keeping(image)
      known.set(image, kept)
      return kept
    }),
  })
}

function keeping(image: ImageRef): ImageRef {
  let bytes: Promise<Uint8Array> | undefined
  const read = () => {
    bytes ??= image.bytes().catch(error => {
      bytes = undefined
      throw error
    })
    return bytes
  }
  const {head} = image
  return {...image, bytes: read, ...(head && {head: length => (bytes ? read() : head.call(image, length))})}
}
