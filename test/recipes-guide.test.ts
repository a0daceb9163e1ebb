// The table of methods in guide/recipes.md is whole: every protocol, every recipe of a checkpoint and every checkpoint
// stands in it, and what it says was run is what the tests run.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {protocolNames, unsupportedProtocols} from '../src/modes/protocols.js'
import {recipeNamed, recipeNames} from '../src/modes/recipes/index.js'
import {root} from './support/cli.js'

const read = (path: string) => readFile(join(root, path), 'utf8')
const guide = await read('guide/recipes.md')
const rows = guide
  .slice(guide.indexOf('| method | checkpoint |'))
  .split('\n\n', 1)[0]!
  .split('\n')
  .slice(2)
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(([, method, checkpoint, architecture, protocol, recipe, run]) => ({
    method: method!,
    checkpoint: checkpoint!,
    architecture: architecture!,
    protocols: Array.from(protocol!.matchAll(/`([^`]+)`/g), ([, name]) => name!),
    recipes: Array.from(recipe!.matchAll(/`([^`]+)`/g), ([, name]) => name!),
    run: run!,
  }))

test('every protocol has a row, and every row names protocols that there are', () => {
  expect(rows.flatMap(({protocols}) => protocols).sort()).toEqual([...protocolNames()].sort())
})

test('every recipe of a checkpoint has a row that names its checkpoints', () => {
  const names = recipeNames().filter(name => recipeNamed(name).checkpoints !== undefined)
  expect([...new Set(rows.flatMap(({recipes}) => recipes))].sort()).toEqual([...names].sort())
  for (const name of names) {
    const told = rows.filter(({recipes}) => recipes.includes(name)).map(({checkpoint}) => checkpoint)
    for (const id of recipeNamed(name).checkpoints!) {
      // The first of a list is written out, the others by their last part.
      const last = id.slice(id.lastIndexOf('-'))
      expect([id, told.some(cell => cell.includes(id) || cell.includes(last))]).toEqual([id, true])
    }
  }
})

test('methods that are refused stand in the last row', () => {
  const {method} = rows.at(-1)!
  const flat = (text: string) => text.toLowerCase().replaceAll(/[ -]/g, '')
  for (const name of Object.keys(unsupportedProtocols)) expect(flat(method)).toContain(flat(name))
})

test('what a row calls a loop is written out in the tests of the machine', async () => {
  const loops = `${await read('src/modes/latent-machine.test.ts')}\n${await read('src/modes/published-loops.test.ts')}`
  const ran = rows.filter(({run}) => /\bloop\b/.test(run)).flatMap(({protocols}) => protocols)
  expect(ran.length).toBeGreaterThan(10)
  for (const name of ran.filter(one => one !== 'univlr-2'))
    expect([name, new RegExp(`^  (?:'${name}'|${name})[:(]`, 'm').test(loops)]).toEqual([name, true])
})

test('what a row calls tapes is among the recorded tapes', async () => {
  const {tapes} = JSON.parse(await read('fixtures/goldens-2/tapes-2026.json')) as {tapes: {method: string}[]}
  const ran = rows.filter(({run}) => /\btapes\b/.test(run)).flatMap(({protocols}) => protocols)
  expect(ran.filter(name => name !== 'univlr-2').sort()).toEqual([...new Set(tapes.map(({method}) => method))].sort())
})
