// The built-in control models: what `run` uses when no model is named.
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
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
export function controlModels(modes: readonly Mode[] | undefined): readonly ModelChoice[] {
  const missing = defaults.filter(
    ({ref}) => !existsSync(fileURLToPath(new URL(`../../fixtures/models/${ref.slice('builtin:'.length)}/config.json`, import.meta.url))),
  )
  if (missing.length > 0) {
    throw new LanternError(
      'usage',
      'No model is named, and the built-in models are not in this installation.',
      'Name one: --model replay:PATH for saved answers, --model openai:NAME --base-url URL for an endpoint, --model DIR for a checkpoint.',
    )
  }
  if (modes === undefined) return defaults
  const chosen = defaults.filter(choice => choice.modes!.some(mode => modes.includes(mode)))
  return chosen
}
