// One sample as `bench show` prints it: plain values, and pictures by size and hash. Reads the pictures.
import {imageSize} from 'image-size'
import {messageOf} from '../core/errors.js'
import {sha256} from '../core/hash.js'
import type {Box, ImageRef, Sample} from '../core/sample.js'

interface ImageDocument {
  readonly source: string
  /** Pixels as stored, before any orientation tag is applied; null when the picture cannot be read. */
  readonly width: number | null
  readonly height: number | null
  readonly sha256: string | null
  readonly error?: string
}

/** design/contract.md, "Other JSON": `bench show ID`. */
export interface SampleDocument {
  readonly id: string
  readonly benchmark: string
  readonly subtask: string
  readonly question: string
  readonly options: readonly string[] | null
  readonly letters: readonly string[] | null
  readonly gold: string | readonly string[] | null
  readonly boxes: readonly Box[]
  readonly images: readonly ImageDocument[]
}

/** The document of a sample. An unreadable picture holds its error and affects nothing else. */
export async function sampleDocument(sample: Sample): Promise<SampleDocument> {
  const {id, benchmark, subtask, question, options = null, letters = null, gold, boxes = []} = sample
  return {
    id,
    benchmark,
    subtask,
    question,
    options,
    letters,
    gold,
    boxes,
    images: await Promise.all(sample.images.map(imageDocument)),
  }
}

async function imageDocument({source, bytes: read}: ImageRef): Promise<ImageDocument> {
  try {
    const bytes = await read()
    const hash = sha256(bytes)
    try {
      const {width, height} = imageSize(bytes)
      return {source, width, height, sha256: hash}
    } catch (error) {
      return {source, width: null, height: null, sha256: hash, error: messageOf(error)}
    }
  } catch (error) {
    return {source, width: null, height: null, sha256: null, error: messageOf(error)}
  }
}
