// Replies that were paid for once. A file per reply, named by the hash of all the model saw; only whole, successful
// replies lie here.
import {randomUUID} from 'node:crypto'
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {z} from 'zod'
import type {Decoding, SeenImage} from '../../core/generation.js'
import {hashOf} from '../../core/hash.js'
import {usageSchema} from '../../run-folder/record.js'
import type {ChatReply} from './reply.js'

/** Raised when what is stored, or how requests are built from these parts, changes. */
const version = 1

const entrySchema = z.looseObject({
  version: z.literal(version),
  text: z.string(),
  stop: z.literal('eos'),
  usage: usageSchema,
  costUsd: z.number().nullable(),
  logProbs: z.array(z.number()).optional(),
  dropped: z.array(z.string()).optional(),
})

/** A reply, and what was left out of the request for it because the endpoint refused it. */
export interface SavedReply {
  readonly reply: ChatReply
  readonly dropped: readonly string[]
}

export interface CacheKeyParts {
  readonly endpoint: {readonly url: string; readonly name: string}
  /** The messages, with `images` standing for the pictures in the order they come. */
  readonly messages: unknown
  readonly images: readonly SeenImage[]
  readonly decoding: Decoding
  /** From 1, where this has been asked before in the same run; the first time is as if it were the only one. */
  readonly repeat?: number | undefined
  /** The text whose log-probabilities were asked for instead of an answer. */
  readonly continuation?: string | undefined
  /** What was merged into the body. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined
}

/** The name of a reply: sha256 over everything the model saw. A seed counts only where decoding is random. */
export function cacheKey({decoding, ...parts}: CacheKeyParts): string {
  const {seed, ...settings} = decoding
  return hashOf({
    version,
    ...parts,
    decoding: settings.temperature > 0 ? {...settings, seed} : settings,
  })
}

export interface ResponseCache {
  read(key: string): Promise<SavedReply | undefined>
  write(key: string, saved: SavedReply): Promise<void>
}

/** The cache under `folder`. What cannot be read counts as absent; a reply that was cut or refused is not stored. */
export function responseCache(folder: string): ResponseCache {
  const path = (key: string) => join(folder, key.slice(0, 2), `${key}.json`)
  return {
    async read(key) {
      try {
        const saved = entrySchema.parse(JSON.parse(await readFile(path(key), 'utf8')))
        const {text, stop, usage, costUsd, logProbs, dropped = []} = saved
        return {reply: {text, stop, usage, costUsd, ...(logProbs === undefined ? {} : {logProbs})}, dropped}
      } catch {
        return undefined
      }
    },
    async write(key, {reply, dropped}) {
      if (reply.stop !== 'eos') return
      const file = path(key)
      const unfinished = `${file}.${randomUUID()}.tmp`
      await mkdir(dirname(file), {recursive: true})
      try {
        await writeFile(unfinished, JSON.stringify({version, ...reply, ...(dropped.length > 0 && {dropped})}))
        await rename(unfinished, file)
      } catch (error) {
        await rm(unfinished, {force: true})
        throw error
      }
    },
  }
}
