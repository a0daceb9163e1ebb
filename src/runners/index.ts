// The table of runners. A new one is a file (or folder) beside this one and a line here.
import {LanternError} from '../core/errors.js'
import {type LocalOptions, onnxRunner} from './onnx/index.js'
import {type RemoteOptions, remoteRunner} from './remote/index.js'
import {replayRunner} from './replay.js'
import type {CommonOptions, Runner, Session} from './runner.js'

/** The options of all runners; each reads the common ones and its own. */
export interface RunnerOptions {
  readonly common: CommonOptions
  readonly local: LocalOptions
  readonly remote: RemoteOptions
}

const runners: readonly Runner<RunnerOptions>[] = [remoteRunner, replayRunner, onnxRunner]

/** The forms of a model reference, for help texts and errors (design/contract.md, "Model references"). */
export const modelReferences = [
  {form: 'DIR', meaning: 'a checkpoint folder with config.json and *.safetensors'},
  {form: 'hub:owner/name[@revision]', meaning: "a checkpoint in the hub's cache, downloaded when absent"},
  {form: 'builtin:NAME', meaning: 'a model that ships with the package'},
  {form: 'openai:NAME', meaning: 'an OpenAI-compatible endpoint'},
  {form: 'replay:PATH', meaning: 'saved answers'},
] as const

/**
 * Opens a session for a model reference: with the first runner that accepts it.
 * Throws LanternError `usage` when none does, or what the runner itself throws.
 */
export async function openRunner(ref: string, options: RunnerOptions): Promise<Session> {
  const runner = runners.find(candidate => candidate.accepts(ref))
  if (runner !== undefined) return runner.open(ref, options)
  throw new LanternError(
    'usage',
    `No runner serves the model reference ${ref}.`,
    `Use ${modelReferences.map(({form, meaning}) => `${form} (${meaning})`).join(', ')}.`,
  )
}
