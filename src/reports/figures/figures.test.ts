// What every figure keeps, whatever it shows: the same bytes in two runs, nothing that acts, a name for who does not
// see it; and what each shows.
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parse} from 'csv-parse/sync'
import sax from 'sax'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../../test/support/run-folders.js'
import {compareRuns, comparisonDocument} from '../compare.js'
import {type Run, readRun} from '../read-run.js'
import {resultTable} from '../result-table.js'
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import type {ResultDocument} from '../schemas/result.js'
import {costFigure} from './costs.js'
import {linesOf, short} from './figure.js'
import {diagnosisFigures, type Figure, figuresOf, flipFigure, svgOf, themes} from './index.js'
import {whole} from './rows.js'
import {png, svg} from './write.js'

const script = '</text><script>alert(1)</script>"&\u001b[31m=1+1'
const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-figures-'))
let run: Run
let document: ResultDocument
let figures: Figure[]

beforeAll(async () => {
  const vstar = lockBenchmark('vstar', {attributes: 24, position: 16}, {aggregate: 'micro', split: 'test'})
  const latent = (k: number) => arm('models/a', 'latent', {protocol: 'lantern', latentSize: k, intervention: 'own'})
  const arms = [
    ...[latent(2), latent(8), arm('models/a', 'text-cot'), arm(script, 'direct')],
    ...Array.from({length: 16}, (_, k) => arm(`runs/a-training-with-a-long-name/checkpoint-${k + 1}00`, 'direct')),
  ]
  const usage = {promptTokens: 9, imageTokens: 4, textTokens: 12, latentSteps: 8, markerTokens: 0, blocks: 1}
  const records = arms.flatMap((one, a) => [
    ...recordsOf(one, vstar, (_, k) => ((k * 7 + a * 3) % 10 < 4 + (a % 4) ? 'correct' : 'wrong'), {usage}),
  ])
  run = await readRun(writeRun(join(folder, 'run'), lockOf(arms, [vstar]), records))
  document = resultTable([run])
  figures = figuresOf(document)
})

afterAll(() => rmSync(folder, {recursive: true}))

const named = (name: string) => figures.find(figure => figure.name === name)!

test('there is a figure for scores, costs, latent sizes, subtasks and checkpoints, and none without rows', () => {
  expect(figures.map(({name}) => name)).toEqual([
    'scores-vstar-test',
    'cost-vstar-test',
    'latent-sizes-vstar-test',
    'subtasks-vstar-test',
    'checkpoints-vstar-test',
  ])
  expect(figuresOf({...document, rows: [], groups: [], curves: []})).toEqual([])
})

test('the data hold the figures of the document', () => {
  const {data} = named('scores-vstar-test')
  expect(data.map(({score, low, high}) => [score, low, high])).toEqual(
    document.rows.map(({score, low, high}) => [score, low, high]),
  )
  expect(new Set(data.map(({arm}) => arm)).size).toBe(20)
  expect(named('latent-sizes-vstar-test').data.map(({size}) => size)).toEqual([2, 8])
  expect(named('checkpoints-vstar-test').data.map(({step}) => step)).toEqual(
    Array.from({length: 16}, (_, k) => 100 * (k + 1)),
  )
})

