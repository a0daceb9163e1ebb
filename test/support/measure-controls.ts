// Measures the rows of control-table.ts with the local runner. All arms of a row get the same samples, and each
// sample's picture and prompt are computed once per pass. The model's own latents are recorded first, because some
// interventions feed latents of a recorded run.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {builtinData} from '../../src/benchmarks/data-places.js'
import {recipeOf, sharesOf} from '../../src/benchmarks/generators/index.js'
import {toSample} from '../../src/benchmarks/generators/sample.js'
import {loadBenchmark} from '../../src/benchmarks/index.js'
import type {Generation, Request} from '../../src/core/generation.js'
import type {Scoring} from '../../src/core/outcome.js'
import type {Sample} from '../../src/core/sample.js'
import {armsOf} from '../../src/evaluation/arms.js'
import {saidIn, scoredRecord} from '../../src/evaluation/scored-record.js'
import {countBySubtask} from '../../src/evaluation/selection.js'
import {defaultExtractor} from '../../src/metrics/extraction/index.js'
import {scoreSample} from '../../src/metrics/score.js'
import {wilsonInterval} from '../../src/metrics/statistics/wilson.js'
import {buildPrompt} from '../../src/modes/prompts.js'
import {writeLatents} from '../../src/run-folder/latents.js'
import type {LogRecord} from '../../src/run-folder/record.js'
import {openRunner} from '../../src/runners/index.js'
import type {Session} from '../../src/runners/runner.js'
import {type Claim, type ControlRow, controlSeed} from './control-table.js'
import {lockBenchmark, lockOf, writeRun} from './run-folders.js'
import {runnerOptions} from './runner-options.js'

/** The results of one arm on the samples of a row. */
export interface ArmFigures {
  readonly correct: number
  /** Groups (pairs) of which all samples are right; a sample without a group is one of its own. */
  readonly rightGroups: number
  /** Generations with a latent block. */
  readonly withBlock: number
}

export interface RowFigures {
  readonly n: number
  /** Number of groups; that of samples where there are none. */
  readonly groups: number
  /** Expected accuracy of guessing, from 0 to 1. */
  readonly chance: number
  readonly arms: ReadonlyMap<string, ArmFigures>
}

/** Trained answers have at most about 20 tokens; anything longer than this is not an answer. */
const maxNewTokens = 64

/**
 * Measures a row under every arm in its claims, and under `own`. `n` is the number of drawn samples. Throws when an
 * answer is an error.
 */
export async function measureRow(row: ControlRow, ref: string, n: number): Promise<RowFigures> {
  const bank = await mkdtemp(join(tmpdir(), 'lantern-eval-controls-'))
  const session = await openRunner(ref, controlRunnerOptions(bank))
  try {
    const {scoring} = await loadBenchmark(row.bench)
    const samples = await samplesOf(row, n)
    const arms = new Map<string, ArmFigures>()
    const groupOf = ({id, group = id}: Sample) => group
    const groups = new Set(samples.map(groupOf)).size
    const wrong = new Map<string, Set<string>>()
    const others = [...new Set(row.claims.map(({arm}) => arm))].filter(arm => arm !== 'own')
    for (const pass of [['own'], others] as const) {
      if (pass.length === 0) continue
      const records: LogRecord[] = []
      for await (const generation of answers(session, row, samples, pass)) {
        const {latents, request, usage} = generation
        const arm = request.arm.intervention ?? 'own'
        const before = arms.get(arm) ?? {correct: 0, rightGroups: 0, withBlock: 0}
        const score = scoreOf(generation, scoring)
        const wrongGroups = wrong.get(arm) ?? new Set()
        wrong.set(arm, wrongGroups)
        if (score < 1) wrongGroups.add(groupOf(request.sample))
        arms.set(arm, {
          correct: before.correct + score,
          rightGroups: groups - wrongGroups.size,
          withBlock: before.withBlock + (usage.blocks ? 1 : 0),
        })
        if (arm !== 'own') continue
        if (latents) await writeLatents(bank, {arm: request.arm.id, bench: row.bench, id: request.sample.id}, latents)
        const asked = {arm: request.arm, bench: row.bench, sample: request.sample}
        records.push(await scoredRecord(asked, saidIn(generation), {scoring, extractor: defaultExtractor, judge: null}))
      }
      // Donors of latents are found by the records of the run.
      if (pass[0] === 'own') {
        const own = armsOf(session.describe(), {modes: [row.mode], interventions: ['own']})
        writeRun(bank, lockOf(own, [lockBenchmark(row.bench, countBySubtask(samples))]), records)
      }
    }
    return {n: samples.length, groups, chance: chanceOf(samples), arms}
  } finally {
    await session.close()
    await rm(bank, {recursive: true, force: true})
  }
}

