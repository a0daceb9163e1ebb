// The register of extractors. To add a built-in one: write a file beside this one and a line here; its name is part of
// the command line (design/contract.md).
import {brokenPart} from '../../core/definition.js'
import {messageOf} from '../../core/errors.js'
import {Register} from '../../core/register.js'
import {letterOf} from '../../core/sample.js'
import {blinkOfficial, verbatim} from './blink.js'
import {
  defineExtractor,
  type Extraction,
  type ExtractionInput,
  type Item,
  markers,
  type NamedExtractor,
  type Reading,
} from './extractor.js'
import {lanternNoopts, lanternOpts, lvr} from './lantern.js'
import {lanternEval} from './lantern-eval.js'
import {laser, lavit, realvr} from './latent-methods.js'
import {lmevalMmmu} from './lmeval.js'
import {lmmsBlink, lmmsVstar} from './lmms.js'
import {lmmsMcqExtract, lmmsVstarReasoning} from './lmms-mcq.js'
import {vlmevalkitExact, vlmevalkitLetterOnly, vlmevalkitVerbose} from './vlmevalkit.js'

/** This project's own extractor, and the default of a run. */
export const defaultExtractor = 'lantern-eval'

const register = new Register<NamedExtractor>('extractor', [
  defineExtractor({name: defaultExtractor, read: lanternEval}),
  defineExtractor({name: 'verbatim', read: verbatim}),
  defineExtractor({name: 'blink_official', read: blinkOfficial}),
  defineExtractor({name: 'lantern_opts', read: lanternOpts}),
  defineExtractor({name: 'lantern_noopts', read: lanternNoopts}),
  defineExtractor({name: 'vlmevalkit_exact', read: vlmevalkitExact}),
  defineExtractor({name: 'vlmevalkit_verbose', read: vlmevalkitVerbose}),
  defineExtractor({name: 'vlmevalkit_letter_only', read: vlmevalkitLetterOnly}),
  defineExtractor({name: 'lmms_blink', read: lmmsBlink}),
  defineExtractor({name: 'lmms_vstar', read: lmmsVstar}),
  defineExtractor({name: 'lmms_vstar_reasoning', read: lmmsVstarReasoning}),
  defineExtractor({name: 'lmms_mcq_extract', read: lmmsMcqExtract}),
  defineExtractor({name: 'lmeval_mmmu', read: lmevalMmmu}),
  defineExtractor({name: 'lvr', read: lvr}),
  defineExtractor({name: 'laser', read: laser}),
  defineExtractor({name: 'realvr', read: realvr}),
  defineExtractor({name: 'lavit', read: lavit}),
])

/** Names of all registered extractors. */
export function extractorNames(): readonly string[] {
  return register.names()
}

/** Adds an extractor. Throws `bad-config` if it is incomplete or its name is taken. */
export function registerExtractor(extractor: NamedExtractor): void {
  register.add(defineExtractor(extractor))
}

/**
 * Reads the answer to one item with a named extractor: the JSON of `lantern-eval extract`. Never throws on any text.
 * Throws `usage` for an unknown name.
 */
export function extractAnswer(name: string, {text, options, letters}: ExtractionInput): Extraction {
  const extractor = register.get(name)
  const own = options && options.length > 0 ? options : null
  const known =
    letters && letters.length > 0 ? [...letters] : own === null ? [...'ABCD'] : own.map((_, index) => letterOf(index))
  const {answer, raw, rule, span} = readWith(extractor, {text, options: own, letters: known})
  return {extractor: name, answer, raw, rule, span}
}

/**
 * Built-in extractors never throw and always return a complete reading. If a plug-in's extractor does not, an error
 * says so.
 */
function readWith({name, read}: NamedExtractor, item: Item): Reading {
  const refuse = (what: string): never => {
    throw brokenPart('extractor', name, what)
  }
  let found: Partial<Reading> | undefined
  try {
    found = read(item)
  } catch (error) {
    return refuse(`threw on ${JSON.stringify(item.text.slice(0, 60))}: ${messageOf(error)}`)
  }
  const {answer, raw, rule, span = null} = found ?? {}
  if (!isTextOrNull(answer) || !isTextOrNull(raw) || typeof rule !== 'string')
    return refuse('returned no reading: answer and raw are a text or null, rule is a text')
  return {answer, raw, rule, span}
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string'

/**
 * The kind of an extraction: `answer`, a letter of the item; `foreign`, a value that is not one (scored as wrong);
 * `none`: nothing, empty or a marker (unanswered).
 */
export function statusOf({answer, raw}: Pick<Extraction, 'answer' | 'raw'>): 'answer' | 'foreign' | 'none' {
  if (answer !== null) return 'answer'
  return raw === null || raw === '' || raw === markers.judge || raw === markers.random ? 'none' : 'foreign'
}

export type {Extraction, ExtractionInput} from './extractor.js'
