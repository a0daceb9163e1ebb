// A study of 5,591 items under six conditions, from files of single answers to the tests of all pairs: the discordant
// counts and the exact McNemar p come out as they went in.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import Compare from '../src/commands/compare.js'
import Import from '../src/commands/import.js'
import Run from '../src/commands/run.js'
import {compareRuns} from '../src/reports/compare.js'
import {readRun} from '../src/reports/read-run.js'
import type {Comparison} from '../src/reports/schemas/comparison.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const items = 5591
const conditions = 6

/** Most items are right or wrong for every condition; each condition flips some of its own. */
function isRight(item: number, condition: number): boolean {
  const easy = (item * 37) % 97 < 76
  const flips = (item * (11 + 2 * condition) + 5 * condition) % 101 < [3, 3, 4, 5, 30, 2][condition]!
  return easy !== flips
}

/**
 * Wins and losses of the second condition against the first, counted by an independent program, and p of
 * scipy.stats.binomtest(min(wins, losses), wins + losses, 0.5), scipy 1.17.
 */
const pairs: readonly (readonly [base: number, next: number, wins: number, losses: number, p: number])[] = [
  [0, 1, 166, 166, 1],
  [0, 2, 178, 210, 0.11542136759352523],
  [0, 3, 189, 257, 0.0014831561763164797],
  [0, 4, 432, 1283, 8.66284081446272e-98],
  [0, 5, 154, 122, 0.06184807627794103],
  [1, 2, 178, 210, 0.11542136759352523],
  [1, 3, 133, 201, 0.00023541670010927463],
  [1, 4, 488, 1339, 2.1274317757168115e-91],
  [1, 5, 154, 122, 0.06184807627794103],
  [2, 3, 233, 269, 0.11817024614972131],
  [2, 4, 532, 1351, 6.776410555641509e-82],
  [2, 5, 198, 134, 0.0005258974955754415],
  [3, 4, 523, 1306, 4.4058186692511305e-77],
  [3, 5, 245, 145, 4.6667609112480364e-7],
  [4, 5, 1272, 389, 2.8056830103185224e-109],
]

const letters = 'ABCD'
const goldOf = (item: number) => letters[item % 4]!
const saidBy = (item: number, condition: number) => {
  const answer = isRight(item, condition) ? goldOf(item) : letters[(item + 1 + (item % 3)) % 4]!
  return item % 2 === 0 ? `<think>Let me look.</think><answer>${answer}</answer>` : `Answer: ${answer}`
}
const linesOf = (line: (item: number) => unknown) =>
  Array.from({length: items}, (_, item) => `${JSON.stringify(line(item))}\n`).join('')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-study-'))
  for (let condition = 0; condition < conditions; condition++)
    await writeFile(
      join(folder, `c${condition}.jsonl`),
      linesOf(item => ({
        ...{id: String(item), response: saidBy(item, condition), gold: goldOf(item)},
        ...{options: ['w', 'x', 'y', 'z'], subtask: item % 5 === 0 ? 'gqa' : 'cub'},
      })),
    )
})
afterAll(() => rm(folder, {recursive: true}))

const files = Array.from({length: conditions}, (_, condition) => `c${condition}.jsonl`)

/** What `compare --json` prints. */
async function printed(run: string, base: string, next: string): Promise<Comparison> {
  const args = [`${run}#${base}`, `${run}#${next}`, '--json', '--flips', '0']
  const {stdout} = await captureOutput(async () => Compare.run(args, root))
  return JSON.parse(stdout)
}

function expectPair(comparison: Comparison, [, , wins, losses, p]: (typeof pairs)[number]) {
  const [pair] = comparison.pairs
  expect(pair).toMatchObject({n: items, wins, losses, ties: items - wins - losses, test: 'mcnemar-exact'})
  expect(Math.abs(pair!.p / p - 1)).toBeLessThan(1e-10)
  expect(pair!.difference).toBeCloseTo((wins - losses) / items, 12)
}

it('imported, gives the counts and the p of every pair', async () => {
  const out = join(folder, 'imported')
  const {stdout} = await captureOutput(async () =>
    Import.run([...files.map(file => join(folder, file)), '--bench', 'viscot', '--out', out, '--json'], root),
  )
  const {rows} = JSON.parse(stdout)
  expect(rows).toHaveLength(conditions)
  for (const row of rows) expect(row).toMatchObject({n: items, metric: 'accuracy', aggregate: 'micro'})
  const armOf = (condition: number) => `import:c${condition}|direct`
  const run = await readRun(out)
  for (const pair of pairs)
    expectPair(compareRuns(run, run, {baseArm: armOf(pair[0]), newArm: armOf(pair[1]), flips: 0}), pair)
  for (const pair of [pairs[2]!, pairs[14]!]) expectPair(await printed(out, armOf(pair[0]), armOf(pair[1])), pair)
}, 300_000)

it('replayed against the data, gives the same', async () => {
  const data = join(folder, 'data')
  await mkdir(data)
  await writeFile(
    join(data, 'viscot_mc_test.jsonl'),
    linesOf(item => ({
      ...{question: `Question ${item}?`, options: ['A. w', 'B. x', 'C. y', 'D. z'], answer: goldOf(item)},
      ...{img_path: `cot/${item % 5 === 0 ? 'gqa' : 'cub'}/${item}.jpg`, bbox: [[0, 0, 1, 1]]},
    })),
  )
  const out = join(folder, 'replayed')
  const models = files.flatMap((file, k) => ['--model', `c${k}=replay:${join(folder, file)}`])
  await captureOutput(async () => Run.run(['--bench', 'viscot', '--data', data, ...models, '--out', out], root))
  const armOf = (condition: number) => `replay:${join(folder, files[condition]!)}|direct`
  const run = await readRun(out)
  for (const pair of pairs)
    expectPair(compareRuns(run, run, {baseArm: armOf(pair[0]), newArm: armOf(pair[1]), flips: 0}), pair)
}, 300_000)
