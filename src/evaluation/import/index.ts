// `import`: peers' outputs become a run of ours, scored by our extractor beside the peer's own score. Formats stand in files beside this one.

import {stat} from 'node:fs/promises'
import {basename} from 'node:path'
import type {Benchmark} from '../../benchmarks/benchmark.js'
import {answersOnlyData} from '../../benchmarks/data-places.js'
import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {LanternError} from '../../core/errors.js'
import {type Arm, armId, type Mode, unknownTiming, unknownUsage} from '../../core/generation.js'
import {hashOf, sha256OfFile} from '../../core/hash.js'
import type {Scoring} from '../../core/outcome.js'
import {recordKey, settledRecords} from '../../core/run-folder.js'
import {letterOf} from '../../core/sample.js'
import {type Lock, lockHash} from '../../core/schemas/lock.js'
import type {LogRecord} from '../../core/schemas/record.js'
import {scoreAnswer} from '../../metrics/score.js'
import {packageVersion} from '../environment.js'
import {hold} from '../hold.js'
import {openJournal} from '../journal.js'
import {samplesSha256} from '../prepare.js'
import {claimRunDir} from '../run-dir.js'
import {formatOf} from './formats.js'
import type {ImportContext, PeerAnswer, PeerFormat, SampleFacts} from './peer-answer.js'

export interface ImportSpec {
  readonly paths: readonly string[]
  readonly out: string
  readonly extractor: string
  /** Takes the place of the benchmark or model that the files name. */
  readonly bench?: string
  readonly model?: string
  /** How the peer asked; files do not say. */
  readonly mode: Mode
  readonly split?: string
  /** Folder by benchmark, or `*`: gold answers, option texts and clusters that the files lack. */
  readonly data: Readonly<Record<string, string>>
}

/** A sample on which our score and the peer's are not the same. */
export interface Difference {
  readonly arm: string
  readonly bench: string
  readonly id: string
  readonly outcome: LogRecord['outcome']
  readonly score: number | null
  readonly answer: string | null
  readonly peer: number
  readonly peerAnswer: string | null
}

export interface Imported {
  readonly runDir: string
  readonly formats: readonly string[]
  readonly samples: number
  readonly errors: number
  /** Over the samples that both scored: the mean of the peer's scores and of ours, micro; null without any. */
  readonly peerScore: number | null
  readonly ourScore: number | null
  readonly bothScored: number
  readonly differences: number
  /** The first of them. */
  readonly examples: readonly Difference[]
  readonly warnings: readonly string[]
}

const mostExamples = 20
/** Records under way to the disk at once; they share its writes. */
const window = 256

/**
 * Imports files into the run folder `out`; the same command goes on where it was cut off.
 * Throws `data-absent`, `bad-file` (naming file and place), `nothing-evaluated`, `provenance` and `disk`.
 */
export async function importRun(spec: ImportSpec): Promise<Imported> {
  const warnings = new Set<string>()
  const sources: {path: string; format: PeerFormat}[] = []
  for (const path of spec.paths) sources.push({path, format: await formatOf(path)})
  const facts = factsFrom(spec)
  const context: ImportContext = {facts, split: spec.split, warn: message => warnings.add(message)}
  const answers = async function* (): AsyncGenerator<PeerAnswer> {
    for (const {path, format} of sources) for await (const answer of format.read(path, context)) yield named(answer, spec)
  }
  const survey = await surveyOf(answers(), facts)
  if (survey.benches.size === 0)
    throw new LanternError(
      'nothing-evaluated',
      'The files hold no answers.',
      'Give files with samples; --split chooses among BLINK outputs.',
    )
  const arms = [...survey.models].map(model => armOf(model, spec.mode))
  const lock = await lockOf(spec, sources, survey, arms)
  const tally = {samples: 0, errors: 0, bothScored: 0, peer: 0, ours: 0, differences: 0}
  const examples: Difference[] = []
  await claimRunDir(spec.out, lock)
  const release = await hold(spec.out)
  try {
    const there = new Set((await settledRecords(spec.out)).map(recordKey))
    const journal = await openJournal(spec.out)
    try {
      let writing: Promise<void>[] = []
      for await (const answer of answers()) {
        const arm = arms.find(({model}) => model === modelRef(answer.model))!
        const bench = survey.benches.get(answer.bench)!
        const record = recordOf(answer, (await facts(answer.bench)).get(answer.id), arm, bench.scoring, spec.extractor)
        const {peer} = answer
        tally.samples++
        if (record.outcome === 'error') tally.errors++
        if (peer !== null && record.score !== null) {
          tally.bothScored++
          tally.peer += peer
          tally.ours += record.score
        }
        if (record['differs'] === true) {
          tally.differences++
          const {outcome, score, answer: read, id} = record
          if (examples.length < mostExamples)
            examples.push({arm: arm.id, bench: answer.bench, id, outcome, score, answer: read, peer: peer!, peerAnswer: answer.peerAnswer})
        }
        if (there.has(recordKey(record))) continue
        writing.push(journal.append(record))
        if (writing.length < window) continue
        await Promise.all(writing)
        writing = []
      }
      await Promise.all(writing)
    } finally {
      await journal.close()
    }
  } finally {
    await release()
  }
  if (survey.conflicts > 0)
    warnings.add(`${survey.conflicts} gold answers of the files are not those of the data; the files' own were used.`)
  if (survey.goldless > 0) warnings.add(`${survey.goldless} samples have no gold answer and are unscored; --data gives them one.`)
  if (tally.differences > 0)
    warnings.add(`On ${tally.differences} of ${tally.samples} samples the peer's own score is not ours: "differs" marks them in the log.`)
  const share = (sum: number) => (tally.bothScored === 0 ? null : sum / tally.bothScored)
  return {
    ...{runDir: spec.out, formats: [...new Set(sources.map(({format}) => format.name))], samples: tally.samples, errors: tally.errors},
    ...{peerScore: share(tally.peer), ourScore: share(tally.ours), bothScored: tally.bothScored},
    ...{differences: tally.differences, examples, warnings: [...warnings]},
  }
}

