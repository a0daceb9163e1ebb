// What the readers of config.json share: the kinds of its fields, and the errors that name a wrong one.
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'

export const count = z.number().int().positive()
export const id = z.number().int().nonnegative()
/** One end-of-sequence id or several. */
export const eosIds = z.union([id, z.array(id)]).nullish()

/** The value as the schema reads it. Throws LanternError `bad-checkpoint` naming the field, with `prefix` before it. */
export function readFields<T extends z.ZodType>(schema: T, value: unknown, file: string, prefix = ''): z.infer<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw badConfig(file, `${prefix}${issue.path.join('.')}: ${issue.message}`)
}

function badConfig(file: string, what: string): LanternError {
  return new LanternError('bad-checkpoint', `${file}: ${what}.`, 'Fetch the config.json that belongs to these weights.')
}

export function notHere(file: string, what: string): LanternError {
  return new LanternError(
    'unsupported',
    `${file}: ${what} is not supported by the local runner.`,
    'Serve the checkpoint behind an endpoint and use openai:NAME.',
  )
}

/** Throws LanternError `bad-checkpoint` at the first rule that does not hold. */
export function requireRules(file: string, rules: readonly (readonly [holds: boolean, otherwise: string])[]): void {
  for (const [holds, otherwise] of rules) if (!holds) throw badConfig(file, otherwise)
}
