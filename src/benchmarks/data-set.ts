// What all data sets share, whatever their benchmark and layout: keys, selection, identity, what a sample must have
// before it is asked, and the checks of `bench verify`.
import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {aFunction, anyText, type Check, optional, wrongField} from '../core/definition.js'
import {LanternError, messageOf} from '../core/errors.js'
import {type ImageRef, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataIdentity, DataKind, DataProblem, DataSet, SampleKey} from './benchmark.js'
import {filesSha256, hubRevisionOf} from './sources/files.js'

/** What an adapter says about the data it recognised. */
export interface DataSource {
  readonly benchmark: Benchmark
  readonly split: string
  readonly layout: string
  readonly hasImages: boolean
  /** The given folder (or file), and the files that hold the samples. */
  readonly root: string
  readonly files: readonly string[]
  /** Default: by the marker of generated samples, `builtinMark`. */
  readonly kind?: DataKind
  /**
   * Every sample in the order of the data. A broken record is an error in its place; reading goes on after it. Pictures
   * are not read.
   */
  read(): AsyncIterable<Sample | LanternError>
  /**
   * The samples with these ids, in the order of the data, where they can be found without reading the others; undefined
   * where (or as long as) they cannot.
   */
  find?(ids: ReadonlySet<string>): AsyncIterable<Sample | LanternError> | undefined
  /** Default: the commit of the hub snapshot that holds the data, if any. */
  revision?(): Promise<string | null>
  labels?(): Promise<DataIdentity['labels']>
  /**
   * Whether these keys, whose counts are the published ones, are the published samples. Absent if the layout is not a
   * published one.
   */
  published?(keys: readonly SampleKey[]): boolean | Promise<boolean>
  /**
   * True where malformed options and gold answers come from the authors. Such records stay, no answer can match them,
   * and only `verify` reports them.
   */
  readonly keepsFlaws?: boolean
  /** How many pictures a sample must have where its subtask does not say; default one. */
  readonly pictures?: number
  /** What was recognised in the data; see `DataSet`. */
  readonly notes?: readonly string[]
  readonly definitionSha256?: string
  /** Default: over the names and contents of the files. */
  dataSha256?(): Promise<string>
  /** Further checks of these data, after the checks that all benchmarks share. */
  check?(): AsyncIterable<DataProblem>
}

/**
 * A folder with this file holds samples made by this project's generators, which can never pass for an official split.
 */
export const builtinMark = 'builtin.json'

/** Beside the marker while the samples are drawn. If the process is killed, it stays. */
export const unfinishedMark = 'builtin.json.part'

/** Whether a data folder, or the folder of a data file, has a file of this name. */
function hasMark(root: string, mark: string): boolean {
  return existsSync(join(root, mark)) || existsSync(join(dirname(root), mark))
}