function named(answer: PeerAnswer, {bench, model}: ImportSpec): PeerAnswer {
  return {...answer, ...(bench === undefined ? {} : {bench}), ...(model === undefined ? {} : {model})}
}

const modelRef = (model: string) => `import:${model}`

function armOf(model: string, mode: Mode): Arm {
  const arm = {model: modelRef(model), mode, protocol: null, latentSize: null, intervention: mode === 'latent' ? ('own' as const) : null}
  return {...arm, id: armId(arm)}
}

/** What is known of samples whose benchmark's data are at hand: given, or the published answers that ship with us. */
function factsFrom({data, split}: ImportSpec): ImportContext['facts'] {
  const known = new Map<string, Promise<ReadonlyMap<string, SampleFacts>>>()
  const read = async (id: string): Promise<ReadonlyMap<string, SampleFacts>> => {
    const given = data[id] ?? data['*']
    const benchmark = await adapterOf(id)
    const place = given ?? (benchmark && answersOnlyData(id))
    const wanted = split ?? benchmark?.defaultSplit
    if (!benchmark || place === undefined || (given === undefined && wanted !== benchmark.defaultSplit)) return new Map()
    const set = await benchmark.load(place, {split: wanted!, seed: 0})
    const facts = new Map<string, SampleFacts>()
    for await (const {id, subtask, gold, options, letters, cluster} of set.samples())
      facts.set(id, {subtask, gold, options, letters, cluster})
    return facts
  }
  return bench => {
    if (!known.has(bench)) known.set(bench, read(bench))
    return known.get(bench)!
  }
}

/** The adapter of a benchmark of ours; a peer's task that we have not is imported under its own name. */
async function adapterOf(id: string): Promise<Benchmark | undefined> {
  return benchmarkIds.includes(id) ? loadBenchmark(id) : undefined
}

interface BenchSurvey {
  readonly scoring: Scoring
  readonly split: string
  /** Subtask and gold answer by sample id, over all models. */
  readonly samples: Map<string, {readonly subtask: string; readonly gold: unknown}>
  readonly expected: ReadonlyMap<string, number>
}

interface Survey {
  readonly models: Set<string>
  readonly benches: Map<string, BenchSurvey>
  conflicts: number
  goldless: number
}

/** The first pass: which models, benchmarks and samples there are. The lock says so before the first record is written. */
async function surveyOf(answers: AsyncIterable<PeerAnswer>, facts: ImportContext['facts']): Promise<Survey> {
  const survey: Survey = {models: new Set(), benches: new Map(), conflicts: 0, goldless: 0}
  for await (const answer of answers) {
    survey.models.add(answer.model)
    const bench = survey.benches.get(answer.bench) ?? (await benchOf(answer))
    survey.benches.set(answer.bench, bench)
    const known = (await facts(answer.bench)).get(answer.id)
    const {subtask, gold} = merged(answer, known)
    if (bench.samples.has(answer.id)) continue
    bench.samples.set(answer.id, {subtask, gold})
    if (gold === null) survey.goldless++
    else if (known !== undefined && known.gold !== null && String(known.gold) !== String(gold)) survey.conflicts++
  }
  return survey
}

async function benchOf(answer: PeerAnswer): Promise<BenchSurvey> {
  const benchmark = await adapterOf(answer.bench)
  const choice = (answer.letters ?? answer.options ?? []).length > 0 || /^[A-Z]$/.test(String(answer.gold))
  const split = benchmark?.defaultSplit ?? 'unknown'
  return {
    scoring: benchmark?.scoring ?? {answer: choice ? 'choice' : 'open', metric: choice ? 'accuracy' : 'match', aggregate: 'micro'},
    split,
    samples: new Map(),
    expected: new Map(benchmark?.subtasks.map(({name, expected}) => [name, expected[split] ?? 0])),
  }
}