test.each(themes)('every figure is well-formed, inert and the same in two runs: %s', async theme => {
  const ids = new Set<string>()
  for (const figure of figures) {
    const picture = await svgOf(figure, theme)
    expect(await svgOf(figure, theme)).toBe(picture)
    const names = new Set<string>()
    const parser = sax.parser(true)
    parser.onopentag = ({name, attributes}) => {
      names.add(name)
      for (const [key, value] of Object.entries(attributes)) {
        expect(key).not.toMatch(/^on|^style$/)
        if (/href$/.test(key)) expect(value).toMatch(/^#/)
        if (key !== 'id') continue
        expect(ids.has(String(value))).toBe(false)
        ids.add(String(value))
      }
    }
    parser.onerror = error => {
      throw error
    }
    parser.write(picture).close()
    for (const name of ['script', 'style', 'image', 'foreignObject', 'a']) expect(names.has(name)).toBe(false)
    expect(picture).not.toMatch(/NaN|undefined|\u001b/)
    expect(picture).toMatch(/^<svg [^>]*role="img" aria-labelledby="[^"]+"><title /)
    const width = Number(/ width="(\d+)"/.exec(picture)![1])
    expect(width).toBeLessThanOrEqual(660)
  }
})

test('the text of a model is shown as text', async () => {
  const picture = await svgOf(named('scores-vstar-test'), 'light')
  expect(picture).toContain('&lt;script&gt;')
})

test('long names keep both of their ends', () => {
  expect(short('models/a-very-long-name/checkpoint-100', 20)).toBe('models/a-v…point-100')
  expect(short('a\nb\tc', 20)).toBe('a b c')
})

test('a point that another beats in score and cost is not on the front', () => {
  const {data} = named('cost-vstar-test')
  const front = data.filter(({front}) => front)
  for (const one of front)
    expect(data.some(other => Number(other['score']) > Number(one['score']) && other['steps']! <= one['steps']!)).toBe(
      false,
    )
  expect(front.length).toBeLessThan(data.length)
})

test('axes name places that exist, and none below the first', async () => {
  const picture = await svgOf(named('latent-sizes-vstar-test'), 'light')
  const labels = [...picture.matchAll(/<text[^>]*>(−?\d+)<\/text>/g)].map(([, label]) => label)
  expect(labels).toEqual(['2', '8'])
  const costs = costFigure({
    ...{name: 'cost', title: 'Cost'},
    points: [8, 15].map(steps => ({label: `${steps}`, id: '', run: null, mode: 'latent', steps, score: 0.5, ...none})),
  })!
  expect(await svgOf(costs, 'light')).toMatch(/>14<\/text>/)
})

const none = {low: null, high: null}

test.each([
  [[3, 3], '3'],
  [[1, 2, 5, 900], '500'],
  [[0.4, 2e6], '1M'],
])('costs of %p steps have labels', async (steps, label) => {
  const points = steps.map((one, k) => ({
    ...none,
    label: `${k}`,
    id: '',
    run: null,
    mode: 'direct',
    steps: one,
    score: k / 9,
  }))
  const picture = await svgOf(costFigure({name: 'cost', title: 'Cost', points})!, 'dark')
  expect(picture).toContain(`>${label}</text>`)
  expect(picture).not.toMatch(/NaN|undefined/)
})

test('points that lie together have their numbers as ranges', () => {
  const points = Array.from({length: 9}, (_, k) => ({
    ...{...none, label: `${k}`, id: '', run: null, mode: 'direct', steps: 9, score: k === 4 ? 1 : 0},
  }))
  const tags = costFigure({name: 'cost', title: 'Cost', points})!.data.map(({tag}) => tag)
  expect(tags).toEqual(['1–4, 6–9', '', '', '', '5', '', '', '', ''])
})

test('a long title is broken between words, and the data keep names that labels shorten', async () => {
  expect(linesOf('short')).toBe('short')
  const lines = linesOf('a title of words '.repeat(9).trim()) as string[]
  expect(lines.length).toBe(2)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(88)
  const rows = document.rows.map(whole)
  for (const {data} of figures) for (const {id, run} of data) expect(rows).toContainEqual({id, run})
  expect(new Set(named('subtasks-vstar-test').data.map(({subtask}) => subtask))).toEqual(
    new Set(['attributes', 'position']),
  )
})

test('cells of wide matrices have smaller text or none, and empty ones none', async () => {
  const arms = (count: number) =>
    Array.from({length: count}, (_, k) => ({
      label: `arm ${k}`,
      id: '',
      run: '',
      scores: new Map([[k < 2 ? 'x' : 'y', 0]]),
    }))
  const sizes = await Promise.all(
    [3, 40, 60].map(async count => {
      const picture = await svgOf(flipFigure('b', 's', 'B', arms(count))!, 'light')
      expect(picture).not.toMatch(/NaN|undefined|null/)
      return new Set([...picture.matchAll(/font-size="(\d+)px"[^>]*>0</g)].map(([, size]) => size))
    }),
  )
  expect(sizes.map(size => [...size])).toEqual([['10'], ['5'], []])
})

test('flips count the samples that both have', () => {
  const scores = (list: readonly (readonly [string, number])[]) => new Map(list)
  const figure = flipFigure('b', 's', 'B', [
    {
      ...{label: 'x', id: 'x|direct', run: 'a'},
      scores: scores([
        ['1', 1],
        ['2', 1],
        ['3', 0],
        ['4', 1],
      ]),
    },
    {
      ...{label: 'y', id: 'y|direct', run: 'b'},
      scores: scores([
        ['1', 1],
        ['2', 0],
        ['3', 1],
      ]),
    },
  ])!
  expect(figure.data.map(({id, againstId, flips, n}) => [id, againstId, flips, n])).toEqual([
    ['x|direct', 'y|direct', 1, 3],
    ['y|direct', 'x|direct', 1, 3],
  ])
  expect(flipFigure('b', 's', 'B', [{label: 'x', id: '', run: '', scores: new Map()}])).toBeNull()
})

test('a comparison is a forest of its benchmarks and subtasks', async () => {
  const [base, next] = [run.lock.arms[2]!.id, run.lock.arms[1]!.id]
  const comparison = compareRuns(run, run, {baseArm: base, newArm: next})
  const forest = figuresOf(comparisonDocument(comparison, run, run)).find(({name}) => name === 'differences')!
  expect(forest.data.map(({difference}) => difference)).toEqual([
    comparison.pairs[0]!.difference,
    ...comparison.pairs[0]!.subtasks.map(({difference}) => difference),
  ])
  expect(await svgOf(forest, 'dark')).toContain('minus models/a|text-cot')
})

test('a diagnosis gives its contrasts, costs and geometry', async () => {
  const effect = (name: string, difference: number, scale = 'accuracy') => ({
    ...{name, contrast: ['own', 'zeros'], scale, reading: 'free', n: 40, difference, p: 0.01, pAdjusted: 0.02},
    ...{low: difference - 0.1, high: difference + 0.1, mde: 0.1, supports: 0.2},
  })
  const forced = Array.from({length: 40}, (_, k) => ({...effect(`forced ${k}`, 0.1), reading: 'forced'}))
  const effects = [effect('content', 0.5), ...forced, effect('slots', -0.2, 'log-prob')]
  const diagnosis = {
    results: [
      {
        ...{bench: 'hops', subtask: null, n: 40, verdict: 'load-bearing', statement: 'They carry it.', margin: 0.1},
        ...{alpha: 0.05, reading: 'free', effects},
      },
    ],
    efficiency: [
      {
        bench: 'hops',
        arms: [
          {arm: 'a', condition: 'own', mode: 'latent', accuracy: 0.9, decodeSteps: 12},
          {arm: 'b', condition: null, mode: 'direct', accuracy: 0.4, decodeSteps: 3},
        ],
      },
    ],
    geometry: [
      {
        ...{bench: 'hops', samples: 40, norm: 9.7, norms: {zeros: 0}},
        cosines: {within: 0.5, adjacent: null, across: 0.2, withinCentred: null, acrossCentred: 0},
        drift: [1, 2].map(step => ({step, n: 40, cosine: 0.5 / step, squaredError: 1})),
      },
    ],
  } as unknown as DiagnosisDocument
  const all = diagnosisFigures(diagnosis)
  expect(all.map(({name}) => name)).toEqual([
    ...[
      'contrasts-hops',
      'contrasts-hops-forced',
      'contrasts-hops-log-prob',
      'cost-hops',
      'norms-hops',
      'cosines-hops',
      'drift-hops',
    ],
  ])
  expect(all[0]!.data.map(({kind}) => kind)).toEqual(['gain'])
  expect(all[2]!.data.map(({kind}) => kind)).toEqual(['loss'])
  // A page of A4 holds some 1000 pixels.
  const picture = await svgOf(all[1]!, 'light')
  expect(Number(/ height="(\d+)"/.exec(picture)![1])).toBeLessThan(950)
  expect(picture).toContain('n 40. The band is the margin of 10 points.')
  for (const figure of all) expect(await svgOf(figure, 'light')).not.toMatch(/NaN|undefined/)
})

test('pictures lie beside their data and specification, and cells that look like formulas are text', async () => {
  const options = {includeUnofficial: false, now: new Date(0)}
  const into = join(folder, 'svg')
  expect(await svg.part.write(document, into, options)).toEqual([])
  const files = readdirSync(into)
  for (const {name} of [...figures, {name: 'flips-vstar-test'}])
    for (const ending of ['svg', 'dark.svg', 'csv', 'vl.json']) expect(files).toContain(`${name}.${ending}`)
  const lines = parse(readFileSync(join(into, 'scores-vstar-test.csv'), 'utf8')) as string[][]
  expect(lines).toHaveLength(21)
  expect(lines.flat().filter(cell => /^[=+@]/.test(cell))).toEqual([])
  const spec = JSON.parse(readFileSync(join(into, 'scores-vstar-test.vl.json'), 'utf8'))
  expect(spec.datasets.rows).toEqual(named('scores-vstar-test').data)
  expect(await svg.part.write({...document, rows: [], groups: [], curves: []}, into, options)).toEqual([
    `There is nothing to draw in ${into}: no row has a score.`,
  ])
})

test('png pictures have twice the size', async () => {
  const into = join(folder, 'png')
  const rows = document.rows.slice(0, 1)
  const groups = [{...document.groups[0]!, rows: [0]}]
  await png.part.write({...document, rows, groups, curves: []}, into, {includeUnofficial: false, now: new Date(0)})
  const {default: sharp} = await import('sharp')
  const {width, format} = await sharp(join(into, 'scores-vstar-test.png')).metadata()
  expect([width, format]).toEqual([expect.any(Number), 'png'])
  expect(width).toBeGreaterThan(1200)
})
