// The register of recipes. A built-in recipe is a file beside this one and a line here; plug-ins add theirs at run
// time.
import {Register} from '../../core/register.js'
import {textBaselines} from './baselines.js'
import {blinkOfficial, blinkOfficialOnePicture} from './blink-official.js'
import {checkpointRecipes} from './checkpoints.js'
import {lantern} from './lantern.js'
import {lmms, lmmsReasoning} from './lmms.js'
import {lvr} from './lvr.js'
import {defineRecipe, type Recipe} from './recipe.js'
import {viscotOfficial} from './viscot-official.js'
import {vlmevalkit, vlmevalkitOnePicture} from './vlmevalkit.js'
import {vstarOfficial} from './vstar-official.js'

const builtIn: readonly Recipe[] = [
  lantern,
  lvr,
  vlmevalkit,
  vlmevalkitOnePicture,
  lmms,
  lmmsReasoning,
  blinkOfficial,
  blinkOfficialOnePicture,
  vstarOfficial,
  viscotOfficial,
  ...checkpointRecipes,
  ...textBaselines,
]

const register = new Register<Recipe>('recipe', builtIn.map(defineRecipe))

/** Names of all registered recipes. */
export function recipeNames(): readonly string[] {
  return register.names()
}

/** The recipe of a checkpoint, by its id on the hub (`owner/name`, in any case); undefined if there is none. */
export function recipeOfCheckpoint(id: string): Recipe | undefined {
  const same = (other: string) => other.toLowerCase() === id.toLowerCase()
  return register.parts().find(({checkpoints = []}) => checkpoints.some(same))
}

/** The recipes of published checkpoints of a method, by the name of its protocol. */
export function recipesOfProtocol(protocol: string): readonly Recipe[] {
  return register.parts().filter(({checkpoints, settings}) => checkpoints && settings['protocol'] === protocol)
}

/** Throws `usage` for an unknown name. */
export function recipeNamed(name: string): Recipe {
  return register.get(name)
}

/** Adds a recipe. Throws `bad-config` if it is incomplete or its name is taken. */
export function registerRecipe(recipe: Recipe): void {
  register.add(defineRecipe(recipe))
}