/** Makes the DataSet of a source. Throws `bad-file` for generated samples that were not all drawn. */
export function dataSetOf(source: DataSource): DataSet {
  const {benchmark, split, root} = source
  if (hasMark(root, unfinishedMark))
    throw new LanternError(
      'bad-file',
      `${root} is not finished: \`bench make\` was stopped while it drew the samples.`,
      'Run the same `lantern-eval bench make` again; it goes on.',
    )
  const kind = source.kind ?? (hasMark(root, builtinMark) ? 'builtin' : 'official')
  let keys: Promise<readonly SampleKey[]> | undefined
  const readKeys = async (): Promise<SampleKey[]> => {
    const list: SampleKey[] = []
    const places = new Map<string, string | undefined>()
    for await (const sample of goodSamples(source)) {
      const {id, subtask, group, where} = sample
      if (places.has(id)) throw sameId(source, sample, places.get(id))
      places.set(id, where)
      list.push({id, subtask, ...(group === undefined ? {} : {group})})
    }
    return list
  }
  return {
    benchmark,
    split,
    kind,
    layout: source.layout,
    hasImages: source.hasImages,
    notes: source.notes ?? [],
    keys() {
      keys ??= readKeys()
      return keys
    },
    async verified() {
      if (kind === 'builtin' || source.published === undefined) return false
      keys ??= readKeys()
      const found = await keys
      return [...wrongCounts(source, countsOf(found))].length === 0 && source.published(found)
    },
    async *samples(only) {
      const found = only && source.find?.(only)
      for await (const sample of goodSamples(found ? {...source, read: () => found} : source))
        if (!only || only.has(sample.id))
          yield source.hasImages ? withAllPictures(sample, wantedPictures(source, sample)) : sample
    },
    async identity() {
      return {
        revision: source.revision ? await source.revision() : hubRevisionOf(root),
        labels: kind === 'builtin' ? null : ((await source.labels?.()) ?? null),
        dataSha256: source.dataSha256 ? await source.dataSha256() : await filesSha256(root, source.files),
        ...(source.definitionSha256 !== undefined && {definitionSha256: source.definitionSha256}),
      }
    },
    async *problems() {
      yield* commonProblems(source, kind)
      if (source.check) yield* source.check()
    },
  }
}

/** Answers are stored by id, so a second sample with the same id would replace the first. */
function sameId({root, benchmark}: DataSource, {id, where}: Sample, before: string | undefined): LanternError {
  return new LanternError(
    'bad-file',
    where === undefined || before === undefined
      ? `Two samples of ${root} have the id "${id}".`
      : `${where}: the id "${id}" is that of ${before} too.`,
    `Give each its own; \`lantern-eval bench verify ${benchmark.definition ?? benchmark.id} --data ${root}\` names all that share one.`,
  )
}

const textsOrNone = optional({
  words: 'a list of texts',
  fits: value => Array.isArray(value) && value.every(anyText.fits),
})
const pictureList: Check = {
  words: 'a list of pictures, each with a source and bytes()',
  fits: value => Array.isArray(value) && value.every(one => anyText.fits(one?.source) && aFunction.fits(one?.bytes)),
}
const goldAnswer: Check = {
  words: 'a text, a list of texts, or null',
  fits: value => value === null || [value].flat().every(anyText.fits),
}
const sampleFields = {
  id: anyText,
  question: anyText,
  options: textsOrNone,
  letters: textsOrNone,
  images: pictureList,
  gold: goldAnswer,
}

/** The records as they are read. What an adapter of a plug-in gives in place of a sample is an error in its place. */
async function* recordsOf(source: DataSource): AsyncGenerator<Sample | LanternError> {
  let number = 0
  for await (const item of source.read()) {
    number++
    const wrong = item instanceof LanternError ? null : wrongField(item, sampleFields)
    if (wrong === null) yield item
    else
      yield new LanternError(
        'bad-file',
        `${source.root}: record ${number} ${wrong}.`,
        `Correct the adapter of ${source.benchmark.title}, or that record.`,
      )
  }
}

/** Every good sample. The first broken record is thrown after the last good one, so it costs only itself. */
async function* goodSamples(source: DataSource): AsyncGenerator<Sample> {
  let broken: LanternError | undefined
  let index = -1
  for await (const item of recordsOf(source)) {
    index++
    const fault = item instanceof LanternError ? item : faultOf(item, index, source)
    if (fault) broken ??= fault
    else yield item as Sample
  }
  if (broken) throw broken
}

/** Why a sample cannot be asked or scored: the first flaw that would give an answer a wrong score. */
function faultOf(sample: Sample, index: number, source: DataSource): LanternError | undefined {
  for (const {fatal, what, advice} of flawsOf(sample, index, source))
    if (fatal)
      return new LanternError('bad-file', `${sample.where ?? source.root}, sample ${sample.id}: ${what}.`, advice)
  return undefined
}

interface Flaw {
  readonly kind: string
  readonly what: string
  /** Whether the sample is refused; if not, only `verify` reports it. */
  readonly fatal: boolean
  readonly advice: string
}

