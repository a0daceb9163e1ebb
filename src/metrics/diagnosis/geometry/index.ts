// The shape of latents: accumulators that take stored latents sample by sample, in one pass.
export {type CosineFigures, Cosines} from './cosines.js'
export {Drift, type DriftStep} from './drift.js'
export {type LensStep, LogitLensTally} from './logit-lens.js'
export {type NormFigures, Norms, type VectorKind} from './norms.js'
export {EffectiveRank, type RankFigures} from './rank.js'
export {Retrieval, type RetrievalFigures} from './retrieval.js'
export type {Vector} from './vectors.js'
