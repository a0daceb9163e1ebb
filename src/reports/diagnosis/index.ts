// Judges recorded runs: study -> outcomes and latents -> verdicts -> document (design/diagnosis.md).
import {exitCodes, LanternError} from '../../core/errors.js'
import type {DiagnosisSuite} from '../../evaluation/suites.js'
import {type Diagnosis, type DiagnosisVerdict, diagnose} from '../../metrics/diagnosis/index.js'
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import {type CostRow, costsOf} from './cost.js'
import {type Geometry, readGeometry} from './geometry.js'
import {readOutcomes, tableOf} from './outcomes.js'
import {pairsOfStudy, type StudiedPairs} from './pairs.js'
import type {Study} from './study.js'

export {type NamedArm, type Study, studyOfNamed, studyOfRuns} from './study.js'

export interface JudgeOptions {
  readonly alpha: number
  /** The margin within which conditions are alike; default by the number of samples. */
  readonly margin?: number
  /** The verdict that is wanted; the exit code says whether it was found. */
  readonly expect?: DiagnosisVerdict
  readonly suite: DiagnosisSuite | null
}

/**
 * Judges a study: a row for each benchmark and subtask, the shape of its stored latents, and what every arm costs.
 * Throws `nothing-evaluated` if no sample is scored under own and one other condition, and as `readOutcomes` does.
 */
export async function judgeStudy(
  study: Study,
  {alpha, margin, expect, suite}: JudgeOptions,
): Promise<DiagnosisDocument> {
  const {benches, warnings} = await readOutcomes(study)
  const results: Diagnosis[] = []
  const geometry: Geometry[] = []
  const pairs: StudiedPairs[] = []
  const efficiency: {readonly bench: string; readonly arms: readonly CostRow[]}[] = []
  for (const recorded of benches) {
    const seen = await readGeometry(study, recorded)
    const {determinism, identity} = recorded
    const checks = {
      ...{...(determinism && {determinism}), ...(identity && {identity})},
      ...(seen.oracle && {oracle: seen.oracle}),
    }
    const table = tableOf(study, recorded)
    if (!table.samples.some(({under}) => under['own']?.score != null && Object.keys(under).length > 1)) continue
    const seed = study.own.folder.lock.seeds.run
    results.push(...diagnose(table, {alpha, margin, seed, checks}))
    if (seen.geometry !== null) geometry.push(seen.geometry)
    const paired = await pairsOfStudy(study, recorded)
    if (paired !== null) pairs.push(paired)
    efficiency.push({bench: recorded.bench.id, arms: costsOf(study, recorded)})
  }
  if (results.length === 0) {
    throw new LanternError(
      'nothing-evaluated',
      'No sample is scored both with own latents and under another condition.',
      'Finish the runs (the same commands resume), or run the conditions that are missing: `lantern-eval diagnose --model REF --bench ID`.',
    )
  }
  const headlines = results.filter(({subtask}) => subtask === null)
  return {
    ...{schema: 1, model: study.model, protocol: study.protocol, suite},
    conditions: study.conditions.map(({condition, folder, arm}) => ({
      ...{condition, run: folder.dir, arm: arm.id, lock: folder.lock.hash},
    })),
    ...{results, geometry, pairs, efficiency},
    warnings: [...study.warnings, ...warnings],
    verdict: headlines.length === 1 ? headlines[0]!.verdict : null,
    exitCode: expect === undefined ? 0 : exitCodeFor(expect, headlines),
  }
}

/** 0 if every headline has the verdict, 1 if one has another, 3 if one is inconclusive. */
function exitCodeFor(expect: DiagnosisVerdict, headlines: DiagnosisDocument['results']): number {
  const others = headlines.map(({verdict}) => verdict).filter(verdict => verdict !== expect)
  if (others.length === 0) return 0
  return others.every(verdict => verdict === 'inconclusive') ? exitCodes.inconclusive : exitCodes['gate-failed']
}
