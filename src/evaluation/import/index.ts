// `import`: peers' outputs become a run of ours, scored by our extractor beside the peer's own score. The readers of
// the formats are in src/peers.
import {basename, extname} from 'node:path'
import type {Machine} from '../../benchmarks/data-places.js'
import {LanternError} from '../../core/errors.js'
import {type Arm, armId, type Mode, unknownTiming, unknownUsage} from '../../core/generation.js'
import type {Scoring} from '../../core/outcome.js'
import {type PeerSource, peerSources} from '../../peers/index.js'
import type {PeerAnswer, PeerContext, SampleFacts} from '../../peers/peer.js'
import {settled} from '../../peers/settled.js'
import type {LogRecord} from '../../run-folder/record.js'
import {withRun} from '../../run-folder/run.js'
import {scoredRecord} from '../scored-record.js'
import {importLock, samplesIn} from './import-lock.js'
import {dataFrom, merged, type NamedAnswer, surveyOf} from './survey.js'

export interface ImportSpec {
  readonly paths: readonly string[]
  readonly out: string
  readonly extractor: string
  /** Replaces the benchmark or model that the files name. */
  readonly bench?: string
  readonly model?: string
  /** How the peer asked; the files do not say. */
  readonly mode: Mode
  readonly split?: string
  /** Folder by benchmark, or `*`: gold answers, option texts and clusters that the files lack. */
  readonly data: Readonly<Record<string, string>>
  /** Where fetched data are, if no data are named. */
  readonly machine: Machine
}

/** A sample on which our score and the peer's differ. */
interface Difference {
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
  /** Over the samples that both scored: the micro mean of the peer's scores and of ours; null without any. */
  readonly peerScore: number | null
  readonly ourScore: number | null
  readonly bothScored: number
  readonly differences: number
  /** The first differences. */
  readonly examples: readonly Difference[]
  readonly warnings: readonly string[]
}

const mostExamples = 20

/**
 * Imports files into the run folder `out`; the same command resumes an interrupted import.
 * Throws `bad-file` (naming file and place), `nothing-evaluated`, `provenance` and `disk`.
 */
export async function importRun(spec: ImportSpec): Promise<Imported> {
  const warnings = new Set<string>()
  const warn = (message: string) => void warnings.add(message)
  const sources = (await Promise.all(spec.paths.map(path => peerSources(path, warn)))).flat()
  const dataOf = dataFrom(spec)
  const facts = async (bench: string) => (await dataOf(bench)).facts
  const context: PeerContext = {facts, split: spec.split, warn}
  const answers = () => settled(namedAnswers(sources, context, spec))
  const survey = await surveyOf(answers(), dataOf)
  if (survey.benches.size === 0)
    throw new LanternError(
      'nothing-evaluated',
      'The files hold no answers.',
      'Give files with samples; --split chooses the split where files hold several.',
    )
  const arms = [...survey.models].map(model => armOf(model, spec.mode))
  const lock = await importLock(spec, sources, survey, arms)
  const tally = {samples: 0, errors: 0, bothScored: 0, peer: 0, ours: 0, differences: 0}
  const examples: Difference[] = []
  const count = (record: LogRecord, {peer, peerAnswer}: NamedAnswer) => {
    tally.samples++
    if (record.outcome === 'error') tally.errors++
    if (peer !== null && record.score !== null) {
      tally.bothScored++
      tally.peer += peer
      tally.ours += record.score
    }
    if (record['differs'] !== true) return
    tally.differences++
    const {arm, bench, id, outcome, score, answer} = record
    if (examples.length < mostExamples) examples.push({arm, bench, id, outcome, score, answer, peer: peer!, peerAnswer})
  }
  await withRun({dir: spec.out, lock, samples: samplesIn(survey), env: process.env}, ({tally: there, write}) =>
    write(answers(), async answer => {
      const arm = arms.find(({model}) => model === modelRef(answer.model))!
      const known = (await facts(answer.bench)).get(answer.id)
      const {scoring} = survey.benches.get(answer.bench)!
      const repeat = survey.repeats > 1 ? (answer.repeat ?? 0) : undefined
      const record = await recordOf({...answer, repeat}, known, arm, scoring, spec.extractor)
      count(record, answer)
      return there.isNews(record) ? record : null
    }),
  )
  if (survey.conflicts > 0)
    warnings.add(
      `${survey.conflicts} gold answers of the files differ from those of the data; those of the files were used.`,
    )
  for (const [id, {verified, kind}] of survey.benches)
    if (!verified && kind === 'official')
      warnings.add(
        (await facts(id)).size === 0
          ? `Nobody can tell whether these are the published samples of ${id}: its data are not at hand (--data).`
          : `These are not the published samples of ${id}.`,
      )
  if (survey.goldless > 0)
    warnings.add(
      `${survey.goldless} samples have no gold answer and are unscored; name data with --data to score them.`,
    )
  if (tally.differences > 0)
    warnings.add(
      `On ${tally.differences} of ${tally.samples} samples the peer's own score differs from ours; the log marks them with "differs".`,
    )
  const share = (sum: number) => (tally.bothScored === 0 ? null : sum / tally.bothScored)
  return {
    ...{
      runDir: spec.out,
      formats: [...new Set(sources.map(({format}) => format.name))],
      samples: tally.samples,
      errors: tally.errors,
    },
    ...{peerScore: share(tally.peer), ourScore: share(tally.ours), bothScored: tally.bothScored},
    ...{differences: tally.differences, examples, warnings: [...warnings]},
  }
}

async function* namedAnswers(
  sources: readonly PeerSource[],
  context: PeerContext,
  spec: ImportSpec,
): AsyncGenerator<NamedAnswer> {
  for (const {path, format} of sources)
    for await (const answer of format.read(path, context)) yield named(answer, path, spec)
}

/** With the names given in the command, else those of the file; the model's name falls back to the file's own name. */
function named(answer: PeerAnswer, path: string, spec: ImportSpec): NamedAnswer {
  const bench = spec.bench ?? answer.bench
  if (bench === undefined)
    throw new LanternError('usage', `${answer.where} names no benchmark.`, 'Name it: --bench ID.')
  return {...answer, bench, model: spec.model ?? answer.model ?? basename(path, extname(path))}
}

const modelRef = (model: string) => `import:${model}`

function armOf(model: string, mode: Mode): Arm {
  const arm = {
    model: modelRef(model),
    mode,
    protocol: null,
    latentSize: null,
    intervention: mode === 'latent' ? ('own' as const) : null,
  }
  return {...arm, id: armId(arm)}
}

function recordOf(
  answer: NamedAnswer,
  known: SampleFacts | undefined,
  arm: Arm,
  scoring: Scoring,
  extractor: string,
): Promise<LogRecord> {
  const {id, bench, repeat, text, error, peer, peerAnswer} = answer
  return scoredRecord(
    {arm, bench, repeat, sample: {id, ...merged(answer, known)}},
    {
      text,
      usage: {...unknownUsage, ...answer.usage},
      timing: {...unknownTiming, ...answer.timing},
      stop: error === undefined ? answer.stop : 'error',
      attempts: 0,
      seen: null,
      error: error === undefined ? null : {code: 'peer', message: error},
      metrics: peer === null ? {} : {peer},
      more: peerAnswer === null ? {} : {peerAnswer},
    },
    {scoring, extractor, judge: null},
  )
}
