// The library: what a program that imports lantern-eval, or a plug-in, may rely on (design/contract.md, "The library").
// Importing it reads nothing, and loads no model, picture or parquet code.

export type {Benchmark, DataSet, LoadOptions, Submission, SubmissionAnswer, Subtask} from './benchmarks/benchmark.js'
export {type DataSource, dataSetOf} from './benchmarks/data-set.js'
export {defineBenchmark} from './benchmarks/define.js'
export {benchmarkIds, loadBenchmark, registerBenchmark} from './benchmarks/index.js'
export {imageFile} from './benchmarks/sources/files.js'
export {type PicturePlaces, pictureRefs} from './benchmarks/sources/pictures.js'
export {type LongCell, openTable, type Table, type TableRow} from './benchmarks/sources/table.js'
export type {Definition, DefinitionKind} from './core/definition.js'
export {type ErrorCode, exitCodes, LanternError} from './core/errors.js'
export {
  type Arm,
  failedGeneration,
  type Generation,
  type Prompt,
  picturesOf,
  promptText,
  type Request,
  type Turn,
  turnsOf,
  unknownTiming,
  unknownUsage,
} from './core/generation.js'
export type {Outcome, Score, Scoring} from './core/outcome.js'
export type {PromptForm, PromptForms} from './core/prompt-form.js'
export {random} from './core/random.js'
export {type ImageRef, letterOf, type Sample} from './core/sample.js'
export * from './metrics/diagnosis/index.js'
export {
  defineExtractor,
  type Extractor,
  type Item,
  type NamedExtractor,
  type Reading,
  reading,
} from './metrics/extraction/extractor.js'
export {type Extraction, type ExtractionInput, extractAnswer, extractorNames} from './metrics/extraction/index.js'
export {scoreSample} from './metrics/score.js'
export * from './metrics/statistics/index.js'
export {
  type ChooseLatent,
  defineIntervention,
  type Intervention,
  type LatentPlace,
  type LatentSupply,
} from './modes/interventions.js'
export {
  defineProtocol,
  type MarkerTexts,
  type Protocol,
  type ProtocolDefinition,
  type StopVector,
  type TokenText,
} from './modes/protocol.js'
export {protocolNamed} from './modes/protocols.js'
export {recipeNamed, recipeNames, registerRecipe} from './modes/recipes/index.js'
export {defineRecipe, type Recipe} from './modes/recipes/recipe.js'
export {badFile, definePeerFormat, type PeerAnswer, type PeerContext, type PeerFormat} from './peers/peer.js'
export {type CompareOptions, compareRuns} from './reports/compare.js'
export {defineFormat, type Format, type FormatOptions} from './reports/formats/format.js'
export {type Run, readRun} from './reports/read-run.js'
export {type ResultOptions, resultTable} from './reports/result-table.js'
export type {Comparison} from './reports/schemas/comparison.js'
export type {ResultDocument} from './reports/schemas/result.js'
export type {Lock} from './run-folder/lock.js'
export type {LogRecord} from './run-folder/record.js'
export {
  type CommonOptions,
  defineRunner,
  type ModelIdentity,
  type ModelReference,
  type Runner,
  type RunnerEvent,
  type Session,
} from './runners/runner.js'