/** The file's own words, completed by what the benchmark knows. Letters of BLINK's items follow from their subtask there. */
function merged(answer: PeerAnswer, known: SampleFacts | undefined): SampleFacts {
  const options = answer.options ?? known?.options
  const letters = answer.letters ?? known?.letters ?? options?.map((_, index) => letterOf(index))
  return {
    subtask: known?.subtask ?? answer.subtask ?? answer.bench,
    gold: answer.gold === undefined ? (known?.gold ?? null) : answer.gold,
    ...(options ? {options} : {}),
    ...(letters ? {letters} : {}),
    ...((answer.cluster ?? known?.cluster) === undefined ? {} : {cluster: answer.cluster ?? known?.cluster}),
  }
}

function recordOf(answer: PeerAnswer, known: SampleFacts | undefined, arm: Arm, scoring: Scoring, extractor: string): LogRecord {
  const {subtask, gold, options, letters, cluster} = merged(answer, known)
  const stop = answer.error === undefined ? answer.stop : 'error'
  const usage = {...unknownUsage, ...answer.usage}
  const score = scoreAnswer({text: answer.text, stop, gold, options, letters, arm, usage}, scoring, extractor)
  const {peer} = answer
  return {
    ...{type: 'sample', schema: 1, arm: arm.id, bench: answer.bench, subtask, id: answer.id},
    ...{outcome: score.outcome, score: score.score, metrics: {...score.metrics, ...(peer === null ? {} : {peer})}, answer: score.answer},
    gold: typeof gold === 'string' || gold === null ? gold : [...gold],
    ...(options ? {options: [...options]} : {}),
    ...(letters ? {letters: [...letters]} : {}),
    ...{text: answer.text, extractor, ...(cluster === undefined ? {} : {cluster})},
    ...{usage, timing: {...unknownTiming, ...answer.timing}, stop, attempts: 0, seen: null},
    error: answer.error === undefined ? null : {code: 'peer', message: answer.error},
    ...(answer.peerAnswer === null ? {} : {peerAnswer: answer.peerAnswer}),
    // A failure that the peer scored as an answer differs too; a sample without gold answer does not.
    ...(peer !== null && score.outcome !== 'unscored' && peer !== score.score ? {differs: true} : {}),
  }
}

async function lockOf(
  spec: ImportSpec,
  sources: readonly {path: string; format: PeerFormat}[],
  survey: Survey,
  arms: readonly Arm[],
): Promise<Lock> {
  const formats = [...new Set(sources.map(({format}) => format.name))].join('+')
  const files = await Promise.all(sources.map(async ({path}) => ({name: basename(path), sha256: await identityOf(path)})))
  const lock: Lock = {
    ...{schema: 1, hash: '', arms: [...arms]},
    benchmarks: [...survey.benches].map(([id, bench]) => benchEntry(id, bench, formats, spec)),
    // Files do not say how the peer asked: such rows are shown beside ours, and never ranked with them.
    prompts: {style: `import:${formats}`, templatesSha256: 'unknown'},
    decoding: {temperature: 0, maxNewTokens: {}, known: false},
    images: {minPixels: null, maxPixels: null},
    models: arms.map(({model}) => ({ref: model, sha256: hashOf(files)})),
    ...{extractor: spec.extractor, judge: null, seeds: {run: 0}, shard: null},
    environment: {lanternEval: packageVersion(), imported: files},
  }
  return {...lock, hash: lockHash(lock)}
}

async function identityOf(path: string): Promise<string | null> {
  return (await stat(path)).isDirectory() ? null : sha256OfFile(path)
}

function benchEntry(
  id: string,
  {scoring, split, samples, expected}: BenchSurvey,
  formats: string,
  spec: ImportSpec,
): Lock['benchmarks'][number] {
  const keys = Array.from(samples, ([id, {subtask}]) => ({id, subtask}))
  const names = [...new Set([...expected.keys(), ...keys.map(({subtask}) => subtask)])]
  const subtasks = names.map(name => {
    const selected = keys.reduce((sum, {subtask}) => sum + Number(subtask === name), 0)
    return {name, selected, available: Math.max(selected, expected.get(name) ?? 0)}
  })
  const available = subtasks.reduce((sum, subtask) => sum + subtask.available, 0)
  return {
    ...{id, split: spec.split ?? split, kind: 'official', layout: `import:${formats}`, revision: null, labels: null},
    dataSha256: hashOf(Array.from(samples, ([id, {gold}]) => [id, gold]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))),
    ...{samplesSha256: samplesSha256(keys), selected: keys.length, available, partial: keys.length < available},
    ...{metric: scoring.metric, aggregate: scoring.aggregate, headline: scoring.headline ? [...scoring.headline] : null, subtasks},
  }
}
