// The built-in control models: what `run` uses when no model is named.
import {LanternError} from '../core/errors.js'
import type {Mode} from '../core/generation.js'
import type {ModelChoice} from '../evaluation/spec.js'

const defaults: readonly ModelChoice[] = [
  {ref: 'builtin:nano-latent', modes: ['latent']},
  {ref: 'builtin:nano-text', modes: ['text-cot']},
  {ref: 'builtin:nano-direct', modes: ['direct']},
  {ref: 'builtin:nano-placebo', modes: ['latent']},
]

/**
 * Latent reasoning, text chain of thought and a direct answer side by side, with the placebo as negative control.
 * Throws `usage` when the package was installed without them.
 */
export async function controlModels(modes: readonly Mode[] | undefined): Promise<readonly ModelChoice[]> {
  const {builtinNames} = await import('../runners/onnx/checkpoint-folder.js')
  const present = builtinNames()
  const missing = defaults.filter(({ref}) => !present.includes(ref.slice('builtin:'.length)))
  if (missing.length > 0) {
    throw new LanternError(
      'usage',
      'No model is named, and the built-in models are not in this installation.',
      'Name one: --model replay:PATH for saved answers, --model openai:NAME --base-url URL for an endpoint, --model DIR for a checkpoint.',
    )
  }
  return modes === undefined ? defaults : defaults.filter(choice => choice.modes!.some(mode => modes.includes(mode)))
}