const mend = 'Fetch the data again, or remove that record.'

/** What is wrong with a sample as it was read, its pictures aside; `index` is its place in the data, from 0. */
function* flawsOf(sample: Sample, index: number, {benchmark, keepsFlaws = false}: DataSource): Generator<Flaw> {
  const {subtask, letters, options, gold, question, images} = sample
  const known = benchmark.subtasks.find(({name}) => name === subtask)
  if (!known && benchmark.subtasks.length > 0 && benchmark.openSubtasks !== true) {
    const advice = `These data belong to another benchmark: give those of ${benchmark.title}, or run them as a benchmark of their own.`
    yield {kind: 'unknown-subtask', what: `${benchmark.title} has no subtask "${subtask}"`, fatal: true, advice}
  }
  if (question.trim() === '' && images.length > 0)
    yield {kind: 'empty-question', what: 'the question is empty', fatal: true, advice: mend}
  if (sample.id.trim() === '')
    yield {kind: 'no-id', what: `the id of record ${index + 1} is empty`, fatal: true, advice: mend}
  // What a database or a disk that failed leaves behind; no tokenizer and no file name takes it.
  if ([sample.id, question, ...(options ?? []), ...[gold ?? []].flat()].some(text => text.includes('\0')))
    yield {kind: 'nul-byte', what: 'the text holds a NUL byte', fatal: true, advice: mend}
  if (!letters) return
  const flaw = (kind: string, what: string): Flaw => ({kind, what, fatal: !keepsFlaws, advice: mend})
  if (options && options.length !== letters.length)
    yield flaw('options', `${options.length} options for ${letters.length} letters`)
  if (letters.length < 2 || letters.some((letter, index) => letter !== letterOf(index)))
    yield flaw('options', `the option letters are ${letters.join(', ') || 'missing'}`)
  const empty = options?.findIndex(option => option.trim() === '') ?? -1
  if (empty !== -1) yield flaw('options', `the option ${letterOf(empty)} is empty`)
  const right = typeof gold === 'string' ? options?.[letters.indexOf(gold)] : undefined
  const twins = options?.filter(option => option.trim() === right?.trim()).length ?? 0
  if (twins > 1) yield flaw('options', `the right option ${JSON.stringify(right)} is there ${twins} times`)
  else if (options && new Set(options.map(option => option.trim())).size < options.length)
    yield {...flaw('options', 'two wrong options are the same'), fatal: false}
  if (typeof gold === 'string' && !letters.includes(gold))
    yield flaw('gold-outside-letters', `the gold answer ${JSON.stringify(gold)} is not one of ${letters.join(', ')}`)
}

/** How many pictures a sample must have: as its subtask says, else as its source says. */
function wantedPictures({benchmark, pictures = 1}: DataSource, {subtask}: Sample): number {
  return benchmark.subtasks.find(({name}) => name === subtask)?.pictures ?? pictures
}

/**
 * The sample with an entry for every picture that it should have. Reading a missing one throws. So the sample ends as
 * an error before anything is sent, and is never asked without its picture.
 */
function withAllPictures(sample: Sample, wanted: number): Sample {
  const {id, images} = sample
  if (images.length >= wanted) return sample
  const missing: ImageRef = {
    source: `${id}, picture ${images.length + 1} of ${wanted}`,
    orientation: 'ignore',
    bytes: async () => {
      throw new LanternError('bad-file', `The sample ${id} has ${images.length} of ${wanted} pictures.`, mend)
    },
  }
  return {...sample, images: [...images, ...Array.from({length: wanted - images.length}, () => missing)]}
}

