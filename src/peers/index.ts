// The register of the forms of saved answers that are read, in the order in which a file is tried. To add a built-in
// one: a file beside this one and a line here.
import {readdir, realpath, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {aNumber, anyText, aText, brokenPart, oneOf, orNull, wrongField} from '../core/definition.js'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {stops} from '../core/generation.js'
import {limits} from '../core/limits.js'
import {Register} from '../core/register.js'
import {lockFile} from '../run-folder/reader.js'
import {answerLines, answerRows, answerTable} from './answers.js'
import {blinkOfficial} from './blink-official.js'
import {inspectEval} from './inspect.js'
import {lmmsEval} from './lmms-eval.js'
import {badFile, definePeerFormat, type PeerAnswer, type PeerContext, type PeerFormat} from './peer.js'
import {vlmevalkit} from './vlmevalkit.js'

/** Formats of named peers, then the general ones, which take what no other knows. */
const named = new Register<PeerFormat>('peer format', [inspectEval, lmmsEval, vlmevalkit, blinkOfficial])
const general = new Register<PeerFormat>('peer format', [answerLines, answerTable, answerRows])

function peerFormats(): readonly PeerFormat[] {
  return [...named.parts(), ...general.parts()]
}

/**
 * Adds a format, which is asked after those of the named peers and before the general ones. Its answers are checked.
 * Throws `bad-config` for one that is not whole, and for a name that is taken.
 */
export function registerPeerFormat(format: PeerFormat): void {
  const {name, part} = definePeerFormat(format)
  const checked: PeerFormat = {
    ...{name, files: part.files},
    accepts: path => part.accepts(path),
    read: (path, context) => checkedAnswers(name, part.read(path, context)),
    ...(part.repeated && {repeated: paths => part.repeated!(paths)}),
  }
  // The names of the general formats are taken too.
  if (general.has(name)) general.add({name, part: checked})
  named.add({name, part: checked})
}

/** What every answer of a plug-in's format must have: without it the run would hold lines that nobody can read. */
const answerFields = {
  where: aText,
  id: aText,
  text: anyText,
  stop: oneOf(stops),
  peer: orNull(aNumber),
  peerAnswer: orNull(anyText),
}

async function* checkedAnswers(name: string, answers: AsyncIterable<PeerAnswer>): AsyncGenerator<PeerAnswer> {
  if (typeof answers?.[Symbol.asyncIterator] !== 'function')
    throw brokenPart('peer-format', name, 'reads no stream of answers')
  for await (const answer of answers) {
    const wrong = wrongField(answer, answerFields)
    if (wrong !== null) throw brokenPart('peer-format', name, `gave an answer that ${wrong}`)
    yield answer
  }
}

export interface PeerSource {
  readonly path: string
  readonly format: PeerFormat
}

/**
 * The files to read for a path: the file itself or, for a folder, every file of a known format, in the order of their
 * names. `warn` receives what was left out and why.
 * Throws `bad-file` for a path that does not exist or holds no known format, `usage` for a run of ours.
 */
export async function peerSources(path: string, warn: PeerContext['warn']): Promise<PeerSource[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new LanternError('bad-file', `There is no file or folder ${path}.`, 'Check the path.')
  if (!found.isDirectory() && !found.isFile()) throw badFile(path, 'cannot be read twice', 'Write it to a file first.')
  if (!found.isDirectory()) return [{path, format: await formatOf(path)}]
  const names = await readdir(path)
  if (names.includes(lockFile))
    throw new LanternError(
      'usage',
      `${path} is a run of ours already.`,
      `Score it again: lantern-eval rescore ${path}.`,
    )
  const {sources, leftOut} = await sourcesIn(path)
  if (sources.length === 0) {
    const first = [...leftOut].slice(0, 3).map(([file, why]) => ` ${file}: ${why}`)
    throw badFile(path, `holds no file of a known format${leftOut.size > 0 ? ':' : ''}${first.join(';')}`, known())
  }
  for (const [file, why] of [...leftOut].slice(0, mostTold)) warn(`${file} is left out: ${why}.`)
  if (leftOut.size > mostTold) warn(`${leftOut.size - mostTold} more files of ${path} are left out.`)
  return sources
}
const mostTold = 10

/** Every answer of a path, as a stream; a sample may have several. Throws as `peerSources` and the formats do. */
export async function* readPeers(path: string, context: PeerContext): AsyncGenerator<PeerAnswer> {
  for (const source of await peerSources(path, context.warn)) yield* source.format.read(source.path, context)
}

async function formatOf(path: string): Promise<PeerFormat> {
  try {
    for (const format of peerFormats()) if (await format.accepts(path)) return format
  } catch (error) {
    if (error instanceof LanternError || systemCodeOf(error) === undefined) throw error
    throw badFile(path, `cannot be read: ${messageOf(error)}`, 'Check the file and its permissions.')
  }
  throw badFile(path, 'has no known format', known())
}

function known(): string {
  const files = peerFormats().map(format => format.files)
  return `Give ${files.slice(0, -1).join(', ')}, or ${files.at(-1)}.`
}

async function sourcesIn(folder: string): Promise<{sources: PeerSource[]; leftOut: Map<string, string>}> {
  const sources: PeerSource[] = []
  const leftOut = new Map<string, string>()
  // VLMEvalKit links the newest results into the parent folder.
  const real = new Set<string>()
  for (const path of await filesIn(folder, limits.folderDepth)) {
    const target = await realpath(path).catch(() => path)
    if (real.has(target)) continue
    real.add(target)
    try {
      sources.push({path, format: await formatOf(path)})
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      leftOut.set(path, error.message.replace(`${path} `, '').replace(/\.$/, ''))
    }
  }
  for (const format of peerFormats()) {
    const own = sources.filter(source => source.format === format).map(({path}) => path)
    for (const [path, other] of format.repeated?.(own) ?? []) leftOut.set(path, `its answers are in ${other} too`)
  }
  return {sources: sources.filter(({path}) => !leftOut.has(path)), leftOut}
}

/** Files of a folder and its subfolders, sorted, without hidden files, links to folders and runs of ours. */
async function filesIn(folder: string, depth: number): Promise<string[]> {
  const files: string[] = []
  const entries = await readdir(folder, {withFileTypes: true})
  if (entries.some(entry => entry.name === lockFile)) return []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory() && depth > 1) files.push(...(await filesIn(path, depth - 1)))
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile()))
      files.push(path)
    if (files.length > limits.folderFiles)
      throw badFile(folder, `holds more than ${limits.folderFiles} files`, 'Give a folder of answers only.')
  }
  return files
}
