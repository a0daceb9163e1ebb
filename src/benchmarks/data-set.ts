// What all data sets have in common, whatever their benchmark and layout: keys, selection, identity and the checks of
// `bench verify`.
import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {LanternError, messageOf} from '../core/errors.js'
import type {ImageRef, Sample} from '../core/sample.js'
import type {Benchmark, DataIdentity, DataKind, DataProblem, DataSet, SampleKey} from './benchmark.js'
import {filesSha256, hubRevisionOf} from './sources/files.js'

/** What an adapter says of the data it recognised. */
export interface DataSource {
  readonly benchmark: Benchmark
  readonly split: string
  readonly layout: string
  readonly hasImages: boolean
  /** Folder (or file) that was given, and the files that hold the samples. */
  readonly root: string
  readonly files: readonly string[]
  /** Default: by the mark of drawn samples, see `isBuiltin`. */
  readonly kind?: DataKind
  /**
   * Every sample in the order of the data; a broken record is an error in its place, and the rest follows. Pictures are
   * not read.
   */
  read(): AsyncIterable<Sample | LanternError>
  /** Default: the commit of a hub snapshot, if the data lie in one. */
  revision?(): Promise<string | null>
  labels?(): Promise<DataIdentity['labels']>
  /** What else can be wrong with these data, after the checks that all benchmarks share. */
  check?(): AsyncIterable<DataProblem>
}

/**
 * A folder with this file holds samples drawn by this project's generators; they can never pass for an official split.
 */
export const builtinMark = 'builtin.json'

/** Whether a data folder, or the folder of a data file, bears the mark of drawn samples. */
function isBuiltin(root: string): boolean {
  return existsSync(join(root, builtinMark)) || existsSync(join(dirname(root), builtinMark))
}

/** Makes the DataSet of a source. */
export function dataSetOf(source: DataSource): DataSet {
  const {benchmark, split, root} = source
  const kind = source.kind ?? (isBuiltin(root) ? 'builtin' : 'official')
  let keys: Promise<readonly SampleKey[]> | undefined
  const readKeys = async (): Promise<SampleKey[]> => {
    const list: SampleKey[] = []
    const ids = new Set<string>()
    for await (const {id, subtask} of goodSamples(source)) {
      if (ids.has(id)) throw sameId(root, benchmark.id, id)
      ids.add(id)
      list.push({id, subtask})
    }
    return list
  }
  return {
    benchmark,
    split,
    kind,
    layout: source.layout,
    hasImages: source.hasImages,
    keys() {
      keys ??= readKeys()
      return keys
    },
    async *samples(only) {
      for await (const sample of goodSamples(source)) if (!only || only.has(sample.id)) yield sample
    },
    async identity() {
      return {
        revision: source.revision ? await source.revision() : hubRevisionOf(root),
        labels: kind === 'builtin' ? null : ((await source.labels?.()) ?? null),
        dataSha256: await filesSha256(root, source.files),
      }
    },
    async *problems() {
      yield* commonProblems(source, kind)
      if (source.check) yield* source.check()
    },
  }
}

/** Answers are kept by id: of two samples with the same one, the second would take the place of the first. */
function sameId(root: string, bench: string, id: string): LanternError {
  return new LanternError(
    'bad-file',
    `Two samples of ${root} have the id "${id}".`,
    `Give each its own; \`lantern-eval bench verify ${bench} --data ${root}\` names all that share one.`,
  )
}

/** Every good sample; the first broken record is thrown after the last of them, so that it costs nothing but itself. */
async function* goodSamples(source: DataSource): AsyncGenerator<Sample> {
  let broken: LanternError | undefined
  for await (const item of source.read()) {
    if (item instanceof LanternError) broken ??= item
    else yield item
  }
  if (broken) throw broken
}

async function* commonProblems(source: DataSource, kind: DataKind): AsyncGenerator<DataProblem> {
  const found = new Map<string, number>()
  const ids = new Set<string>()
  const pictures = new Set<string>()
  for await (const item of source.read()) {
    if (item instanceof LanternError) {
      yield {id: null, kind: 'broken-record', message: item.message, severity: 'problem'}
      continue
    }
    found.set(item.subtask, (found.get(item.subtask) ?? 0) + 1)
    if (ids.has(item.id)) yield problem(item, 'duplicate-id', 'another sample has the same id')
    ids.add(item.id)
    yield* sampleProblems(item)
    if (!source.hasImages) continue
    const wanted =
      (kind === 'official' && source.benchmark.subtasks.find(({name}) => name === item.subtask)?.pictures) || 1
    if (item.images.length < wanted)
      yield problem(item, 'missing-image', `the sample has ${item.images.length} of ${wanted} pictures`)
    for (const image of item.images) {
      if (pictures.has(image.source)) continue
      pictures.add(image.source)
      yield* pictureProblems(item, image)
    }
  }
  if (kind === 'official') yield* countProblems(source, found)
}

function problem(sample: Sample, kind: string, message: string): DataProblem {
  return {id: sample.id, kind, message: `${sample.id}: ${message}.`, severity: 'problem'}
}

function* sampleProblems(sample: Sample): Generator<DataProblem> {
  const {letters, options, gold} = sample
  if (sample.question === '' && sample.images.length > 0)
    yield problem(sample, 'empty-question', 'the question is empty')
  if (!letters) return
  if (options && options.length !== letters.length)
    yield problem(sample, 'options', `${options.length} options for ${letters.length} letters`)
  if (typeof gold === 'string' && !letters.includes(gold)) {
    yield problem(sample, 'gold-outside-letters', `the gold answer "${gold}" is none of ${letters.join(', ')}`)
  }
}

async function* pictureProblems(sample: Sample, image: ImageRef): AsyncGenerator<DataProblem> {
  let bytes: Uint8Array
  try {
    bytes = await image.bytes()
  } catch (error) {
    const absent = error instanceof LanternError && error.code === 'data-absent'
    yield problem(sample, absent ? 'missing-image' : 'unreadable-image', `${image.source}: ${messageOf(error)}`)
    return
  }
  const {default: sharp} = await import('sharp')
  try {
    // Shrinking to one pixel still decodes the whole picture (no shrink on load), but never holds it.
    await sharp(bytes, {failOn: 'error'}).resize(1, 1, {fastShrinkOnLoad: false}).raw().toBuffer()
  } catch (error) {
    yield problem(sample, 'undecodable-image', `${image.source} (${bytes.length} bytes): ${messageOf(error)}`)
  }
}

function* countProblems(source: DataSource, found: ReadonlyMap<string, number>): Generator<DataProblem> {
  for (const {name, expected} of source.benchmark.subtasks) {
    const count = found.get(name) ?? 0
    const wanted = expected[source.split]
    if (wanted === undefined || count === wanted) continue
    yield {id: null, kind: 'count', message: `${name}: ${count} samples instead of ${wanted}.`, severity: 'problem'}
  }
}
