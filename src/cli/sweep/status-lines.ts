// How far a sweep is, as text; the JSON is the status itself.
import chalk from 'chalk'
import {printable} from '../../core/printable.js'
import {counted, shellWord} from '../../core/words.js'
import type {SweepStatus} from '../../evaluation/sweep/status.js'
import {labelled, plainTable, wrap} from '../../reports/formats/layout.js'
import {duration} from '../progress.js'

/** Reasons of failures that are shown; the JSON has all. */
const mostReasons = 10
/** Indices that are named for each reason. */
const mostIndices = 12

/** The status within `width` columns: counts, what they mean, the time left, hosts, and why units failed. */
export function statusLines(status: SweepStatus, width: number): string[] {
  const {dir, units, done} = status
  return [
    `${dir}: ${done} of ${counted(units, 'unit')} done (${Math.floor((100 * done) / Math.max(1, units))} %)`,
    '',
    ...countLines(status, width),
    '',
    ...wrap(timeSentence(status), width),
    ...hostLines(status, width),
    ...failureLines(status, width),
  ]
}

function countLines({dir, units, done, running, failed, dead, missing}: SweepStatus, width: number): string[] {
  const meanings = [
    ['done', done, done === units ? `\`lantern-eval sweep merge ${shellWord(dir)}\` joins their shards` : ''],
    ['running', running, ''],
    ['failed', failed, `\`lantern-eval sweep retry ${shellWord(dir)}\` lets workers take them again`],
    ['dead', dead, 'their workers are gone; workers that run or wait take them over, and `retry` frees them'],
    ['missing', missing, `nobody has them; \`lantern-eval sweep work ${shellWord(dir)}\` takes them`],
  ] as const
  const digits = String(units).length
  return meanings.flatMap(([what, count, meaning]) => {
    const label = `  ${what.padEnd(8)} ${String(count).padStart(digits)}`
    return count === 0 || meaning === '' ? [label] : labelled(`${label}  `, meaning, width)
  })
}

function timeSentence({units, done, failed, running, secondsPerUnit, unitsPerHour, etaSeconds}: SweepStatus): string {
  if (done === units) return 'Nothing is left to do.'
  if (done + failed === units) return 'No unit is left but those that failed.'
  if (secondsPerUnit === null) return 'How long it takes shows once the first unit is done.'
  const mean = secondsPerUnit < 10 ? `${secondsPerUnit.toFixed(1)}s` : duration(1000 * secondsPerUnit)
  const each = `A unit takes ${mean} in the mean`
  if (unitsPerHour === null || etaSeconds === null) return `${each}. No worker runs.`
  const rate = unitsPerHour < 10 ? unitsPerHour.toFixed(1) : Math.round(unitsPerHour)
  const workers = running === 1 ? 'one worker does' : `${running} workers do`
  return `${each}, and ${workers} ${rate} an hour: about ${duration(1000 * etaSeconds)} left.`
}

function hostLines({hosts}: SweepStatus, width: number): string[] {
  const rows = Object.entries(hosts)
  if (rows.length === 0) return []
  const counts = ['done', 'running', 'failed', 'dead'] as const
  const cell = (text: string) => ({lines: [text]})
  const table = plainTable(
    [{head: 'host', align: 'left'}, ...counts.map(head => ({head, align: 'right' as const}))],
    // Names of hosts have at most 64 letters (gethostname(2)); on a narrow terminal their ends tell them apart.
    rows.map(([host, of]) => [cell(printable(host).slice(-40)), ...counts.map(what => cell(String(of[what])))]),
    width,
    chalk.dim,
  )
  return ['', ...table.split('\n')]
}

/** Units that failed for one reason stand together. */
function failureLines({failures}: SweepStatus, width: number): string[] {
  if (failures.length === 0) return []
  const reasons = new Map<string, typeof failures>()
  for (const failure of failures) {
    const reason = printable(failure.reason ?? 'The reason cannot be read.')
    reasons.set(reason, [...(reasons.get(reason) ?? []), failure])
  }
  const lines = [...reasons].slice(0, mostReasons).flatMap(([reason, those]) => {
    const {index, model, bench, shard} = those[0]!
    const named = those.slice(0, mostIndices).map(failure => failure.index)
    const which =
      those.length === 1
        ? `Unit ${index} (${model}, ${bench} ${shard}) failed:`
        : `${those.length} units failed (${named.join(', ')}${those.length > mostIndices ? ', ...' : ''}):`
    return ['', ...wrap(printable(which), width), ...wrap(reason, width, '  ')]
  })
  const more = reasons.size - mostReasons
  return more > 0 ? [...lines, '', `And ${more} more reasons; --json lists all.`] : lines
}
