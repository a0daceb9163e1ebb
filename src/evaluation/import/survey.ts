// The first pass of an import: which models, benchmarks and samples the files hold, and what the benchmarks' own data
// add to them.
import type {Benchmark, DataKind, DataSet} from '../../benchmarks/benchmark.js'
import {dataGiven, findData, type Machine} from '../../benchmarks/data-places.js'
import {benchmarkIds, loadBenchmark, openData} from '../../benchmarks/index.js'
import {LanternError} from '../../core/errors.js'
import type {Scoring} from '../../core/outcome.js'
import {letterOf} from '../../core/sample.js'
import type {PeerAnswer, SampleFacts} from '../../peers/peer.js'
import {type LockedBenchmark, lockedDefinition} from '../../run-folder/lock.js'

/** An answer with its benchmark and model. */
export type NamedAnswer = PeerAnswer & {readonly bench: string; readonly model: string}

/** What is known of a benchmark whose data are at hand: given, fetched, or answers that ship with us. */
export interface KnownData {
  /** By sample id; empty where no data are at hand. */
  readonly facts: ReadonlyMap<string, SampleFacts>
  /** Whether the data are the published ones. */
  readonly verified: boolean
  readonly kind: DataKind
  readonly definition?: LockedBenchmark['definition']
  /** The benchmark as these data describe it: a layout may have its own scoring. */
  readonly benchmark?: Benchmark
}

const noData: KnownData = {facts: new Map(), verified: false, kind: 'official'}

/** The data by benchmark, each read once. */
export function dataFrom({
  data,
  split,
  machine,
}: {
  data: Readonly<Record<string, string>>
  split?: string
  machine: Machine
}): (bench: string) => Promise<KnownData> {
  const known = new Map<string, Promise<KnownData>>()
  const read = async (id: string): Promise<KnownData> => {
    const benchmark = await adapterOf(id)
    if (!benchmark) return noData
    const given = dataGiven(data, id)
    let set: DataSet
    try {
      const {path} = await findData(benchmark, {given, pictures: false, builtin: 'named'}, machine)
      set = await openData(benchmark, path, {split: split ?? benchmark.defaultSplit, seed: 0})
    } catch (error) {
      // Without named data, and without any of this split here, the files are taken as they are.
      if (given === undefined && error instanceof LanternError && error.code === 'data-absent') return noData
      throw error
    }
    const facts = new Map<string, SampleFacts>()
    for await (const {id, subtask, gold, options, letters, cluster, group, question, images} of set.samples())
      facts.set(id, {
        ...{subtask, gold, options, letters, cluster, group, question},
        images: images.map(({source}) => ({source})),
      })
    const {definitionSha256} = await set.identity()
    const definition =
      definitionSha256 === undefined ? undefined : lockedDefinition(definitionSha256, set.benchmark.scoring)
    return {facts, verified: await set.verified(), kind: set.kind, definition, benchmark: set.benchmark}
  }
  return bench => {
    if (!known.has(bench)) known.set(bench, read(bench))
    return known.get(bench)!
  }
}

/** The adapter of a benchmark of ours; a peer's task that we do not have is imported under its own name. */
async function adapterOf(id: string): Promise<Benchmark | undefined> {
  return benchmarkIds().includes(id) ? loadBenchmark(id) : undefined
}

export interface BenchSurvey {
  readonly title: string
  readonly scoring: Scoring
  readonly split: string
  /** Subtask, gold answer and group by sample id, over all models. */
  readonly samples: Map<string, {readonly subtask: string; readonly gold: unknown; readonly group?: string}>
  /** Samples of each group in the benchmark's data. */
  readonly available: readonly {readonly group?: string}[]
  readonly expected: ReadonlyMap<string, number>
  readonly kind: DataKind
  readonly definition?: LockedBenchmark['definition']
  /** What --bench takes to find the benchmark again, where it is a user's own. */
  readonly place?: string
  /** Whether all samples so far are published ones; false where nobody can tell. */
  verified: boolean
}

