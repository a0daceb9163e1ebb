// What a plug-in's file and its code are, and how definitions reach registers. Whole plug-ins run in
// test/contributing.test.ts.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {aCount, aFunction, aText, definitionOf, oneOf, optional, orNull} from './definition.js'
import {loadedPlugins} from './loaded-plugins.js'
import {moduleSha256, pluginFile} from './plugin-files.js'
import {loadPlugins} from './plugins.js'
import {Register} from './register.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-files-'))
})
afterAll(() => rm(folder, {recursive: true}))

async function write(path: string, content: string | object): Promise<string> {
  await mkdir(join(folder, path, '..'), {recursive: true})
  await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  return join(folder, path)
}

describe('a plug-in’s file', () => {
  test('is a path, there or not; a bare name with an ending only where the file is there', async () => {
    const there = await write('a.mjs', '')
    expect(await pluginFile('./a.mjs', folder)).toBe(there)
    expect(await pluginFile('a.mjs', folder)).toBe(there)
    expect(await pluginFile(there, '/')).toBe(there)
    expect(await pluginFile('./none.mjs', folder)).toBe(join(folder, 'none.mjs'))
    expect(await pluginFile('none.mjs', folder)).toBeUndefined()
  })

  test.each<[what: string, manifest: object, name: string, file: string | undefined]>([
    ['index.js without a word', {}, 'one', 'index.js'],
    ['main', {main: 'lib/a.js'}, 'one', 'lib/a.js'],
    ['a file of its own', {main: 'lib/a.js'}, 'one/b.js', 'b.js'],
    ['exports before main', {main: 'a.js', exports: './b.js'}, 'one', 'b.js'],
    [
      'the first condition that holds',
      {exports: {require: './r.cjs', import: './i.js', default: './d.js'}},
      'one',
      'i.js',
    ],
    ['nested conditions', {exports: {'.': {node: {import: './n.js'}, default: './d.js'}}}, 'one', 'n.js'],
    ['a list of choices', {exports: {'.': [{browser: './b.js'}, './l.js']}}, 'one', 'l.js'],
    ['a named entry', {exports: {'.': './a.js', './x': './x.js'}}, 'one/x', 'x.js'],
    ['an entry that is not exported', {exports: './a.js'}, 'one/x', undefined],
    ['nothing for import', {exports: {require: './r.cjs'}}, 'one', undefined],
  ])('of a package: %s', async (_what, manifest, name, file) => {
    await write('node_modules/one/package.json', manifest)
    expect(await pluginFile(name, join(folder))).toBe(file && join(folder, 'node_modules/one', file))
  })

  test('of a package is looked for in the folders above, and of a scope under its name', async () => {
    await write('node_modules/@me/one/package.json', {main: 'a.js'})
    expect(await pluginFile('@me/one', join(folder, 'deep/er'))).toBe(join(folder, 'node_modules/@me/one/a.js'))
    expect(await pluginFile('@me/two', folder)).toBeUndefined()
  })
})

test('the hash of a module covers what it imports by relative paths, in circles too, wherever it lies', async () => {
  const hashIn = async (place: string, text: string) => {
    await write(`${place}/b.mjs`, text)
    return moduleSha256(await write(`${place}/a.mjs`, "import {x} from './b.mjs'\nimport 'elsewhere'\n"))
  }
  const one = await hashIn('here', "export * from './a.mjs'\n")
  expect(await hashIn('there', "export * from './a.mjs'\n")).toBe(one)
  expect(await hashIn('here', "export * from './a.mjs' \n")).not.toBe(one)
  await expect(moduleSha256(join(folder, 'none.mjs'))).rejects.toMatchObject({code: 'ENOENT'})
})

test('parts of a kind that the caller takes are registered, others are passed over, and once only', async () => {
  const list = "[{kind: 'format', name: 'f', part: 1}, {kind: 'protocol', name: 'p', part: 2}]"
  const name = await write('parts.mjs', `export default ${list}`)
  const taken: number[] = []
  const load = () => loadPlugins([{name, folder}], {protocol: (part: number) => taken.push(part)})
  await load()
  await load()
  expect(taken).toEqual([2])
  expect(loadedPlugins()).toEqual([
    expect.objectContaining({
      name: 'parts.mjs',
      parts: [
        {kind: 'format', name: 'f'},
        {kind: 'protocol', name: 'p'},
      ],
    }),
  ])
})

describe('a definition', () => {
  const fields = {read: aFunction, size: orNull(aCount), way: optional(oneOf(['up', 'down']))}
  const part = {name: 'mine', read: () => 1, size: null}

  test('holds the very part', () => {
    const definition = definitionOf('extractor', part, fields)
    expect(definition).toEqual({kind: 'extractor', name: 'mine', part})
    expect(definition.part).toBe(part)
  })

  test.each<[change: object, message: string]>([
    [{name: ''}, 'An extractor has no valid name: "".'],
    [{name: 'a|b'}, 'An extractor has no valid name: "a|b".'],
    [{read: 5}, 'The extractor "mine" has a wrong read: it must be a function, not 5.'],
    [{size: -1}, 'it must be a whole number of at least 0, or null, not -1.'],
    [{way: 'left'}, 'it must be one of up, down, or absent, not "left".'],
  ])('with %j is refused', (change, message) => {
    expect(() => definitionOf('extractor', {...part, ...change}, fields)).toThrow(message)
  })

  test('may be named by another field', () => {
    expect(definitionOf('benchmark', {id: 'b', title: 'B'}, {title: aText}, 'id').name).toBe('b')
  })
})

test('a register refuses a name twice, and offers the nearest one', () => {
  const register = new Register<number>('extractor', [{name: 'first', part: 1}])
  register.add({name: 'second', part: 2})
  expect([register.names(), register.parts(), register.get('second')]).toEqual([['first', 'second'], [1, 2], 2])
  expect(() => register.add({name: 'first', part: 3})).toThrow('There is an extractor "first" already.')
  expect(() => register.get('secnd')).toThrow(expect.objectContaining({suggestion: expect.stringContaining('second?')}))
  expect(() => register.get('constructor')).toThrow('There is no extractor "constructor".')
})
