// The schema of lantern-eval.config.yaml, from the table of settings; schemas/config.schema.json is generated from it.
import {z} from 'zod'
import {settings} from './index.js'
import {fileSchema, type Setting} from './setting.js'

/** Every setting by its name, and the negated form of switches that have one. */
export function configSchema(): z.ZodType {
  const keys: Record<string, z.ZodType> = {$schema: z.string().optional()}
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    if (setting.notInFile) continue
    keys[setting.fileKey ?? name] = fileSchema(z, setting).optional()
    if (setting.negatable) keys[`no-${name}`] = z.boolean().describe(`The opposite of ${name}.`).optional()
  }
  return z.strictObject(keys)
}
