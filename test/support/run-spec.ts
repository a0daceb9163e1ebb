// The settings of a run that its test is not about.
import type {RunSpec} from '../../src/evaluation/spec.js'

/** Everything as a plain run has it; errors never end it. A test adds models, benchmarks, data, folder and runner. */
export const plainRun = {
  seed: 0,
  shard: null,
  optionOrders: {kind: 'file'},
  interventions: ['own'],
  promptStyle: 'lantern-eval',
  extractor: 'lantern-eval',
  decoding: {temperature: 0},
  saveLatents: false,
  maxErrorRate: 1,
  budget: {},
} satisfies Partial<RunSpec>
