import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {holm, mcnemarExact, tangoInterval} from '../metrics/statistics/index.js'
import {readRun} from './read-run.js'
import {sensitivitySchema} from './schemas/sensitivity.js'
import {type Choice, sensitivityOf, type VariedRun} from './sensitivity.js'
import {sensitivityMarkdown, sensitivityText} from './sensitivity-text.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-sensitivity-'))
afterAll(() => rmSync(folder, {recursive: true}))

const one = arm('openai:m', 'direct')
const n = 100
let runs = 0

/** A run in which the samples named by `right` are right; each sample is asked under `orders` orders of its options. */
async function runOf(changes: readonly Choice[], right: (k: number, order: number) => boolean, orders = 1) {
  const bench = lockBenchmark('pairs', {all: n * orders}, {aggregate: 'micro', split: 'test'})
  const records = Array.from({length: n * orders}, (_, i) => {
    const [k, order] = [Math.floor(i / orders), i % orders]
    const id = `s${k}${orders > 1 ? `#o${order}` : ''}`
    return record(
      {arm: one.id, bench: 'pairs', subtask: 'all', id, outcome: right(k, order) ? 'correct' : 'wrong'},
      orders > 1 ? {item: `s${k}`, cluster: `s${k}`} : {},
    )
  })
  const run = await readRun(writeRun(join(folder, `run-${++runs}`), lockOf([one], [bench]), records))
  return {changes, run, rescored: changes.some(({setting}) => setting === 'extractor')} satisfies VariedRun
}

const style = {setting: 'prompt-style', value: 'lantern'}
const reader = {setting: 'extractor', value: 'lvr'}
const defaults = [
  {setting: 'prompt-style', value: 'lantern-eval'},
  {setting: 'extractor', value: 'lantern-eval'},
]
const upTo = (count: number) => (k: number) => k < count

describe('one setting at a time', () => {
  const planted = async () => [
    await runOf([], upTo(60)),
    // 20 won, none lost; 4 won, 9 lost.
    await runOf([style], upTo(80)),
    await runOf([reader], k => (k >= 9 && k < 60) || (k >= 60 && k < 64)),
  ]

  it('the range is that of the runs, and the setting that moves most comes first', async () => {
    const document = sensitivityOf(await planted(), {dir: 'x', design: 'one-at-a-time', defaults})
    expect(() => sensitivitySchema.parse(document)).not.toThrow()
    const [bench] = document.benchmarks
    expect(bench!.range).toEqual({low: 0.55, high: 0.8, lowest: 'extractor=lvr', highest: 'prompt-style=lantern'})
    expect(bench!.settings.map(({setting, lowest, highest}) => [setting, lowest, highest])).toEqual([
      ['prompt-style', 'lantern-eval', 'lantern'],
      ['extractor', 'lvr', 'lantern-eval'],
    ])
    expect(bench!.settings.map(({spread}) => spread)).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.05, 12)])
    expect(bench!.variations.map(({label, score, rescored}) => [label, score, rescored])).toEqual([
      ['default', 0.6, false],
      ['prompt-style=lantern', 0.8, false],
      ['extractor=lvr', 0.55, true],
    ])
  })

  it('each effect is a paired test against the default, with Holm over all of them', async () => {
    const [bench] = sensitivityOf(await planted(), {dir: 'x', design: 'one-at-a-time', defaults}).benchmarks
    const tests = [mcnemarExact(20, 0), mcnemarExact(4, 9)]
    expect(bench!.effects).toMatchObject([
      {setting: 'prompt-style', n, difference: expect.closeTo(0.2, 12), p: tests[0], test: 'mcnemar-exact'},
      {setting: 'extractor', n, difference: expect.closeTo(-0.05, 12), p: tests[1], ...tangoInterval(4, 9, n)},
    ])
    expect(bench!.effects.map(effect => effect.holm)).toEqual(holm(tests))
  })

  it('samples that were asked under several orders count once', async () => {
    const orders = {setting: 'options', value: 'circular'}
    // Right under the first of two orders alone where the default is right.
    const document = sensitivityOf([await runOf([], upTo(60)), await runOf([orders], (k, o) => k < 60 && o === 0, 2)], {
      ...{dir: 'x', design: 'one-at-a-time'},
      defaults: [{setting: 'options', value: 'file'}],
    })
    expect(document.benchmarks[0]!.effects).toMatchObject([{n, difference: expect.closeTo(-0.3, 12)}])
    expect(document.benchmarks[0]!.effects[0]!.p).toBeLessThan(0.001)
  })

  it('says so when nothing moves the score', async () => {
    const same = [await runOf([], upTo(50)), await runOf([style], upTo(50))]
    const document = sensitivityOf(same, {dir: 'x', design: 'one-at-a-time', defaults: defaults.slice(0, 1)})
    expect(document.benchmarks[0]).toMatchObject({range: {low: 0.5, high: 0.5}, effects: [{difference: 0, p: 1}]})
    expect(sensitivityText(document, {width: 100, color: false})).toContain('No setting moves it.')
  })
})

describe('every combination', () => {
  it('an effect is the mean over the values of the other settings', async () => {
    const document = sensitivityOf(
      [
        await runOf([], upTo(60)),
        await runOf([style], upTo(80)),
        await runOf([reader], upTo(50)),
        await runOf([style, reader], upTo(90)),
      ],
      {dir: 'x', design: 'all', defaults},
    )
    const [bench] = document.benchmarks
    // (80 + 90)/2 - (60 + 50)/2 = 30, and (50 + 90)/2 - (60 + 80)/2 = 0.
    expect(bench!.effects).toMatchObject([
      {setting: 'prompt-style', n, difference: expect.closeTo(0.3, 12)},
      {setting: 'extractor', n, difference: expect.closeTo(0, 12)},
    ])
    expect(bench!.range).toMatchObject({low: 0.5, high: 0.9, highest: 'prompt-style=lantern, extractor=lvr'})
    const text = sensitivityText(document, {width: 110, color: false})
    expect(text.replaceAll(/\s+/g, ' ')).toContain('over 4 ways to evaluate the same checkpoint')
    expect(text).toMatch(/prompt-style=lantern, extractor=lvr +90\.0/)
  })
})

it('text and Markdown tell the range, the largest move and every value', async () => {
  const document = sensitivityOf([await runOf([], upTo(60)), await runOf([style], upTo(80))], {
    ...{dir: 'x', design: 'one-at-a-time', defaults: defaults.slice(0, 1)},
  })
  for (const text of [sensitivityText(document, {width: 110, color: false}), sensitivityMarkdown(document)]) {
    const flat = text.replaceAll(/\s+/g, ' ')
    expect(flat).toContain('between 60.0 (default) and 80.0 (prompt-style=lantern) over 2 ways')
    expect(flat).toContain('prompt-style moves it most: by 20.0 points (95 % interval +')
    expect(flat).toContain('from lantern-eval to lantern')
    expect(flat).toMatch(/prompt-style \W*lantern \W*80\.0/)
  }
})
