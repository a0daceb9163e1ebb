// What lantern-eval.config.yaml may say: flag values by flag name. Reading the file is config-file.ts.
import {z} from 'zod'
import {interventions, modes} from '../core/generation.js'
import {promptStyles} from '../core/prompt-form.js'
import {extractorNames} from '../metrics/extraction/index.js'

const many = z.union([z.string(), z.array(z.string()).min(1)]).describe('One value or a list.')

function someOf<const T extends readonly string[]>(values: T) {
  const one = z.enum(values)
  return z
    .union([one, z.array(one).min(1)], `expected one of ${values.join(', ')}, or a list of these`)
    .describe('One value or a list.')
}

/** Keys are the flag names of `run`; unknown keys are refused, so that a typo is not ignored in silence. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    bench: many,
    model: many,
    mode: someOf(modes),
    protocol: z.string(),
    'latent-size': z.number().int().min(0),
    intervention: someOf(interventions),
    data: many,
    split: z.string(),
    'samples-file': z.string(),
    limit: z.number().int().min(1),
    seed: z.number().int(),
    options: z.string(),
    'prompt-style': z.enum(promptStyles),
    extractor: z.enum(extractorNames),
    'extractor-panel': z.boolean(),
    judge: z.string(),
    'judge-base-url': z.string(),
    'base-url': many,
    'api-key-env': z.string(),
    concurrency: z.union([z.literal('auto'), z.number().int().min(1)]),
    timeout: z.number().positive(),
    'max-retries': z.number().int().min(0),
    'max-requests': z.number().int().min(1),
    'max-cost': z.number().positive(),
    'no-cache': z.boolean(),
    device: z.string(),
    precision: z.enum(['fp32', 'fp16', 'q8', 'q4']),
    weights: z.enum(['mapped', 'packed']),
    threads: z.number().int().min(1),
    'batch-size': z.number().int().min(1),
    'max-new-tokens': z.number().int().min(1),
    temperature: z.number().min(0),
    'top-p': z.number().gt(0).max(1),
    'top-k': z.number().int().min(1),
    'max-pixels': z.number().int().min(784),
    'min-pixels': z.number().int().min(784),
    out: z.string(),
    shard: z.string(),
    format: many,
    'max-error-rate': z.number().min(0).max(1),
    baseline: z.string(),
    'fail-on': z.enum(['regression']),
    margin: z.string(),
    alpha: z.number().min(0.0001).lt(0.5),
    'save-latents': z.boolean(),
    'latents-from': z.string(),
    'log-level': z.enum(['debug', 'info', 'warn', 'error']),
    yes: z.boolean(),
  })
  .partial()

export type Config = z.infer<typeof configSchema>
