// Finds the recipe of a checkpoint in a folder: by the id on the hub that its files tell, else by its method.
import {join} from 'node:path'
import {LanternError} from '../../../core/errors.js'
import {readJsonObject} from '../../../core/json-object.js'
import {recipeOfCheckpoint, recipesOfProtocol} from '../../../modes/recipes/index.js'
import type {Recipe} from '../../../modes/recipes/recipe.js'
import type {Checkpoint} from '../types.js'
import {openCheckpoint} from './checkpoint.js'
import {protocolsLike} from './latent-tokens.js'

export interface FoundRecipe {
  readonly recipe: Recipe
  /** What it was found by, in words. */
  readonly by: string
}

/**
 * The recipe of a checkpoint, or null. An id on the hub (the folder of the hub's cache, or `_name_or_path` in
 * config.json) counts only if that recipe is of the method that the files show: training writes the base model's id.
 */
export async function recipeOf({
  dir,
  latent,
  head,
}: Pick<Checkpoint, 'dir' | 'latent' | 'head'>): Promise<FoundRecipe | null> {
  const method = latent?.protocol ?? (head?.kind === 'colt' ? 'colt' : undefined)
  const cached = /models--([^\\/]+?)--([^\\/]+)/.exec(dir)
  const {_name_or_path: written} = await readJsonObject(join(dir, 'config.json'))
  const ids: [id: unknown, by: string][] = [
    [cached && `${cached[1]}/${cached[2]}`, 'the folder in the cache of the hub'],
    [written, '_name_or_path in config.json'],
  ]
  for (const [id, by] of ids) {
    const recipe = typeof id === 'string' ? recipeOfCheckpoint(id) : undefined
    if (recipe && isOf(recipe, method)) return {recipe, by}
  }
  const [recipe] = method === undefined ? [] : recipesOfProtocol(method)
  return recipe === undefined ? null : {recipe, by: `the method ${method}`}
}

/** Files that show no method fit only a recipe that decodes plainly. */
function isOf({settings: {protocol, mode}}: Recipe, method: string | undefined): boolean {
  if (method === undefined) return ![mode].flat().includes('latent')
  return typeof protocol === 'string' && protocolsLike(method).includes(protocol)
}

/** Throws LanternError `usage` for a folder whose recipe is not known, and as `openCheckpoint` does. */
export async function recipeOfFolder(dir: string): Promise<FoundRecipe> {
  const found = await recipeOf(await openCheckpoint(dir))
  if (found !== null) return found
  throw new LanternError(
    'usage',
    `No recipe is known for the checkpoint in ${dir}: its files tell neither an id on the hub nor a method that has one.`,
    'Name one of `lantern-eval recipe list`.',
  )
}
