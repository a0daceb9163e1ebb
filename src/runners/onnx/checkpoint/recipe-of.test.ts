// Which recipe a checkpoint's files lead to: an id that they tell, if it fits the method that they show.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {recipeNamed, recipeNames} from '../../../modes/recipes/index.js'
import type {Checkpoint} from '../types.js'
import {recipeOf} from './recipe-of.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-recipe-of-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

/** A checkpoint in a folder of this name; `method` is what its files were recognised as. */
function checkpoint(name: string, written: string | undefined, method: string | null, headKind?: 'colt'): Checkpoint {
  const dir = join(folder, name)
  mkdirSync(dir, {recursive: true})
  writeFileSync(join(dir, 'config.json'), JSON.stringify({_name_or_path: written}))
  return {dir, latent: method && {protocol: method}, head: headKind ? {kind: headKind} : null} as unknown as Checkpoint
}
const nameOf = async (...args: Parameters<typeof checkpoint>) => (await recipeOf(checkpoint(...args)))?.recipe.name

describe('the recipe of a folder', () => {
  it.each([
    ['mull', 'array/Qwen2.5-VL-Mull', 'mirage', 'mull-7b'],
    ['realvr', 'MarkShaw99/ReaLVR', 'lvr', 'realvr-7b'],
    ['text', 'Michael4933/CapImagine-7B', null, 'capimagine-7b'],
  ])('is that of the id in config.json: %s', async (name, written, method, expected) => {
    expect(await nameOf(name, written, method)).toBe(expected)
  })
  it('is that of its place in the cache of the hub', async () => {
    expect(await nameOf('models--array--Qwen2.5-VL-MullGRPO/snapshots/1', undefined, 'mirage')).toBe('mull-7b')
  })
  it("is not that of the base model whose id training has left there, nor another method's", async () => {
    expect(await nameOf('tuned', 'Qwen/Qwen2.5-VL-7B-Instruct', 'laser')).toBe('laser-7b')
    expect(await nameOf('other', 'wybb/laser-7b', 'hylar')).toBe('hylar-7b')
    expect(await nameOf('without', 'wybb/laser-7b', null)).toBeUndefined()
  })
  it('is that of its method, by its tokens or its head', async () => {
    for (const method of ['lantern', 'lvr', 'monet', 'skila', 'laser', 'hylar', 'swimbird', 'univlr'])
      expect(recipeNamed((await nameOf(method, undefined, method))!).settings['protocol']).toBe(method)
    expect(await nameOf('colt', undefined, null, 'colt')).toBe('colt-8b')
  })
  it('is unknown where the files tell nothing', async () => {
    expect(await nameOf('plain', undefined, null)).toBeUndefined()
  })
})

it('finds the recipe of every published checkpoint by its id', async () => {
  for (const recipe of recipeNames().map(recipeNamed))
    for (const id of recipe.checkpoints ?? []) {
      const {protocol, mode} = recipe.settings
      const shown: Record<string, string> = {mull: 'mirage', realvr: 'lvr'}
      const latent = [mode].flat().includes('latent') && protocol !== 'colt'
      const method = latent ? (shown[String(protocol)] ?? String(protocol)) : null
      expect([id, await nameOf(id.replace('/', '-'), id, method, protocol === 'colt' ? 'colt' : undefined)]).toEqual([
        id,
        recipe.name,
      ])
    }
})
