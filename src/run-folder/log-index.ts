// An index beside a long log: where the records of each sample are, so that a few samples are read without the rest.
// log.index is a line of JSON, then 16 bytes for each record that can be true, sorted by the hash of its sample's id:
// hash and length (u32), first byte (f64), little-endian. It may be removed at any time. One that does not match its
// log, its lock or its list of samples is not used, and is made again.
import {type FileHandle, open, readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../core/errors.js'
import {sha256} from '../core/hash.js'
import {jsonOrNothing} from '../core/json.js'
import {limits} from '../core/limits.js'
import {writeWhole} from '../core/part-file.js'
import type {Lock} from './lock.js'
import {LogTail} from './log-tail.js'
import {logFile, parseRecord, type RunFolder} from './reader.js'
import type {LogRecord} from './record.js'
import {RecordCheck} from './record-check.js'
import {samplesFile} from './samples.js'

export const indexFile = 'log.index'

/** A shorter log is read in less than half a second. */
const leastLogBytes = 32 * 2 ** 20
const entryBytes = 16
/** Hash and number of a record share a double, which sorts quickly: 28 bits and 25. */
const hashBits = 28
const mostRecords = 2 ** 25
/** Of the end of the log, hashed: appended, cut and replaced logs differ there. */
const tailBytes = 1 << 16

const headerSchema = z.object({
  schema: z.literal(1),
  /** What it was made of. */
  of: z.string(),
  records: z.number().int().min(0).max(mostRecords),
  /** About records that cannot be true. */
  warnings: z.array(z.string()),
  sha256: z.string(),
})

export interface LogIndex {
  readonly lock: Lock
  readonly warnings: readonly string[]
  /** The records of these samples in the order of the log; null if the index does not fit the log after all. */
  records(ids: readonly string[]): Promise<LogRecord[] | null>
}

/** The index of a run if there is one that matches; else null. Never throws for an index. */
export async function openLogIndex(lock: Lock, runDir: string): Promise<LogIndex | null> {
  const bytes = await readFile(join(runDir, indexFile)).catch(() => null)
  const end = bytes?.indexOf(10) ?? -1
  if (bytes === null || end < 0 || end > limits.lockBytes) return null
  const header = headerSchema.safeParse(jsonOrNothing(bytes.toString('utf8', 0, end))).data
  const entries = bytes.subarray(end + 1)
  if (header === undefined || entries.length !== header.records * entryBytes) return null
  if (header.of !== (await stampOf(lock, runDir)) || sha256(entries) !== header.sha256) return null
  return indexOf(lock, runDir, header.warnings, entries)
}

/**
 * Reads the log, and writes its index where the folder allows it. Null for a log that needs none: one below `least`
 * bytes. Throws as `readLog` does.
 */
export async function makeLogIndex(folder: RunFolder, least = leastLogBytes): Promise<LogIndex | null> {
  const {dir, lock} = folder
  const before = await stampOf(lock, dir)
  if (before === null || (await stat(join(dir, logFile))).size < least) return null
  const check = new RecordCheck(folder)
  let keys = new Float64Array(1024)
  let places = new Float64Array(2048)
  let count = 0
  for await (const batch of new LogTail(dir).appended(check.fits))
    for (const {record, start, end} of batch) {
      if (count === mostRecords) return null
      if (count === keys.length) {
        keys = grown(keys)
        places = grown(places)
      }
      keys[count] = hashOf(record.id) * mostRecords + count
      places[2 * count] = start
      places[2 * count + 1] = end - start
      count++
    }
  const sorted = keys.subarray(0, count).sort()
  const entries = Buffer.alloc(count * entryBytes)
  for (const [k, key] of sorted.entries()) {
    const number = key % mostRecords
    entries.writeUInt32LE((key - number) / mostRecords, k * entryBytes)
    entries.writeUInt32LE(places[2 * number + 1]!, k * entryBytes + 4)
    entries.writeDoubleLE(places[2 * number]!, k * entryBytes + 8)
  }
  const warnings = check.warnings()
  // A log that grew meanwhile is another one already.
  if ((await stampOf(lock, dir)) === before) {
    const header = {schema: 1, of: before, records: count, warnings, sha256: sha256(entries)}
    const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), entries])
    await writeWhole(join(dir, indexFile), bytes).catch(() => undefined)
  }
  return indexOf(lock, dir, warnings, entries)
}

function indexOf(lock: Lock, runDir: string, warnings: readonly string[], entries: Buffer): LogIndex {
  return {
    ...{lock, warnings},
    async records(ids) {
      const path = join(runDir, logFile)
      const places = [...new Set(ids)].flatMap(id => placesOf(entries, hashOf(id)))
      const wanted = new Set(ids)
      const records: LogRecord[] = []
      const file = await open(path)
      try {
        for (const place of places.sort((a, b) => a.start - b.start)) {
          const text = await lineAt(file, place)
          if (text === null) return null
          const record = parseRecord(text, `${path}, from byte ${place.start}`, 1)
          // Two ids may have one hash.
          if (wanted.has(record.id)) records.push(record)
        }
        return records
      } catch (error) {
        if (error instanceof LanternError) return null
        throw error
      } finally {
        await file.close()
      }
    },
  }
}

interface Place {
  readonly start: number
  readonly length: number
}

function placesOf(entries: Buffer, hash: number): Place[] {
  let [low, high] = [0, entries.length / entryBytes]
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries.readUInt32LE(middle * entryBytes) < hash) low = middle + 1
    else high = middle
  }
  const places: Place[] = []
  for (let at = low * entryBytes; at < entries.length && entries.readUInt32LE(at) === hash; at += entryBytes)
    places.push({start: entries.readDoubleLE(at + 8), length: entries.readUInt32LE(at + 4)})
  return places
}

/** A whole line of the log; null if there is none at this place. */
async function lineAt(file: FileHandle, {start, length}: Place): Promise<string | null> {
  if (!Number.isSafeInteger(start) || start < 0 || length > limits.recordBytes) return null
  const first = Math.max(0, start - 1)
  const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(start - first + length + 1), position: first})
  const line = buffer.subarray(start - first)
  const whole = bytesRead === buffer.length && line.indexOf(10) === length && (start === 0 || buffer[0] === 10)
  return whole ? line.toString('utf8', 0, length) : null
}

/** What an index depends on, in a text; null without a log. */
async function stampOf(lock: Lock, runDir: string): Promise<string | null> {
  try {
    const file = await open(join(runDir, logFile))
    try {
      const {size, mtimeMs} = await file.stat()
      const from = Math.max(0, size - tailBytes)
      const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(size - from), position: from})
      const samples = await stat(join(runDir, samplesFile))
      const tail = sha256(buffer.subarray(0, bytesRead))
      return JSON.stringify([lock.hash, size, mtimeMs, tail, samples.size, samples.mtimeMs])
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}

/** FNV-1a over UTF-16 units, its lowest bits: short, and ids differ in their last letters. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return (hash ^ (hash >>> 15)) & (2 ** hashBits - 1)
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(2 * values.length)
  more.set(values)
  return more
}
