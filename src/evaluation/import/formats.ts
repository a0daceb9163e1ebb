// The formats that `import` knows, in the order in which a path is tried. To add one: a file beside this one and a line
// here.
import {stat} from 'node:fs/promises'
import {extname} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {blinkOfficial} from './blink-official.js'
import {inspectEval} from './inspect.js'
import {lmmsEval} from './lmms-eval.js'
import type {PeerFormat} from './peer-answer.js'
import {vlmevalkit} from './vlmevalkit.js'

const peerFormats: readonly PeerFormat[] = [inspectEval, lmmsEval, vlmevalkit, blinkOfficial]

/** The format of a file or folder. Throws `bad-file` for a path that is not there or a file that no format knows. */
export async function formatOf(path: string): Promise<PeerFormat> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new LanternError('bad-file', `There is no file or folder ${path}.`, 'Check the path.')
  for (const format of peerFormats) {
    if (found.isDirectory() && format !== blinkOfficial) continue
    if (await format.accepts(path)) return format
  }
  const sheet = extname(path) === '.xlsx'
  throw new LanternError(
    'bad-file',
    `${path} is of no format that import knows.`,
    sheet
      ? 'Save the table as TSV first: pandas.read_excel(FILE).to_csv("FILE.tsv", sep="\\t", index=False).'
      : 'Give an inspect .eval, an lmms-eval samples_<task>.jsonl, a VLMEvalKit TSV or JSON of predictions, or BLINK outputs.',
  )
}
