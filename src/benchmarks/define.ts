// Checks a definition of a benchmark, whether built in, read from a file or from a plug-in.
import {LanternError} from '../core/errors.js'
import type {Benchmark} from './benchmark.js'

/**
 * Returns the benchmark, checked: its id, splits and subtasks, and that headline, shown subtasks and preambles name
 * existing subtasks. Throws LanternError `bad-config` naming what is wrong.
 */
export function defineBenchmark(benchmark: Benchmark): Benchmark {
  const {id, title, subtasks, splits, defaultSplit, scoring, shown = [], prompts} = benchmark
  const refuse = (what: string, advice: string): never => {
    throw new LanternError('bad-config', `The benchmark "${id}" ${what}.`, advice)
  }
  if (!/^[a-z0-9-]+$/.test(id)) refuse('has no valid id', 'An id is made of lower-case letters, digits and hyphens.')
  if (title.trim() === '') refuse('has no title', 'Give it the name that tables show.')
  if (!splits.includes(defaultSplit))
    refuse(`has no split "${defaultSplit}", its default`, `Its splits: ${splits.join(', ') || 'none'}.`)
  const names = subtasks.map(({name}) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) refuse(`has the subtask "${twice}" twice`, 'Name each subtask once.')
  const preambles = Object.values(prompts).flatMap(({preamble}) => preamble?.subtasks ?? [])
  const stranger = [...(scoring.headline ?? []), ...shown, ...preambles].find(name => !names.includes(name))
  if (stranger !== undefined) refuse(`has no subtask "${stranger}"`, `Its subtasks: ${names.join(', ') || 'none'}.`)
  return benchmark
}