async function* commonProblems(source: DataSource, kind: DataKind): AsyncGenerator<DataProblem> {
  const found = new Map<string, number>()
  const ids = new Map<string, string | undefined>()
  const pictures = new Set<string>()
  let index = -1
  for await (const item of recordsOf(source)) {
    index++
    if (item instanceof LanternError) {
      yield {id: null, kind: 'broken-record', message: item.message, severity: 'problem'}
      continue
    }
    found.set(item.subtask, (found.get(item.subtask) ?? 0) + 1)
    if (ids.has(item.id)) yield problem(item, 'duplicate-id', `${ids.get(item.id) ?? 'another sample'} has the same id`)
    else ids.set(item.id, item.where)
    for (const flaw of flawsOf(item, index, source)) yield problem(item, flaw.kind, flaw.what)
    const choices = source.benchmark.subtasks.find(({name}) => name === item.subtask)?.choices
    if (choices !== undefined && item.letters && item.letters.length !== choices)
      yield problem(item, 'options', `${item.letters.length} options instead of ${choices}`)
    if (!source.hasImages) continue
    const wanted = wantedPictures(source, item)
    if (item.images.length < wanted)
      yield problem(item, 'missing-image', `the sample has ${item.images.length} of ${wanted} pictures`)
    for (const image of item.images) {
      if (pictures.has(image.source)) continue
      pictures.add(image.source)
      yield* pictureProblems(item, image)
    }
  }
  if (kind !== 'builtin') yield* countProblems(source, found)
}

function problem(sample: Sample, kind: string, message: string): DataProblem {
  return {
    id: sample.id,
    kind,
    message: `${sample.where ? `${sample.where}, sample ` : ''}${sample.id}: ${message}.`,
    severity: 'problem',
  }
}

async function* pictureProblems(sample: Sample, image: ImageRef): AsyncGenerator<DataProblem> {
  let bytes: Uint8Array
  try {
    bytes = await image.bytes()
  } catch (error) {
    const absent = error instanceof LanternError && error.code === 'data-absent'
    yield problem(
      sample,
      absent ? 'missing-image' : 'unreadable-image',
      `${image.source}: ${messageOf(error).replace(/\.$/, '')}`,
    )
    return
  }
  const {default: sharp} = await import('sharp')
  try {
    // Shrinking to one pixel still decodes the whole picture (no shrink on load) but never holds it.
    await sharp(bytes, {failOn: 'error'}).resize(1, 1, {fastShrinkOnLoad: false}).raw().toBuffer()
  } catch (error) {
    yield problem(sample, 'undecodable-image', `${image.source} (${bytes.length} bytes): ${messageOf(error)}`)
  }
}

function* countProblems(source: DataSource, found: ReadonlyMap<string, number>): Generator<DataProblem> {
  for (const {name, count, wanted} of wrongCounts(source, found))
    yield {id: null, kind: 'count', message: `${name}: ${count} samples instead of ${wanted}.`, severity: 'problem'}
  const {subtasks, openSubtasks} = source.benchmark
  if (openSubtasks !== true) return
  for (const {name, expected} of subtasks) {
    if (countOf(name, found) > 0 || expected[source.split] !== undefined) continue
    const message = `The headline counts the subtask "${name}", of which there are no samples.`
    yield {id: null, kind: 'absent-subtask', message, severity: 'problem'}
  }
}

/** The subtasks with a known official count that differs from the count found. */
function* wrongCounts({benchmark, split}: DataSource, found: ReadonlyMap<string, number>) {
  for (const {name, expected} of benchmark.subtasks) {
    const count = countOf(name, found)
    const wanted = expected[split]
    if (wanted !== undefined && count !== wanted) yield {name, count, wanted}
  }
}

/** Samples of a subtask; `all`, where no subtask has that name, is their sum. */
export function countOf(name: string, found: ReadonlyMap<string, number>): number {
  return found.get(name) ?? (name === 'all' ? [...found.values()].reduce((sum, count) => sum + count, 0) : 0)
}

function countsOf(keys: readonly SampleKey[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const {subtask} of keys) counts.set(subtask, (counts.get(subtask) ?? 0) + 1)
  return counts
}
