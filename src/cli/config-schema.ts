// What lantern-eval.config.yaml may say: flag values by flag name. Reading the file is config-file.ts.
import {z} from 'zod'

const many = z.union([z.string(), z.array(z.string()).min(1)]).describe('One value or a list.')

/** Keys are the flag names of `run`; unknown keys are refused, so that a typo is not ignored in silence. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    bench: many,
    model: many,
    mode: many,
    protocol: z.string(),
    'latent-size': z.number().int().min(0),
    intervention: many,
    data: many,
    split: z.string(),
    'samples-file': z.string(),
    limit: z.number().int().min(1),
    seed: z.number().int(),
    options: z.string(),
    'prompt-style': z.enum(['official', 'lantern', 'vlmevalkit', 'lmms']),
    extractor: z.string(),
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
    alpha: z.number().gt(0).lt(1),
    'save-latents': z.boolean(),
    'latents-from': z.string(),
    'log-level': z.enum(['debug', 'info', 'warn', 'error']),
    yes: z.boolean(),
  })
  .partial()

export type Config = z.infer<typeof configSchema>
