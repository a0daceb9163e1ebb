// `view` over a log of 100,000 records: the first paint in Chromium must come within 1 s.
// Also printed: the time until the address is there (one pass over the log), of a page of samples, and of one sample.
// Run `npm run build` first.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openBrowser} from '../test/support/chromium.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../test/support/run-folders.js'
import {startView} from '../test/support/served-pages.js'
import {writeLog} from './support/write-log.js'

const size = 100_000
const boundMs = 1000
const text = 'First I look at the left part of the picture. '.repeat(8)

async function writeAnswers(folder: string): Promise<string> {
  const subtasks = Array.from({length: 14}, (_, k) => `subtask-${k}`)
  const each = Math.ceil(size / subtasks.length)
  const one = arm('model', 'direct')
  const entry = lockBenchmark('blink', Object.fromEntries(subtasks.map(name => [name, each])))
  const dir = writeRun(join(folder, 'run'), lockOf([one], [entry]), [])
  let written = 0
  function* records() {
    for (const subtask of subtasks)
      for (let k = 0; k < each && written < size; k++, written++) {
        const [outcome, answer] = k % 3 === 0 ? (['wrong', 'A'] as const) : (['correct', 'B'] as const)
        const more = {score: Number(outcome === 'correct'), answer, gold: 'B', letters: ['A', 'B', 'C', 'D']}
        const key = {arm: one.id, bench: 'blink', subtask, id: `${subtask}_${k + 1}`, outcome}
        yield record(key, {...more, text: `${text}(${answer})`})
      }
  }
  await writeLog(dir, records())
  return dir
}

const folder = await mkdtemp(join(tmpdir(), 'bench-view-'))
const began = performance.now()
let kill = () => {}
try {
  const dir = await writeAnswers(folder)
  const started = performance.now()
  console.log(`${size} records written in ${((started - began) / 1000).toFixed(1)} s`)
  const served = startView([dir])
  kill = () => void served.child.kill('SIGKILL')
  const url = await served.url
  console.log(`address after ${((performance.now() - started) / 1000).toFixed(2)} s`)
  const timed = async (path: string) => {
    const from = performance.now()
    await (await fetch(url + path)).arrayBuffer()
    console.log(`${path} in ${Math.round(performance.now() - from)} ms`)
  }
  await timed('data/board')
  await timed('data/samples?outcome=wrong')
  await timed('data/detail?row=70000')
  const browser = await openBrowser()
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('main h1').waitFor()
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    )
    const whole = await page.evaluate(() => performance.now())
    console.log(`first paint after ${paint?.toFixed(0)} ms, leaderboard within ${whole.toFixed(0)} ms`)
    if (paint === null || paint > boundMs) process.exitCode = 1
  } finally {
    await browser.close()
  }
} finally {
  kill()
  await rm(folder, {recursive: true, force: true})
}
