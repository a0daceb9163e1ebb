// The generated benchmarks: their tasks, the layout they are written in, and the recipe that records how a folder was
// drawn.
import {readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {didYouMean} from '../../core/closest.js'
import {LanternError, messageOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {builtinMark, unfinishedMark} from '../data-set.js'
import {writeBlink} from './blink-folder.js'
import {blinkTasks} from './blink-tasks.js'
import {writeHops} from './hops-folder.js'
import {hopsPairsTasks} from './hops-pairs-tasks.js'
import {hopsTasks} from './hops-tasks.js'
import {type Share, shareOut, type Task} from './item.js'
import {writeViscot} from './viscot-folder.js'
import {viscotTasks} from './viscot-tasks.js'
import {writeVstar} from './vstar-folder.js'
import {vstarTasks} from './vstar-tasks.js'

/** Incremented whenever a change makes the same seed draw something else. */
export const generatorVersion = 2

/** Seed of the samples that ship with the package. Models are trained on other seeds. */
export const builtinSeed = 112_028

interface Generated {
  readonly tasks: readonly Task[]
  /** Writes the items into an existing folder, in the official layout of the benchmark. */
  write(dir: string, shares: readonly Share[]): Promise<void>
}

export const generated = {
  blink: {tasks: blinkTasks, write: writeBlink},
  vstar: {tasks: vstarTasks, write: writeVstar},
  viscot: {tasks: viscotTasks, write: writeViscot},
  hops: {tasks: hopsTasks, write: writeHops},
  'hops-pairs': {tasks: hopsPairsTasks, write: writeHops},
} as const satisfies Record<string, Generated>
export type GeneratedId = keyof typeof generated
export const generatedIds = Object.keys(generated) as GeneratedId[]

/** What was drawn, in enough detail to draw it again. This is the content of builtin.json. */
export interface Recipe {
  readonly generator: 'lantern-eval'
  readonly version: number
  readonly benchmark: GeneratedId
  readonly seed: number
  readonly n: number
  readonly subtasks: readonly string[]
}

/**
 * The recipe for `n` items of the named subtasks (of all subtasks when none are named). Throws `usage` for a name that
 * the generator does not know.
 */
export function recipeOf(
  benchmark: GeneratedId,
  {n, seed, subtasks}: {n: number; seed: number; subtasks?: readonly string[]},
): Recipe {
  const names = generated[benchmark].tasks.map(task => task.name)
  const unknown = subtasks?.find(name => !names.includes(name))
  if (unknown !== undefined)
    throw new LanternError(
      'usage',
      `${benchmark} has no generated subtask "${unknown}".`,
      `${didYouMean(unknown, names)}Possible values: ${names.join(', ')}.`,
    )
  const chosen = subtasks && subtasks.length > 0 ? names.filter(name => subtasks.includes(name)) : names
  return {generator: 'lantern-eval', version: generatorVersion, benchmark, seed, n, subtasks: chosen}
}

/** The items of a recipe, drawn lazily. */
export function sharesOf({benchmark, n, seed, subtasks}: Recipe): Share[] {
  return shareOut(
    generated[benchmark].tasks.filter(task => subtasks.includes(task.name)),
    n,
    seed,
  )
}

/**
 * Draws a recipe into a new or empty folder: the items in the official layout of their benchmark, and builtin.json,
 * which marks them as drawn. The same recipe goes on in a folder in which it was stopped.
 * Throws `usage` when the folder is not empty and `disk` when it cannot be written.
 */
export async function writeGenerated(dir: string, recipe: Recipe): Promise<void> {
  try {
    await makeFolder(dir, 'Give another --out.')
    const mark = `${JSON.stringify(recipe, null, 2)}\n`
    if (!(await isOpenTo(dir, mark)))
      throw new LanternError('usage', `${dir} is not empty.`, 'Give a new folder with --out, or remove what is in it.')
    await writeFile(join(dir, unfinishedMark), mark)
    await writeFile(join(dir, builtinMark), mark)
    await generated[recipe.benchmark].write(dir, sharesOf(recipe))
    await rm(join(dir, unfinishedMark))
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'disk',
      `${dir} cannot be written: ${messageOf(error)}.`,
      'Check free space and permissions.',
    )
  }
}

/**
 * Whether a folder is empty, or holds what was drawn of this recipe before the process was stopped. Drawing again
 * writes the same files with the same bytes.
 */
async function isOpenTo(dir: string, mark: string): Promise<boolean> {
  const names = await readdir(dir)
  if (names.length === 0) return true
  const begun = await readFile(join(dir, unfinishedMark), 'utf8').catch(() => undefined)
  // Stopped while the mark itself was written: then there is nothing else.
  return begun === mark || (begun !== undefined && names.length === 1 && mark.startsWith(begun))
}
