// Judges what latents are worth, from a table of outcomes: `diagnose`. Pure: no files, no commands. The procedure and
// its simulated error are in design/diagnosis.md.
export {type DiagnoseOptions, defaultMargin, diagnose} from './diagnose.js'
export {type ArmCost, type Cost, paretoSet} from './efficiency.js'
export * from './geometry/index.js'
export {groupsAsSamples} from './groups.js'
export {type AnsweredPair, latentDistance, type PairFigures, pairFigures} from './pairs.js'
export {
  type Diagnosis,
  type DiagnosisVerdict,
  diagnosisVerdicts,
  type Effect,
  type EffectName,
  type EffectScale,
  type Engagement,
  effectNames,
  type Guard,
  type GuardName,
  guardNames,
  type LatentUtility,
  type ReadingKind,
  type Undecided,
  type UtilityLoss,
} from './result.js'
export {
  type Checked,
  type ConditionOutcome,
  type DiagnosedSample,
  type DiagnosisTable,
  type Donor,
  decidingConditions,
  ownCondition,
  type RecordedChecks,
} from './table.js'