/** The figure that a claim is about, in percent or percentage points. */
export function figureOf({arm, of}: Claim, {n, groups, chance, arms}: RowFigures): number {
  const {correct, rightGroups, withBlock} = arms.get(arm)!
  switch (of) {
    case 'accuracy':
      return (100 * correct) / n
    case 'difference':
      return (100 * (correct - arms.get('own')!.correct)) / n
    case 'blocks':
      return (100 * withBlock) / n
    case 'groups':
      return (100 * rightGroups) / groups
    case 'lead':
      return 100 * (wilsonInterval(correct, n).low - chance)
  }
}

/** Whether a figure meets the claim. */
export function isMet(
  {low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY}: Claim,
  figure: number,
): boolean {
  return figure >= low && figure <= high
}

async function samplesOf({bench, subtasks, samples}: ControlRow, n: number): Promise<Sample[]> {
  if (samples === 'drawn') {
    const shares = sharesOf(recipeOf(bench, {n, seed: controlSeed, subtasks}))
    return shares.flatMap(({items}) => Array.from(items, item => toSample(bench, item)))
  }
  const benchmark = await loadBenchmark(bench)
  const data = await benchmark.load(builtinData(bench)!, {split: benchmark.defaultSplit, seed: 0})
  const found: Sample[] = []
  for await (const sample of data.samples()) if (subtasks.includes(sample.subtask)) found.push(sample)
  return found
}

/** Generates greedily for the samples, in one mode and under each intervention. */
export async function* answers(
  session: Session,
  {mode}: Pick<ControlRow, 'mode'>,
  samples: readonly Sample[],
  interventions: readonly string[],
) {
  const arms = armsOf(session.describe(), {modes: [mode], interventions})
  async function* groups(): AsyncGenerator<Request[]> {
    for (const sample of samples) {
      const {prompts} = await loadBenchmark(sample.benchmark)
      const prompt = buildPrompt(sample, mode, prompts['lantern-eval'])
      yield arms.map(arm => ({sample, arm, prompt, decoding: {maxNewTokens, temperature: 0, seed: 0}}))
    }
  }
  yield* session.generate(groups(), new AbortController().signal)
}

function scoreOf(generation: Generation, scoring: Scoring): number {
  const {score} = scoreSample(generation.request.sample, generation, scoring, defaultExtractor)
  if (score === null) throw new Error(`${generation.request.sample.id}: ${generation.error?.message ?? 'no score'}`)
  return score
}

/** The accuracy of a uniform guess among the options or, for open questions, of the most frequent gold answer. */
function chanceOf(samples: readonly Sample[]): number {
  if (samples.every(({options}) => options))
    return samples.reduce((sum, {options}) => sum + 1 / options!.length, 0) / samples.length
  const counts = new Map<string, number>()
  for (const {gold} of samples) counts.set(String(gold), (counts.get(String(gold)) ?? 0) + 1)
  return Math.max(...counts.values()) / samples.length
}

/**
 * Runner options for the control models: fast for their size, with latents kept. `latentBank` is a folder for those and
 * for the graphs.
 */
export function controlRunnerOptions(latentBank: string): Parameters<typeof openRunner>[1] {
  return runnerOptions({
    common: {cacheDir: join(latentBank, 'cache'), keepLatents: true},
    // The models are so small that a second thread costs more than it does, and that a large batch is nearly free.
    local: {threads: 1, batchSize: 16, latentBank},
  })
}
