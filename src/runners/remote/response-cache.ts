// The response cache, so that no reply is paid for twice. One file per reply, named by the hash of everything the model
// saw. Only complete, successful replies are stored.
import {randomUUID} from 'node:crypto'
import {readFile, rename, rm, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {z} from 'zod'
import {makeFolder} from '../../core/folders.js'
import type {Decoding, SeenImage} from '../../core/generation.js'
import {hashOf} from '../../core/hash.js'
import {jsonOrNothing} from '../../core/json.js'
import {usageSchema} from '../../run-folder/record.js'
import type {ChatReply} from './reply.js'

/** Increment it when the stored content changes, or the way requests are built from these parts. */
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

/** A reply, and the parameters that were left out of its request because the endpoint refused them. */
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
  /** Number of the repeat, from 1. Absent for the first, so that it shares its entry with runs without repeats. */
  readonly repeat?: number | undefined
  /** The text whose log-probabilities were requested instead of an answer. */
  readonly continuation?: string | undefined
  /** Fields that were merged into the body. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined
}

/** The name of a reply: sha256 over everything the model saw. The seed is included only if decoding is random. */
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

/**
 * The cache under `folder`. An unreadable file counts as absent. A reply that was truncated or refused is not stored.
 */
export function responseCache(folder: string): ResponseCache {
  const path = (key: string) => join(folder, key.slice(0, 2), `${key}.json`)
  return {
    async read(key) {
      try {
        const saved = entrySchema.parse(jsonOrNothing(await readFile(path(key), 'utf8')))
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
      await makeFolder(dirname(file))
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
