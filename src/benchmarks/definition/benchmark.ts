// A definition as a benchmark like any other: what an adapter says in code, said by a file.
import {existsSync} from 'node:fs'
import {stat} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {hashOf} from '../../core/hash.js'
import {subtasksOf as averaged} from '../../core/headline.js'
import type {Scoring} from '../../core/outcome.js'
import type {PromptForm} from '../../core/prompt-form.js'
import type {Benchmark, DataKind, DataSet, LoadOptions, Pull, Subtask} from '../benchmark.js'
import {dataSetOf} from '../data-set.js'
import {defineBenchmark} from '../define.js'
import {fileSha256} from '../sources/files.js'
import {openTable, type Table, type TableRow, type Wanted} from '../sources/table.js'
import {tableSamples} from '../sources/table-samples.js'
import {dataFiles, dataPaths, hasData, pattern, splitsOf} from './files.js'
import type {OpenDefinition} from './open.js'
import {letteredIn} from './options.js'
import {type Fields, type Recognised, recogniseFields} from './recognise.js'
import {columnOf, sampleOf, valueAt} from './sample.js'
import type {DefinitionFile} from './schema.js'

/** Rows that are read to see what columns hold. */
const firstRows = 200

/** The benchmark of a definition. `kind` is `custom` for a user's own. Throws what `defineBenchmark` throws. */
export async function benchmarkOf(definition: OpenDefinition, kind: DataKind = 'custom'): Promise<Benchmark> {
  const {file, folder, path} = definition
  const {id, title = id, maxNewTokens, source} = file
  const splits = splitsOf(file)
  const defaultSplit = splits.includes('test') ? 'test' : splits[0]!
  // Data that are fetched may lie beside the definition all the same.
  const home = source === undefined || (await hasData(folder, dataPaths(file, defaultSplit))) ? folder : undefined
  const benchmark: Benchmark = defineBenchmark({
    id,
    title,
    subtasks: subtasksOf(file),
    openSubtasks: true,
    splits,
    defaultSplit,
    scoring: scoringOf(file),
    prompts: {'lantern-eval': formOf(file)},
    ...(maxNewTokens && {maxNewTokens}),
    origin: originOf(file),
    ...(home !== undefined && {home}),
    ...(kind === 'custom' && {definition: path ?? `${id}=${[file.data].flat()[0]}`}),
    load: (place, options) => load(benchmark, {definition, kind, place, options}),
  }).part
  return benchmark
}

/**
 * Subtasks with a count, and those that the headline names. `all` is held only where it is the only count: else it says
 * nothing new.
 */
function subtasksOf({expected = {}, scoring}: DefinitionFile): Subtask[] {
  const counts = new Map<string, Record<string, number>>()
  for (const [split, subtasks] of Object.entries(expected))
    for (const [name, count] of Object.entries(subtasks))
      if (name !== 'all' || Object.keys(subtasks).length === 1) counts.set(name, {...counts.get(name), [split]: count})
  for (const name of averaged(scoring?.headline ?? 'micro') ?? []) if (!counts.has(name)) counts.set(name, {})
  return Array.from(counts, ([name, expected]) => ({name, expected}))
}

/** Items without options are matched under `accuracy`; `judge` is `match` where no judge is given. */
function scoringOf({scoring = {}}: DefinitionFile): Scoring {
  const {metric = 'accuracy', headline = 'micro', tolerance} = scoring
  return {
    answer: metric === 'accuracy' ? 'choice' : 'open',
    ...(metric === 'accuracy' && {mixed: true}),
    metric: metric === 'judge' ? 'match' : metric,
    aggregate: headline,
    ...(tolerance !== undefined && {tolerance}),
  }
}

const plainForm: PromptForm = {
  text: '{question}',
  choices: '{question}\n{options}',
  option: '({letter}) {text}',
  images: 'first',
}

function formOf({prompt}: DefinitionFile): PromptForm {
  return prompt === undefined ? plainForm : {template: prompt, text: '', option: '', images: 'first'}
}

function originOf({source, ...file}: DefinitionFile): Benchmark['origin'] {
  if (source === undefined) return {repo: '', revision: '', licence: '', url: ''}
  const {repo, revision, files = ['*'], licence = 'not stated'} = source
  const wanted = (split: string) => (Array.isArray(files) ? files : (files[split] ?? []))
  const all = (names: readonly string[]) =>
    names.includes('*') ? /^/ : new RegExp(names.map(name => pattern(name).source).join('|') || '(?!)')
  const pull: Pull = {from: 'hub', files: Object.fromEntries(splitsOf(file).map(split => [split, all(wanted(split))]))}
  const url = source.url ?? `https://huggingface.co/datasets/${repo}`
  return {repo, revision, licence, url, pull}
}