export interface Survey {
  readonly models: Set<string>
  readonly benches: Map<string, BenchSurvey>
  /** How often the sample that was asked most often was asked. */
  repeats: number
  conflicts: number
  goldless: number
}

/** The first pass: which models, benchmarks and samples there are. The lock needs this before the first record. */
export async function surveyOf(
  answers: AsyncIterable<NamedAnswer>,
  dataOf: (bench: string) => Promise<KnownData>,
): Promise<Survey> {
  const survey: Survey = {models: new Set(), benches: new Map(), repeats: 1, conflicts: 0, goldless: 0}
  for await (const answer of answers) {
    survey.models.add(answer.model)
    survey.repeats = Math.max(survey.repeats, (answer.repeat ?? 0) + 1)
    const bench = survey.benches.get(answer.bench) ?? (await benchOf(answer, await dataOf(answer.bench)))
    survey.benches.set(answer.bench, bench)
    const known = (await dataOf(answer.bench)).facts.get(answer.id)
    const {subtask, gold} = merged(answer, known)
    if (bench.samples.has(answer.id)) continue
    bench.samples.set(answer.id, {subtask, gold, ...(known?.group === undefined ? {} : {group: known.group})})
    bench.verified &&= known !== undefined
    if (gold === null) survey.goldless++
    else if (known !== undefined && known.gold !== null && String(known.gold) !== String(gold)) survey.conflicts++
  }
  return survey
}

/** How choices are scored that no adapter describes. */
const asChoices: Scoring = {answer: 'choice', metric: 'accuracy', aggregate: 'micro'}

async function benchOf(
  answer: NamedAnswer,
  {verified, kind, facts, definition, benchmark: known}: KnownData,
): Promise<BenchSurvey> {
  const benchmark = known ?? (await adapterOf(answer.bench))
  const lettered = (answer.letters ?? answer.options ?? []).length > 0
  const choice = lettered || /^[A-Z]$/.test(String(answer.gold))
  // Open questions that come with options were rewritten to choices, like VisCoT's by LanteRn; a definition may have
  // both.
  const rewritten = lettered && definition === undefined && benchmark?.scoring.answer === 'open'
  const split = benchmark?.defaultSplit ?? 'unknown'
  return {
    title: benchmark?.title ?? answer.bench,
    scoring: rewritten
      ? asChoices
      : (benchmark?.scoring ?? (choice ? asChoices : {answer: 'open', metric: 'match', aggregate: 'micro'})),
    split,
    samples: new Map(),
    available: [...facts.values()],
    verified,
    kind,
    definition,
    place: benchmark?.definition,
    expected: benchmark?.openSubtasks
      ? countsIn(facts)
      : new Map(benchmark?.subtasks.map(({name, expected}) => [name, expected[split] ?? 0])),
  }
}

/** Samples by subtask, where the data alone tell which there are. */
function countsIn(facts: KnownData['facts']): Map<string, number> {
  const counts = new Map<string, number>()
  for (const {subtask} of facts.values()) counts.set(subtask, (counts.get(subtask) ?? 0) + 1)
  return counts
}

/** What the file says, completed from the benchmark. The letters of BLINK's items follow from their subtask. */
export function merged(answer: NamedAnswer, known: SampleFacts | undefined): SampleFacts {
  const options = answer.options ?? known?.options
  const letters = answer.letters ?? known?.letters ?? options?.map((_, index) => letterOf(index))
  return {
    subtask: known?.subtask ?? answer.subtask ?? answer.bench,
    gold: answer.gold === undefined ? (known?.gold ?? null) : answer.gold,
    ...(options ? {options} : {}),
    ...(letters ? {letters} : {}),
    ...((answer.cluster ?? known?.cluster) === undefined ? {} : {cluster: answer.cluster ?? known?.cluster}),
    ...(known?.question ? {question: known.question} : {}),
    ...(known?.images ? {images: known.images} : {}),
  }
}
