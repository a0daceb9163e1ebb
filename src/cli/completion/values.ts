// What may stand at a place of the command line: names of registers, runs and their arms, files. Nothing is opened but
// folders and locks, and what cannot be read offers nothing.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {protocolNames} from '../../modes/protocols.js'
import {runFoldersBelow} from '../../reports/find-runs.js'
import {readLock} from '../../run-folder/reader.js'
import type {Kind} from '../settings/kinds.js'

export interface Candidate {
  /** The whole word; one that ends with `/`, `=`, `:` or `#` goes on. */
  readonly word: string
  readonly about?: string
}

/** What else the command line says, where a value depends on it. */
export interface Surroundings {
  /** The positional arguments so far. */
  readonly operands: readonly string[]
  /** The benchmarks named so far, without their subtasks. */
  readonly benches: readonly string[]
}

type Source = (word: string, around: Surroundings) => Promise<Candidate[]> | Candidate[]

const named = (words: readonly string[]): Candidate[] => words.map(word => ({word}))

/** Candidates behind a part of the word that stays: `blink=` before a folder, `a,` before the next name. */
async function behind(kept: string, rest: Promise<Candidate[]> | Candidate[]): Promise<Candidate[]> {
  return (await rest).map(candidate => ({...candidate, word: kept + candidate.word}))
}

/** Files and folders at a path that is being typed. Hidden ones are offered once their dot is typed. */
async function paths(word: string, only: 'folders' | 'all' = 'all'): Promise<Candidate[]> {
  const folder = word.slice(0, word.lastIndexOf('/') + 1)
  const real = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder || '.'
  const begun = word.slice(folder.length)
  try {
    const entries = await readdir(real, {withFileTypes: true})
    return entries
      .map(entry => ({name: entry.name, folder: entry.isDirectory() || entry.isSymbolicLink()}))
      .filter(entry => entry.name.startsWith(begun) && (begun.startsWith('.') || !entry.name.startsWith('.')))
      .filter(entry => entry.folder || only === 'all')
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(entry => ({word: `${folder}${entry.name}${entry.folder ? '/' : ''}`}))
  } catch {
    return []
  }
}

const folders: Source = word => paths(word, 'folders')

/** Run folders below results/, then folders; after `#` the arms of the run. */
const runs: Source = async word => {
  const at = word.indexOf('#')
  if (at !== -1) return behind(word.slice(0, at + 1), arms(word.slice(0, at)))
  const known = (await runFoldersBelow('results')).filter(dir => dir.startsWith(word))
  return known.length > 0 ? named(known) : folders(word, {operands: [], benches: []})
}

/** The arms of a run, each by the shortest part of its id that no other arm has and that needs no quotes. */
async function arms(dir: string): Promise<Candidate[]> {
  try {
    const ids = (await readLock(dir)).arms.map(({id}) => id)
    return ids.map(id => {
      const parts = [id.split('|')[0]!, ...id.split('|').slice(1)].filter(part => part !== '')
      const short = parts.find(part => ids.every(other => other === id || !other.includes(part)))
      return {word: short ?? id, about: id}
    })
  } catch {
    return []
  }
}

/** `ID`, and `ID:Subtask` once the colon is typed. */
const benchmarks: Source = async word => {
  const at = word.indexOf(':')
  if (at === -1)
    return Promise.all(benchmarkIds().map(async id => ({word: id, about: (await loadBenchmark(id)).title})))
  return behind(word.slice(0, at + 1), subtasksOf([word.slice(0, at)]))
}

async function subtasksOf(ids: readonly string[]): Promise<Candidate[]> {
  const known = await Promise.all(ids.filter(id => benchmarkIds().includes(id)).map(loadBenchmark))
  return known.flatMap(({subtasks}) => named(subtasks.map(({name}) => name)))
}

const splits: Source = async (_, {benches}) => {
  const known = await Promise.all(
    (benches.length > 0 ? benches : benchmarkIds()).filter(id => benchmarkIds().includes(id)).map(loadBenchmark),
  )
  return named([...new Set(known.flatMap(({splits}) => splits))])
}

