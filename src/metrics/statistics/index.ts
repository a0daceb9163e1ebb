// The statistics of the package: each file exports one idea.
export type {RankedStratum} from './arm-covariance.js'
export {type ChoiceItem, majorityBaseline, randomBaseline} from './baselines.js'
export {assumedEffects, type DetectableEffects, detectableEffects, type PlannedStratum} from './design.js'
export {type EffectiveSize, effectiveSize} from './effective-size.js'
export {holm} from './holm.js'
export {defaultConfidence, type Estimate, type Interval} from './interval.js'
export {type LinearContrast, linearContrast, type MeanDifference, meanDifference, pBeyond} from './linear-contrast.js'
export {mcnemarExact} from './mcnemar.js'
export {midPInterval} from './mid-p.js'
export {normalCdf, normalQuantile} from './normal.js'
export {
  type PairedDifference,
  type PairedOptions,
  type PairedStratum,
  type PairedTest,
  pairedDifference,
  pairedTests,
} from './paired-difference.js'
export {pairedBounds, pairedInterval} from './paired-interval.js'
export {detectableDifference, detectableMargin, type PairedDesign} from './power.js'
export {quantile} from './quantile.js'
export {type RankInterval, type RankOptions, rankIntervals} from './rank-intervals.js'
export {type ScoreIntervals, scoreInterval, scoreIntervals} from './score-intervals.js'
export {type SignFlipTest, signFlipTest} from './sign-flip.js'
export {type Aggregate, type Stratum, strataOfFigure} from './strata.js'
export {studentCdf, studentQuantile} from './student.js'
export {tangoInterval} from './tango.js'
export {type GateOutcome, gateOf, overallVerdict, type Verdict, verdictOf, worstGate} from './verdict.js'
export {wilsonInterval} from './wilson.js'
