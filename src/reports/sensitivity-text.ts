// The sensitivity document for people: text for a terminal, and Markdown.
import {Chalk} from 'chalk'
import {printableData} from '../core/printable.js'
import type {FormatOptions} from './formats/format.js'
import {type Column, plainTable, wrap} from './formats/layout.js'
import {markdownTable, plain} from './formats/markdown.js'
import * as words from './formats/words.js'
import type {Sensitivity, SensitivityBench} from './schemas/sensitivity.js'

const heads = ['setting', 'value', 'score', '95 % interval', 'unread', 'points', '95 % interval', 'Holm p'] as const

export function sensitivityText(whole: Sensitivity, {width, color}: FormatOptions): string {
  const document = printableData(whole)
  const paint = new Chalk({level: color ? 1 : 0})
  const columns = heads.map((head, c): Column => ({head, align: c < 2 ? 'left' : 'right'}))
  const blocks = document.benchmarks.flatMap(bench => [
    [paint.bold(`${bench.bench} ${bench.split}`), ...summaryOf(bench).flatMap(sentence => wrap(sentence, width))].join(
      '\n',
    ),
    plainTable(
      columns,
      linesOf(document, bench).map(line => line.map(text => ({lines: wrap(text, 40)}))),
      width,
      paint.dim,
    ),
    ...(document.design === 'all' ? [combinationsText(bench, width, paint.dim)] : []),
    wrap(explanationOf(document, bench), width)
      .map(line => paint.dim(line))
      .join('\n'),
  ])
  const notes = document.warnings.flatMap(warning => wrap(warning, width).map(line => paint.yellow(line)))
  return [...blocks, ...(notes.length > 0 ? [notes.join('\n')] : [])].join('\n\n')
}

export function sensitivityMarkdown(whole: Sensitivity): string {
  const document = printableData(whole)
  const blocks = document.benchmarks.flatMap(bench => [
    `### ${plain(`${bench.bench} ${bench.split}`)}`,
    ...summaryOf(bench).map(plain),
    markdownTable(heads, 'llrrrrrr', linesOf(document, bench)),
    ...(document.design === 'all'
      ? [markdownTable(['combination', 'score', '95 % interval'], 'lrr', combinationsOf(bench))]
      : []),
    plain(explanationOf(document, bench)),
  ])
  return `${[...blocks, ...document.warnings.map(warning => `> **Note** ${plain(warning)}`)].join('\n\n')}\n`
}

/** The range, and what moves the score most. */
function summaryOf({range, variations, settings, effects}: SensitivityBench): string[] {
  if (range === null) return ['No variation has a score.']
  const span =
    `The score lies between ${words.percent(range.low)} (${range.lowest}) and ${words.percent(range.high)} ` +
    `(${range.highest}) over ${variations.length} ways to evaluate the same checkpoint.`
  const [most] = settings
  if (most === undefined || most.spread === 0) return [span, 'No setting moves it.']
  const shown = effects.some(({setting, holm}) => setting === most.setting && holm <= 0.05)
  const sure = shown ? '' : '; no value of it differs from the default by more than chance would give'
  return [
    span,
    `${most.setting} moves it most: by ${words.percent(most.spread)} points (95 % interval ${words.points(most.low)} to ` +
      `${words.points(most.high)}) from ${most.lowest} to ${most.highest}${sure}.`,
  ]
}

/** A line for the default, then one for each value of each setting, the setting that moves most first. */
function linesOf({design, defaults}: Sensitivity, {variations, effects, settings}: SensitivityBench): string[][] {
  const scoreOf = (changes: readonly {setting: string; value: string}[]) => {
    const found = variations.find(
      one =>
        one.changes.length === changes.length &&
        changes.every(({setting, value}) => one.changes.some(own => own.setting === setting && own.value === value)),
    )
    const {score = null, low = null, high = null, unanswered = 0} = found ?? {}
    return [words.percent(score), words.interval(low, high), words.count(unanswered)]
  }
  const byDefault = ['default', defaults.map(({setting, value}) => `${setting}=${value}`).join(', ')]
  const lines = settings.flatMap(({setting}) =>
    effects
      .filter(effect => effect.setting === setting)
      .map(({value, difference, low, high, holm}) => [
        ...[setting, value],
        // With every combination, the points are a mean over several runs, and so no difference of two scores.
        ...(design === 'all' ? ['', '', ''] : scoreOf([{setting, value}])),
        ...[words.points(difference), `${words.points(low)} to ${words.points(high)}`, words.pValue(holm)],
      ]),
  )
  return [[...byDefault, ...scoreOf([]), '', '', ''], ...lines]
}

function combinationsOf({variations}: SensitivityBench): string[][] {
  return [...variations]
    .sort((a, b) => (b.score ?? -1) - (a.score ?? -1))
    .map(({label, score, low, high}) => [label, words.percent(score), words.interval(low, high)])
}

function combinationsText(bench: SensitivityBench, width: number, dim: (text: string) => string): string {
  const columns: Column[] = [
    {head: 'combination', align: 'left'},
    {head: 'score', align: 'right'},
    {head: '95 % interval', align: 'right'},
  ]
  const room = Math.max(20, width - 28)
  const rows = combinationsOf(bench).map(line => line.map((text, c) => ({lines: c === 0 ? wrap(text, room) : [text]})))
  return plainTable(columns, rows, width, dim)
}

function explanationOf({design}: Sensitivity, {unit, effects}: SensitivityBench): string {
  const against =
    design === 'all'
      ? 'the default value, as means over all combinations of the other settings'
      : 'the default, with one setting changed'
  return (
    `Points are differences from ${against}, paired over the same ${unit}s; ` +
    `Holm p allows for ${effects.length} of them being looked at. Unread answers are those in which the extractor found ` +
    'none: an extractor that was made for another form of answer is no fair choice.'
  )
}