interface Load {
  readonly definition: OpenDefinition
  readonly kind: DataKind
  /** Folder or file: that of the definition, fetched data, or what `--data` gives. */
  readonly place: string
  readonly options: LoadOptions
}

async function load(benchmark: Benchmark, {definition, kind, place, options}: Load): Promise<DataSet> {
  const {file} = definition
  const {split, imageRoot} = options
  const files = await filesAt(place, file, split)
  const table = await openTable(files)
  const dataName = files.length === 1 ? basename(files[0]!) : `${files.length} files of ${file.id}`
  const {recognised, rows} = await recognisedIn(table, definition, dataName)
  const {fields} = recognised
  const columns = (await table.columns()).map(({name}) => name)
  const pictures =
    file.images === undefined ? undefined : pictureFolder(file.images, rootOf(place, files), definition.folder)
  const rule = {
    benchmark: file.id,
    fields,
    file,
    places: (row: TableRow) => ({
      folder: pictures ?? dirname(row.path),
      ...(imageRoot !== undefined && {imageRoot}),
    }),
    numberOf: (row: TableRow) => (files.length === 1 ? String(row.number) : `${basename(row.path)}:${row.number}`),
  }
  const samples = tableSamples(table, row => sampleOf(row, rule), wantedOf(fields, columns))
  return dataSetOf({
    benchmark,
    split,
    kind,
    layout: table.format,
    hasImages: true,
    root: files.length === 1 ? files[0]! : dirname(files[0]!),
    files,
    ...samples,
    pictures: fields.image.length > 0 ? 1 : 0,
    notes: [
      ...(recognised.told.length === 0 ? [] : [`${file.id}: took ${recognised.told.join('; ')} (${dataName}).`]),
      ...hintsOf(rows, fields, file),
    ],
    definitionSha256: hashOf({fields, answerIndex: file.answerIndex ?? null, scoring: scoringOf(file)}),
    dataSha256: async () => hashOf(await Promise.all(files.map(fileSha256))),
  })
}

/** `--data FILE` is the data; `--data DIR` stands for the folder of the definition. */
async function filesAt(place: string, file: DefinitionFile, split: string): Promise<string[]> {
  const isFolder = await stat(place).then(
    info => info.isDirectory(),
    () => true,
  )
  return isFolder ? dataFiles(place, dataPaths(file, split), file.id) : [place]
}

/** Beside the data that were given, else where the definition lies. */
function pictureFolder(images: string, root: string, home: string): string {
  const beside = resolve(root, images)
  return existsSync(beside) ? beside : resolve(home, images)
}

const rootOf = (place: string, files: readonly string[]) => (files[0] === place ? dirname(place) : place)

/** The columns of the data, recognised by their names and first rows. */
export async function recognisedIn(
  table: Table,
  definition: Pick<OpenDefinition, 'file' | 'placeOf'>,
  dataName: string,
): Promise<{readonly recognised: Recognised; readonly rows: readonly TableRow[]}> {
  const columns = await table.columns()
  const rows: TableRow[] = []
  let broken: LanternError | undefined
  for await (const row of table.rows()) {
    if (row instanceof LanternError) broken ??= row
    else if (rows.push(row) >= firstRows) break
  }
  if (rows.length === 0)
    throw (
      broken ?? new LanternError('bad-file', `${dataName} holds no rows.`, 'Give a file with a row for each sample.')
    )
  const recognised = recogniseFields(
    columns,
    rows.map(({values}) => values),
    definition,
    dataName,
  )
  return {recognised, rows}
}

/** Question, options and answers are read whole, however long; pictures are not. */
export function wantedOf(fields: Fields, columns: readonly string[]): Wanted {
  const {image, ...texts} = fields
  const whole = Object.values(texts).flatMap(names => names.map(name => columnOf(name, columns)))
  return {columns: [...new Set([...whole, ...image.map(name => columnOf(name, columns))])], whole: [...new Set(whole)]}
}

/** What a reader should know of how the first rows are read. */
function hintsOf(rows: readonly TableRow[], fields: Fields, file: DefinitionFile): string[] {
  const hints: string[] = []
  const question = fields.question[0]
  if (fields.options.length === 0 && file.fields?.options !== null && question !== undefined) {
    const lettered = rows.find(row => letteredIn(String(valueAt(row, question) ?? '')) !== null)
    if (lettered)
      hints.push(
        `${file.id}: options stand inside the question (${lettered.where}) and are left there; \`options: ${question}\` under fields takes them out.`,
      )
  }
  if (fields.answer.length === 0) hints.push(`${file.id}: there is no column with the answer, so samples are unscored.`)
  return hints
}
