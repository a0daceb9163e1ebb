// Redraws the built-in samples in fixtures/builtin/<benchmark>. For hops and hops-pairs only the recipe is stored; the
// items are drawn when they are read.
//
//   npx tsx scripts/fixtures.ts
import {mkdir, rm, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {builtinMark} from '../src/benchmarks/data-set.js'
import {builtinSeed, generated, generatedIds, recipeOf, writeGenerated} from '../src/benchmarks/generators/index.js'

/** Number of items (or pairs) per subtask. */
const each = 40

for (const id of generatedIds) {
  const dir = fileURLToPath(new URL(`../fixtures/builtin/${id}/`, import.meta.url))
  const items = id === 'hops-pairs' ? 2 * each : each
  const recipe = recipeOf(id, {n: items * generated[id].tasks.length, seed: builtinSeed})
  await rm(dir, {recursive: true, force: true})
  if (id === 'hops' || id === 'hops-pairs') {
    await mkdir(dir, {recursive: true})
    await writeFile(`${dir}${builtinMark}`, `${JSON.stringify(recipe, null, 2)}\n`)
  } else await writeGenerated(dir, recipe)
}
