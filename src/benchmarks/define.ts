// Checks a definition of a benchmark, whether built in, read from a file or from a plug-in.
import {
  aFunction,
  aList,
  anObject,
  aText,
  type Check,
  type Definition,
  definitionOf,
  oneOf,
} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import {aggregateSchema, subtasksOf} from '../core/headline.js'
import type {Benchmark} from './benchmark.js'

/**
 * Returns the benchmark as a definition, checked: its fields, its id, splits and subtasks, and that headline, shown
 * subtasks and preambles name existing subtasks. Throws LanternError `bad-config` naming what is wrong.
 */
export function defineBenchmark(benchmark: Benchmark): Definition<'benchmark', Benchmark> {
  const definition = definitionOf('benchmark', benchmark, fields, 'id')
  const {id, subtasks, splits, defaultSplit, scoring, shown = [], prompts} = benchmark
  const refuse = (what: string, advice: string): never => {
    throw new LanternError('bad-config', `The benchmark "${id}" ${what}.`, advice)
  }
  if (!/^[a-z0-9-]+$/.test(id)) refuse('has no valid id', 'An id is made of lower-case letters, digits and hyphens.')
  if (!splits.includes(defaultSplit))
    refuse(`has no split "${defaultSplit}", its default`, `Its splits: ${splits.join(', ') || 'none'}.`)
  if (prompts['lantern-eval'] === undefined)
    refuse('has no prompts in the style lantern-eval', 'Add prompts: {"lantern-eval": {text, option, images}}.')
  const names = subtasks.map(({name}) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) refuse(`has the subtask "${twice}" twice`, 'Name each subtask once.')
  const preambles = Object.values(prompts).flatMap(({preamble}) => preamble?.subtasks ?? [])
  const averaged = subtasksOf(scoring.aggregate) ?? []
  const doubled = averaged.find((name, index) => averaged.indexOf(name) !== index)
  if (doubled !== undefined) refuse(`names the subtask "${doubled}" twice in its mean`, 'Name each subtask once.')
  if (averaged.length > 0 && scoring.headline !== undefined)
    refuse('has a nested mean and a list of headline subtasks', 'The mean names its subtasks: leave the list out.')
  const counted = [...(scoring.headline ?? []), ...averaged]
  const stranger = [...counted, ...shown, ...preambles].find(name => !names.includes(name))
  if (stranger !== undefined) refuse(`has no subtask "${stranger}"`, `Its subtasks: ${names.join(', ') || 'none'}.`)
  return definition
}

const aScoring: Check = {
  words:
    'an object with answer ("choice" or "open"), metric, and aggregate ("micro", "macro", "group" or {mean: [...]})',
  fits(value) {
    const {answer, metric, aggregate} = (value ?? {}) as Readonly<Record<string, unknown>>
    return oneOf(['choice', 'open']).fits(answer) && aText.fits(metric) && aggregateSchema.safeParse(aggregate).success
  },
}

const fields = {
  title: aText,
  subtasks: aList,
  splits: aList,
  defaultSplit: aText,
  scoring: aScoring,
  prompts: anObject,
  origin: anObject,
  load: aFunction,
}
