// Settings of scores, tables and gates: extractor, judge, output.
import {defaultExtractor, extractorNames} from '../../metrics/extraction/index.js'
import {choice, named, number, onOrOff, text, url, written} from './kinds.js'
import {one, several, withDefault} from './setting.js'

const scoring = {group: 'SCORING'} as const
const results = {group: 'RESULTS'} as const

/** `FMT=PATH`; a format with its own variable (github) may omit the path. */
const output = text('FMT=PATH', {
  allowed: 'FMT=PATH',
  names: {
    noun: 'format',
    part: value => value.split('=', 1)[0],
    async known() {
      const {fileFormatNames} = await import('../../reports/formats/index.js')
      return fileFormatNames()
    },
  },
})

/** `2pp`, `2%`, `2` and `.02` are all two percentage points; the result is a fraction. Undefined for anything else. */
export function readMargin(given: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(pp|%)?$/.exec(given.trim())
  const amount = match ? Number(match[1]) : Number.NaN
  const share = match?.[2] !== undefined || amount >= 1 ? amount / 100 : amount
  return share >= 0 && share < 1 ? share : undefined
}

export const scoringSettings = {
  extractor: withDefault(
    named('NAME', 'extractor', extractorNames),
    defaultExtractor,
    'Rule that reads the answer out of the text.',
    scoring,
  ),
  'extractor-panel': withDefault(onOrOff, false, 'Also show the range of the score over several extractors.', scoring),
  judge: one(text('REF'), 'Judge for open answers, e.g. openai:gpt-4o-mini.', scoring),
  'judge-base-url': one(url(), "The judge's endpoint, if it is another one.", scoring),
}

export const gateSettings = {
  'fail-on': one(choice('WHAT', ['regression']), 'Gate: exit 1 on a regression, 3 when undecided.', results),
  margin: withDefault(
    written('Xpp', 'a margin in percentage points, like 2pp', readMargin),
    0.02,
    'Loss that the gate tolerates.',
    {
      ...results,
      defaultNote: '2pp',
    },
  ),
  alpha: withDefault(
    number('X', {min: 0.0001, below: 0.5}),
    0.05,
    'Error rate of the two-sided test, and of each one-sided bound.',
    results,
  ),
  'on-inconclusive': withDefault(
    choice('WHAT', ['pass', 'fail']),
    'fail',
    'What a gate does that is undecided: exit 0, or 3.',
    results,
  ),
}

export const varySettings = {
  vary: several(
    text('NAME[=VALUE,...]'),
    'Also run with other values of these settings, one at a time, and show how far the score moves.',
    {...results, commas: false, excludes: ['baseline', 'shard', 'format', 'extractor-panel']},
  ),
  'vary-all': withDefault(onOrOff, false, 'With --vary: every combination of the values.', {
    ...results,
    needs: ['vary'],
  }),
}

export const resultSettings = {
  out: one(text('DIR'), 'Run folder; the same command finds the same folder and resumes.', {
    ...results,
    defaultNote: 'named after the run and its lock',
  }),
  format: several(
    output,
    'Write tables (markdown, csv, json, junit, github, latex), figures (svg, png, pdf), pages (html), a badge, annotations, or records and results for others (parquet, eee, nel, hf-eval-results, model-index).',
    results,
  ),
  'include-unofficial': withDefault(
    onOrOff,
    false,
    'Let hf-eval-results and model-index also hold rows on built-in, partial, unverified or own samples.',
    results,
  ),
  'save-latents': withDefault(
    onOrOff,
    false,
    'Keep the latents in the run folder, and the features of the pictures.',
    results,
  ),
  'max-error-rate': withDefault(
    number('X', {min: 0, max: 1}),
    0.05,
    'Exit 4 when a larger share of the samples fails.',
    results,
  ),
  baseline: one(text('RUN'), 'Compare with this run at the end.', results),
  ...gateSettings,
  'dry-run': withDefault(
    onOrOff,
    false,
    'Show the plan: items, requests, tokens, cost where known, the lock hash; nothing is sent.',
    results,
  ),
}