const models: Source = async word => {
  const scheme = /^(?:[^=:/\\#]+=)?(?=replay:)replay:/.exec(word)?.[0]
  if (scheme !== undefined) return behind(scheme, paths(word.slice(scheme.length)))
  const label = /^[^=:/\\#]+=/.exec(word)?.[0] ?? ''
  const {builtinNames} = await import('../../runners/onnx/checkpoint-folder.js')
  return behind(label, [
    ...builtinNames().map(name => ({word: `builtin:${name}`, about: 'a built-in control model'})),
    {word: 'openai:', about: 'a model behind an endpoint'},
    {word: 'replay:', about: 'saved answers'},
    {word: 'hub:', about: 'a checkpoint in the hub cache'},
    ...(await paths(word.slice(label.length), 'folders')),
  ])
}

const recipes: Source = async word => {
  const {recipeNamed, recipeNames} = await import('../../modes/recipes/index.js')
  return [...recipeNames().map(name => ({word: name, about: recipeNamed(name).title})), ...(await paths(word))]
}

const formats: Source = async word => {
  const at = word.indexOf('=')
  if (at !== -1) return behind(word.slice(0, at + 1), paths(word.slice(at + 1)))
  const {fileFormatNames} = await import('../../reports/formats/index.js')
  return named(fileFormatNames().map(name => `${name}=`))
}

const dataPlaces: Source = async word => {
  const at = word.indexOf('=')
  const place = word.slice(at + 1)
  return behind(word.slice(0, at + 1), [
    {word: 'builtin', about: 'the built-in samples'},
    ...(at === -1 ? benchmarkIds().map(id => ({word: `${id}=`})) : []),
    ...(await paths(place)),
  ])
}

/** The subtasks of the named benchmarks, else those of the named run, else none. */
const subtasks: Source = async (_, {operands, benches}) => {
  const ids = [...benches, ...operands]
  if (ids.some(id => benchmarkIds().includes(id))) return subtasksOf(ids)
  const run = operands[0]?.split('#')[0]
  if (run === undefined || !existsSync(run)) return []
  try {
    return subtasksOf((await readLock(run)).benchmarks.map(({id}) => id))
  } catch {
    return []
  }
}

/** Sources by setting, where the placeholder does not say what the value is. */
const bySetting: Readonly<Record<string, Source>> = {
  arm: (_, {operands: [run = '']}) => arms(run.split('#')[0]!),
  split: splits,
  subtask: subtasks,
  recipe: recipes,
  protocol: async word => [...named(protocolNames()), ...(await paths(word))],
  judge: () => [{word: 'openai:', about: 'a model behind an endpoint'}],
}

/** Sources by the placeholder of a setting (`Kind.holder`). */
const byHolder: Readonly<Record<string, Source>> = {
  DIR: folders,
  FILE: word => paths(word),
  F: word => paths(word),
  'FILE.jsonl': word => paths(word),
  'FILE|PACKAGE': word => paths(word),
  '[LABEL=]REF': models,
  '[BENCH=]DIR': dataPlaces,
  'FMT=PATH': formats,
  RUN: runs,
}

/** Sources by the name of a positional argument. */
const byArgument: Readonly<Record<string, Source>> = {
  run: runs,
  base: runs,
  new: runs,
  bench: benchmarks,
  ref: models,
  recipe: recipes,
  file: word => paths(word),
}

/**
 * The values of a setting. In a comma list the part after the last comma is offered, without what is listed already.
 */
export async function valuesOf(
  name: string,
  kind: Kind<unknown>,
  commas: boolean,
  word: string,
  around: Surroundings,
): Promise<Candidate[]> {
  const at = commas ? word.lastIndexOf(',') : -1
  const [listed, begun] = [word.slice(0, at + 1), word.slice(at + 1)]
  const taken = listed.split(',')
  const source = bySetting[name] ?? byHolder[kind.holder] ?? (kind.names?.noun === 'benchmark' ? benchmarks : undefined)
  const found =
    source !== undefined
      ? await source(begun, around)
      : named(kind.choices ?? kind.near ?? (await kind.names?.known()) ?? [])
  return behind(
    listed,
    found.filter(candidate => candidate.word.startsWith(begun) && !taken.includes(candidate.word)),
  )
}

/** The values of a positional argument. */
export async function operandsOf(
  name: string,
  options: readonly string[] | undefined,
  word: string,
  around: Surroundings,
): Promise<Candidate[]> {
  const found = options !== undefined ? named(options) : await byArgument[name]?.(word, around)
  return (found ?? []).filter(candidate => candidate.word.startsWith(word))
}
