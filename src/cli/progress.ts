// Live progress on stderr: on a terminal a bar with rate, time left, running accuracy and errors; plain lines in CI and
// pipes.
import chalk from 'chalk'
import {printable} from '../core/printable.js'
import type {RunEvent} from '../evaluation/spec.js'
import {scoresOf} from '../run-folder/tally.js'
import {byteProgress, type ProgressStream} from './byte-progress.js'
import {type ArmScore, RunningScores} from './running-scores.js'

export interface ProgressOptions {
  readonly stream: ProgressStream
  /** True for a bar that redraws itself, false for an occasional line. */
  readonly live: boolean
  readonly debug: boolean
  readonly now: () => number
}

/** Milliseconds between two drawings of the bar, and between two plain lines. */
const drawEvery = 100
const lineEvery = 10_000

/** The span over which the rate is measured, so resumed and cached samples do not inflate it. */
const rateSpanMs = 15_000

/** Progress on stderr, as the log level and the terminal allow. */
export function runProgress(level: string): (event: RunEvent) => void {
  if (level === 'error') return () => undefined
  // A dumb terminal cannot erase a line.
  const live = process.stderr.isTTY === true && !process.env['CI'] && process.env['TERM'] !== 'dumb'
  return progress({stream: process.stderr, live, debug: level === 'debug', now: Date.now})
}

/** Shows run events. It does not affect the run. */
export function progress({stream, live, debug, now}: ProgressOptions): (event: RunEvent) => void {
  let total = 0
  let settled = 0
  let errors = 0
  let scores = new RunningScores({})
  let retries = 0
  let concurrency: number | null = null
  let begun = false
  const told = new Set<string>()
  let arms = ''
  let counted = ''
  let labels: ReadonlyMap<string, string> = new Map()
  let note = ''
  let lastDrawn = Number.NEGATIVE_INFINITY
  let lastLine = Number.NEGATIVE_INFINITY
  let recent: {at: number; settled: number}[] = []
  let finished = 0
  const showBytes = byteProgress(stream, live, now)

  function rate(): number {
    const at = now()
    recent.push({at, settled: finished})
    while (recent.length > 2 && at - recent[0]!.at > rateSpanMs) recent.shift()
    const span = at - recent[0]!.at
    return span > 0 ? ((finished - recent[0]!.settled) * 1000) / span : 0
  }

  function facts(): string[] {
    const perSecond = rate()
    const left = total - settled - errors
    return [
      `${settled + errors}/${total}${counted}`,
      ...(perSecond > 0 ? [`${perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`] : []),
      ...(perSecond > 0 && left > 0 ? [`${duration((left / perSecond) * 1000)} left`] : []),
      ...scoreFacts(
        scores.arms().map(score => ({...score, arm: labelled(score.arm, labels)})),
        counted || ' run',
      ),
      ...(errors > 0 ? [`${errors} error${errors === 1 ? '' : 's'}`] : []),
      ...(retries > 0 ? [`${retries} retr${retries === 1 ? 'y' : 'ies'}`] : []),
      // The end of a run has fewer samples left than it may ask for at once.
      ...(concurrency === null || left === 0 ? [] : [`${Math.min(concurrency, left)} in flight`]),
    ]
  }

  function draw(force = false): void {
    const at = now()
    if (live) {
      if (!force && at - lastDrawn < drawEvery) return
      lastDrawn = at
      // A terminal of unknown width reports 0.
      const columns = Math.max(40, stream.columns || 80)
      const text = note === '' ? fitting(facts(), columns - 12) : note
      const width = Math.max(10, Math.min(30, columns - text.length - 4))
      const share = total === 0 ? 0 : (settled + errors) / total
      const filled = Math.round(share * width)
      const bar = `${chalk.cyan('━'.repeat(filled))}${chalk.dim('━'.repeat(width - filled))}`
      stream.write(`\r\u001B[2K${bar} ${text.slice(0, columns - width - 2)}`)
    } else {
      // Before counting starts, models are loaded and prices looked up.
      if (!begun || (!force && at - lastLine < lineEvery)) return
      lastLine = at
      stream.write(`${arms === '' ? '' : `${arms}: `}${facts().join(', ')}\n`)
    }
  }

  function line(text: string): void {
    stream.write(live ? `\r\u001B[2K${text}\n` : `${text}\n`)
  }

  return event => {
    switch (event.type) {
      case 'begin':
        begun = true
        total = event.total
        settled = event.settled
        // Where each sample is asked several times, the bar counts answers.
        counted = (event.repeats ?? 1) > 1 ? ' answers' : ''
        labels = event.labels ?? labels
        scores = new RunningScores(event.headlines, event.before)
        recent = [{at: now(), settled: 0}]
        lastLine = now()
        line(
          `${event.settled > 0 ? `Resuming ${event.runDir}: ${event.settled} of ${event.total}${counted} are done` : `Run folder ${event.runDir}`}`,
        )
        break
      case 'arms':
        arms = `${event.model} on ${event.bench}`
        break
      case 'record': {
        note = ''
        finished++
        const {outcome} = event.record
        if (outcome === 'error') errors++
        else settled++
        scores.add(scoresOf(event.record))
        if (outcome === 'error' && (debug || errors <= 3))
          line(
            chalk.yellow(
              printable(`  ${event.record.bench} ${event.record.id}: ${event.record.error?.message ?? 'error'}`),
            ),
          )
        draw()
        break
      }
      case 'runner':
        if (event.event.type === 'retry') {
          retries++
          if (debug)
            line(
              chalk.dim(
                printable(`  retry ${event.event.attempt} in ${duration(event.event.waitMs)}: ${event.event.reason}`),
              ),
            )
        } else if (event.event.type === 'limit') concurrency = event.event.concurrency
        else if (event.event.type === 'warning') {
          // Every session reports that the shared budget is used up; it is shown once.
          if (!told.has(event.event.message)) line(chalk.yellow(printable(event.event.message)))
          told.add(event.event.message)
        } else if (event.event.type === 'note') line(printable(event.event.message))
        else if (event.event.total) {
          showBytes(event.event.what, {done: event.event.done ?? 0, total: event.event.total})
          break
        } else if (live) note = event.event.what
        draw()
        break
      case 'end':
        draw(true)
        if (live) stream.write('\n')
        break
    }
  }
}

