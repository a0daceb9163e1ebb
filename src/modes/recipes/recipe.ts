// A recipe: the settings of a published evaluation, as data. Each is a file beside this one, a user's YAML file, or
// part of a plug-in. The table of settings (src/cli/settings/) defines the allowed settings and reads their values.
import {z} from 'zod'
import type {Definition} from '../../core/definition.js'
import {LanternError} from '../../core/errors.js'

/** Settings of `run` by name. */
const settingsSchema = z.record(z.string(), z.unknown())

export const recipeSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'is made of lower-case letters, digits and hyphens')
    .describe('Lower-case letters, digits and hyphens.'),
  title: z.string().trim().min(1).describe('What it reproduces, in a line.'),
  source: z.string().trim().min(1).describe('Where the settings were read: owner/repo: file @ commit.'),
  checkpoints: z
    .array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is no owner/name'))
    .optional()
    .describe('The checkpoints it is of, by their ids on the hub; `--recipe` takes such an id too.'),
  benchmarks: z
    .record(
      z.string(),
      z.strictObject({
        subtasks: z.array(z.string()).min(1).optional().describe('Those that the evaluation asked; absent: all.'),
        layouts: z
          .array(z.string())
          .min(1)
          .optional()
          .describe('Layouts of data that hold what the evaluation asked; with another one the row says so.'),
        settings: settingsSchema.optional().describe('Settings for this benchmark alone.'),
      }),
    )
    .refine(benchmarks => Object.keys(benchmarks).length > 0, 'names no benchmark')
    .describe('The benchmarks it is made for.'),
  settings: settingsSchema.describe('Settings of `run`, by the names of its flags.'),
  also: settingsSchema
    .optional()
    .describe('Further values of settings that it published too, such as another mode: choosing them is no change.'),
  figures: z
    .array(
      z.strictObject({
        of: z.string().trim().min(1).describe('Benchmark, part of it, and setting: `V*, 8 latents`.'),
        percent: z.number().min(0).max(100),
        source: z.string().trim().min(1).describe('Where it is published: a paper, or owner/repo: file.'),
        secondHand: z.boolean().optional().describe('True where another source than the authors tells it.'),
      }),
    )
    .optional()
    .describe('The published figures that it aims at; empty: none was found.'),
  differs: z.array(z.string()).optional().describe('What the published evaluation did otherwise, in sentences.'),
  secondHand: z.array(z.string()).optional().describe('What was not read in the public code, in sentences.'),
})

export type Recipe = Readonly<z.infer<typeof recipeSchema>>

/** Checks a recipe of a plug-in, except the values of its settings. Throws LanternError `bad-config`. */
export function defineRecipe(recipe: Recipe): Definition<'recipe', Recipe> {
  const parsed = recipeSchema.safeParse(recipe)
  if (parsed.success) return {kind: 'recipe', name: recipe.name, part: recipe}
  const {path, message} = parsed.error.issues[0]!
  throw new LanternError(
    'bad-config',
    `The recipe ${JSON.stringify(recipe?.name ?? '')} is not whole: ${path.join('.')}: ${message}.`,
    'A recipe has name, title, source, benchmarks and settings.',
  )
}

/** The number of pixels in `count` patches of 28 x 28, the unit in which other harnesses state their limits. */
export function patches(count: number): number {
  return count * 28 * 28
}
