// The table of extractors. To add one: a file beside this one and a line here. Its name is part of the command line
// (design/contract.md).
import {LanternError} from '../../core/errors.js'
import {letterOf} from '../../core/sample.js'
import {blinkOfficial, verbatim} from './blink.js'
import {type Extraction, type ExtractionInput, type Extractor, markers} from './extractor.js'
import {lanternNoopts, lanternOpts, lvr} from './lantern.js'
import {lanternEval} from './lantern-eval.js'
import {lmevalMmmu} from './lmeval.js'
import {lmmsBlink, lmmsVstar} from './lmms.js'
import {lmmsMcqExtract, lmmsVstarReasoning} from './lmms-mcq.js'
import {vlmevalkitExact, vlmevalkitLetterOnly, vlmevalkitVerbose} from './vlmevalkit.js'

const extractors = {
  'lantern-eval': lanternEval,
  verbatim,
  blink_official: blinkOfficial,
  lantern_opts: lanternOpts,
  lantern_noopts: lanternNoopts,
  vlmevalkit_exact: vlmevalkitExact,
  vlmevalkit_verbose: vlmevalkitVerbose,
  vlmevalkit_letter_only: vlmevalkitLetterOnly,
  lmms_blink: lmmsBlink,
  lmms_vstar: lmmsVstar,
  lmms_vstar_reasoning: lmmsVstarReasoning,
  lmms_mcq_extract: lmmsMcqExtract,
  lmeval_mmmu: lmevalMmmu,
  lvr,
} satisfies Record<string, Extractor>

export type ExtractorName = keyof typeof extractors

export const extractorNames = Object.keys(extractors) as ExtractorName[]

export const defaultExtractor: ExtractorName = 'lantern-eval'

/** Throws `usage` for a name that is not in the table. */
function extractorNamed(name: string): ExtractorName {
  if (Object.hasOwn(extractors, name)) return name as ExtractorName
  throw new LanternError('usage', `There is no extractor "${name}".`, `Choose one of: ${extractorNames.join(', ')}.`)
}

/**
 * Reads the answer to one item with a named extractor: the JSON of `lantern-eval extract`. Never throws on any text.
 * Throws `usage` for a name that is not in the table.
 */
export function extractAnswer(name: string, {text, options, letters}: ExtractionInput): Extraction {
  const extractor = extractorNamed(name)
  const own = options && options.length > 0 ? options : null
  const known =
    letters && letters.length > 0 ? [...letters] : own === null ? [...'ABCD'] : own.map((_, index) => letterOf(index))
  const {answer, raw, rule, span} = extractors[extractor]({text, options: own, letters: known})
  return {extractor, answer, raw, rule, span}
}

/**
 * The kind of an extraction: `answer`, a letter of the item; `foreign`, a value that is not one (scored as wrong);
 * `none`: nothing, empty or a marker (unanswered).
 */
export function statusOf({answer, raw}: Pick<Extraction, 'answer' | 'raw'>): 'answer' | 'foreign' | 'none' {
  if (answer !== null) return 'answer'
  return raw === null || raw === '' || raw === markers.judge || raw === markers.random ? 'none' : 'foreign'
}

export type {Extraction, ExtractionInput} from './extractor.js'