/** The current headline of each arm, and the number of answers from the cache. */
function scoreFacts(arms: readonly ArmScore[], unit: string): string[] {
  const shared = arms.length > 1 ? sharedStart(arms.map(({arm}) => arm)) : 0
  const benches = new Set(arms.map(({bench}) => bench))
  const run = arms.reduce((sum, arm) => sum + arm.run, 0)
  const cached = arms.reduce((sum, arm) => sum + arm.cached, 0)
  return [
    ...arms.flatMap(({arm, bench, score, ...counts}) => {
      if (score === null) return []
      const name = arms.length === 1 ? 'score' : `${benches.size > 1 ? `${bench} ` : ''}${nameFrom(arm, shared)}`
      // Some samples do not count for the headline, or their gold answer is hidden.
      const counted = counts.scored === counts.run ? '' : ` (${counts.scored} scored of ${counts.run}${unit})`
      return [`${name} ${(100 * score).toFixed(1)}%${counted}`]
    }),
    ...(cached > 0 ? [`${cached} of ${run} from cache`] : []),
  ]
}

/** An arm's id with the label of its model in place of the reference. */
function labelled(arm: string, labels: ReadonlyMap<string, string>): string {
  const ref = [...labels.keys()].find(ref => arm.startsWith(`${ref}|`))
  return ref === undefined ? arm : labels.get(ref)! + arm.slice(ref.length)
}

/** Number of leading parts (separated by bars) that all ids share. */
function sharedStart(ids: readonly string[]): number {
  const parts = ids.map(id => id.split('|'))
  let shared = 0
  while (parts.every(one => one[shared] !== undefined && one[shared] === parts[0]![shared])) shared++
  return shared
}

/** Names an arm by the parts in which it differs. If the ids are equal, as on several benchmarks, by the last part. */
function nameFrom(arm: string, shared: number): string {
  const parts = arm.split('|')
  return parts.slice(Math.min(shared, parts.length - 1)).join(' ')
}

/** The facts that fit, none of them cut, the most important first. */
function fitting(facts: readonly string[], columns: number): string {
  return facts.reduce((text, fact) => {
    const longer = text === '' ? fact : `${text} · ${fact}`
    return longer.length <= columns ? longer : text
  }, '')
}

/** Milliseconds as a short text: 8s, 3m20s, 2h05m. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
  return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`
}
