// The library: what a program that imports lantern-eval may rely on (design/contract.md, "The library"). Importing it
// reads nothing, and loads no model, picture or parquet code.

export type {Benchmark, DataSet, LoadOptions, Submission, SubmissionAnswer} from './benchmarks/benchmark.js'
export {type DataSource, dataSetOf} from './benchmarks/data-set.js'
export {defineBenchmark} from './benchmarks/define.js'
export {benchmarkIds, loadBenchmark, registerBenchmark} from './benchmarks/index.js'
export {type ErrorCode, exitCodes, LanternError} from './core/errors.js'
export type {Arm, Generation, Request} from './core/generation.js'
export type {Outcome, Score, Scoring} from './core/outcome.js'
export type {PromptForm, PromptForms} from './core/prompt-form.js'
export type {Sample} from './core/sample.js'
export {
  type Extraction,
  type ExtractionInput,
  type ExtractorName,
  extractAnswer,
  extractorNames,
} from './metrics/extraction/index.js'
export {scoreSample} from './metrics/score.js'
export * from './metrics/statistics/index.js'
export {recipeNamed, recipeNames, registerRecipe} from './modes/recipes/index.js'
export {defineRecipe, type Recipe} from './modes/recipes/recipe.js'
export {type CompareOptions, compareRuns} from './reports/compare.js'
export {type Run, readRun} from './reports/read-run.js'
export {type ResultOptions, resultTable} from './reports/result-table.js'
export type {Comparison} from './reports/schemas/comparison.js'
export type {ResultDocument} from './reports/schemas/result.js'
export type {Lock} from './run-folder/lock.js'
export type {LogRecord} from './run-folder/record.js'
export type {CommonOptions, ModelIdentity, Runner, Session} from './runners/runner.js'
