// The interface of an extractor: a pure function from a response and its item to an answer. The extractors are in the
// files beside this one.
import {aFunction, type Definition, definitionOf} from '../../core/definition.js'

/** UTF-16 offsets in the response, from `start` to `end` (exclusive). */
export type Span = readonly [start: number, end: number]

/** A response and what is known about its item. */
export interface ExtractionInput {
  readonly text: string
  /** Option texts in the order of the letters; absent when only the letters are known. */
  readonly options?: readonly string[] | null
  /** Bare letters of the item, as a list or as one string (`ABCD`). Default: A, B, ... for the options, else A to D. */
  readonly letters?: readonly string[] | string | null
}

/** An item with defaults filled in. */
export interface Item {
  readonly text: string
  readonly options: readonly string[] | null
  readonly letters: readonly string[]
}

/**
 * What an extractor read: `answer` is a letter of the item or null, `raw` is what the original harness would return.
 */
export interface Reading {
  readonly answer: string | null
  readonly raw: string | null
  /** Name of the rule that matched, or of the rule that gave up. */
  readonly rule: string
  readonly span: Span | null
}

/** A reading under the name of its extractor: the JSON of `lantern-eval extract`. */
export interface Extraction extends Reading {
  readonly extractor: string
}

/** Must be pure and must never throw, whatever the text. */
export type Extractor = (item: Item) => Reading

/** An extractor under its name, which is part of the command line. */
export interface NamedExtractor {
  readonly name: string
  readonly read: Extractor
}

/** Checks the definition of an extractor. Throws LanternError `bad-config` naming what is wrong. */
export function defineExtractor(extractor: NamedExtractor): Definition<'extractor', NamedExtractor> {
  return definitionOf('extractor', extractor, {read: aFunction})
}

/** Raw values for "ask a judge" and "draw at random"; neither is an answer. */
export const markers = {judge: 'NEEDS_GPT3.5', random: 'RANDOM'} as const

/** A reading whose answer is the raw value, if that is exactly a letter of the item. */
export function reading(item: Item, raw: string | null, rule: string, span: Span | null = null): Reading {
  return {answer: raw !== null && item.letters.includes(raw) ? raw : null, raw, rule, span}
}
