// Benchmarks that a user names by a file: a definition, or data whose columns are recognised (`ID=FILE`). Each is added
// to the register, and goes by its id from then on.
import {existsSync} from 'node:fs'
import {resolve} from 'node:path'
import {benchmarkIds} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'

const isDefinition = /^(.+\.ya?ml)(?::(.+))?$/i
const isData = /^([^=:/\\#]+)=(.+)$/
const isFile = /[\\/]|\.(?:jsonl|ndjson|json|csv|tsv|parquet)$/i

/** What was added, by the file that says it: a value is read several times. */
const added = new Map<string, {readonly id: string; readonly text: string}>()

/**
 * The id (`ID` or `ID:Subtask`) of a benchmark as a user names it; other names are returned as they are. Throws what
 * reading a definition throws, and `bad-config` for an id that is taken.
 */
export async function benchmarkNamed(value: string): Promise<string> {
  if (benchmarkIds().includes(value.split(':', 1)[0]!)) return value
  const definition = isDefinition.exec(value)
  const data = isData.exec(value)
  if (definition !== null && (data === null || existsSync(definition[1]!)))
    return withSubtask(await fromDefinition(definition[1]!), definition[2])
  if (data !== null) {
    const [, id, rest] = data as unknown as [string, string, string]
    const colon = rest.lastIndexOf(':')
    const cut = !existsSync(rest) && colon > 1 && existsSync(rest.slice(0, colon))
    const file = cut ? rest.slice(0, colon) : rest
    return withSubtask(await fromData(id.trim(), file), cut ? rest.slice(colon + 1) : undefined)
  }
  if (isFile.test(value))
    throw new LanternError(
      'usage',
      `${value} is not a definition file.`,
      'Give a .yaml, or say what data are to be called: --bench mybench=items.jsonl.',
    )
  return value
}

/** As `benchmarkNamed`, for an argument: files only, so that commands keep their own word for an unknown name. */
export async function openedBenchmark(value: string): Promise<string> {
  return isDefinition.test(value) || isData.test(value) ? benchmarkNamed(value) : value
}

function withSubtask(id: string, subtask: string | undefined): string {
  return subtask === undefined ? id : `${id}:${subtask}`
}

async function fromDefinition(path: string): Promise<string> {
  const {openDefinition} = await import('../benchmarks/definition/open.js')
  const definition = await openDefinition(path)
  return add(resolve(path), definition)
}

/** `id` with data alone: every column is recognised. */
async function fromData(id: string, path: string): Promise<string> {
  const {openDefinition, definitionOfData} = await import('../benchmarks/definition/open.js')
  if (isDefinition.test(path)) {
    const definition = await openDefinition(path)
    return add(`${id}=${resolve(path)}`, {...definition, file: {...definition.file, id}})
  }
  return add(`${id}=${resolve(path)}`, definitionOfData(id, path))
}

type Definition = Parameters<typeof import('../benchmarks/definition/benchmark.js').benchmarkOf>[0]

async function add(key: string, definition: Definition): Promise<string> {
  const text = JSON.stringify(definition.file)
  const before = added.get(key)
  if (before?.text === text) return before.id
  const {benchmarkOf} = await import('../benchmarks/definition/benchmark.js')
  const {registerBenchmark} = await import('../benchmarks/index.js')
  const {id} = definition.file
  if (benchmarkIds().includes(id))
    throw new LanternError(
      'bad-config',
      `${definition.placeOf(['id'])}: there is a benchmark "${id}" already.`,
      `Give yours another id than ${benchmarkIds().join(', ')}.`,
    )
  registerBenchmark(await benchmarkOf(definition))
  added.set(key, {id, text})
  return id
}

/**
 * Opens the own benchmarks of a run where they lay when it ran, unless they are open already. Throws `usage` where one
 * was moved.
 */
export async function openLocked(runDir: string): Promise<void> {
  const {readLock} = await import('../run-folder/reader.js')
  const {benchmarks, environment} = await readLock(runDir)
  const places = (environment['definitions'] ?? {}) as Readonly<Record<string, unknown>>
  for (const {id, definition} of benchmarks) {
    if (definition === undefined || benchmarkIds().includes(id)) continue
    const place = places[id]
    const file = typeof place === 'string' && !existsSync(place) ? place.slice(place.indexOf('=') + 1) : place
    if (typeof place !== 'string' || !existsSync(file as string))
      throw new LanternError(
        'usage',
        `The definition of ${id} is no longer where it was${typeof place === 'string' ? `: ${place}` : ''}.`,
        'Name it with --bench FILE.',
      )
    await benchmarkNamed(place)
  }
}
