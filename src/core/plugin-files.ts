// Locates a plug-in and hashes its code. Loads nothing; plugins.ts does.
import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {dirname, isAbsolute, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {LanternError} from './errors.js'
import {hashOf, sha256} from './hash.js'
import {parseJsonObject} from './json.js'
import {limits} from './limits.js'
import {readSmallText} from './small-file.js'

/**
 * The file of a plug-in: a path relative to `folder`, or the entry of a package as a module in `folder` would import
 * it. Undefined if there is no such package. A path does not have to exist.
 */
export async function pluginFile(name: string, folder: string): Promise<string | undefined> {
  if (name.startsWith('file:')) return fileURLToPath(name)
  const path = resolve(folder, name)
  const isPath = /^\.{0,2}[\\/]|^\.{1,2}$/.test(name) || isAbsolute(name)
  if (isPath || (/\.[cm]?js$/.test(name) && existsSync(path))) return path
  return packageFile(name, folder)
}

async function packageFile(name: string, folder: string): Promise<string | undefined> {
  const [, owner, rest = ''] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(name) ?? []
  if (owner === undefined) return undefined
  const places = createRequire(join(folder, 'here.js')).resolve.paths(name) ?? []
  const root = places.map(place => join(place, owner)).find(place => existsSync(join(place, 'package.json')))
  if (root === undefined) return undefined
  const {exports, main} = packageJson(await readSmallText(join(root, 'package.json'), limits.jsonBytes), root)
  const own = rest === '' ? (main ?? 'index.js') : rest
  const target = exports === undefined ? own : exportOf(exports, rest === '' ? '.' : `./${rest}`)
  return target === undefined ? undefined : join(root, target)
}

function packageJson(text: string, root: string): {readonly exports?: unknown; readonly main?: string} {
  const bad = (what: string) =>
    new LanternError('bad-config', `${join(root, 'package.json')} ${what}.`, 'Install that package again.')
  return parseJsonObject(text, bad)
}

/** The target of an entry of `exports`, as `import` reads it (nodejs.org/api/packages.html, "Conditional exports"). */
function exportOf(exports: unknown, subpath: string): string | undefined {
  const named = typeof exports === 'object' && exports !== null && Object.keys(exports).some(key => key.startsWith('.'))
  if (named) return targetOf((exports as Record<string, unknown>)[subpath])
  return subpath === '.' ? targetOf(exports) : undefined
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (typeof target !== 'object' || target === null) return undefined
  const choices = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, value]) => (conditions.has(condition) ? [value] : []))
  for (const choice of choices) {
    const found = targetOf(choice)
    if (found !== undefined) return found
  }
  return undefined
}

const conditions: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'default'])

/**
 * sha256 over a module and every file that it imports by a relative path, in any folder. Packages that it imports are
 * not included. Throws the system error of a module that cannot be read.
 */
export async function moduleSha256(file: string): Promise<string> {
  const hashes = new Map<string, string>()
  const add = async (path: string) => {
    const text = await readFile(path, 'utf8')
    hashes.set(path, sha256(text))
    for (const [, specifier] of text.matchAll(relativeImport)) {
      const other = join(dirname(path), specifier!)
      if (!hashes.has(other) && existsSync(other)) await add(other)
    }
  }
  await add(file)
  return hashOf([...hashes.values()])
}

/** It also matches imports in comments and strings: hashing an extra file does no harm. */
const relativeImport = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g
