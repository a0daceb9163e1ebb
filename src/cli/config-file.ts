// lantern-eval.config.yaml: flag values by flag name, between the environment and the defaults.
import {readFile} from 'node:fs/promises'
import {LineCounter, parseDocument} from 'yaml'
import {z} from 'zod'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'

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

export const configFileName = 'lantern-eval.config.yaml'

/**
 * Reads a configuration file. Without `path` the default name is tried and its absence is fine.
 * Throws `bad-config` with file, line and column.
 */
export async function readConfig(path: string | undefined): Promise<Config> {
  const file = path ?? configFileName
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (path === undefined && systemCodeOf(error) === 'ENOENT') return {}
    throw new LanternError('bad-config', `The configuration file ${file} cannot be read: ${messageOf(error)}.`, 'Check --config.')
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const broken = document.errors[0]
  if (broken) {
    const at = lines.linePos(broken.pos[0])
    throw new LanternError(
      'bad-config',
      `${file}:${at.line}:${at.col}: not valid YAML: ${broken.message.split('\n')[0]}`,
      'Correct that line.',
    )
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0]! : String(issue.path[0] ?? '')
  const position = positionOf(document, key, lines)
  const what = issue.code === 'unrecognized_keys' ? `"${key}" is not a setting` : `"${issue.path.join('.')}": ${issue.message}`
  throw new LanternError(
    'bad-config',
    `${file}:${position}: ${what}.`,
    'Settings are the flags of `lantern-eval run` without their dashes; schemas/config.schema.json lists them.',
  )
}

function positionOf(document: ReturnType<typeof parseDocument>, key: string, lines: LineCounter): string {
  const contents = document.contents
  if (contents && 'items' in contents) {
    for (const item of contents.items) {
      const name = (item as {key?: {value?: unknown; range?: [number, number, number]}}).key
      if (name?.value === key && name.range) {
        const at = lines.linePos(name.range[0])
        return `${at.line}:${at.col}`
      }
    }
  }
  return '1:1'
}
