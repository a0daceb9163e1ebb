// Shows a download on stderr: a bar with sizes and time left on a terminal, otherwise a line per tenth.
import chalk from 'chalk'
import type {DownloadEvent} from '../hub/download-files.js'
import type {ProgressStream} from './progress.js'

const drawEveryMs = 100

/** A consumer of the events of one download; `now` in milliseconds. */
export function downloadProgress(
  stream: ProgressStream,
  title: string,
  now: () => number = Date.now,
): (event: DownloadEvent) => void {
  const live = stream.isTTY === true
  let started = now()
  let startedAt = 0
  let drawn = Number.NEGATIVE_INFINITY
  let tenths = 0

  const line = (done: number, total: number) => {
    const rate = (done - startedAt) / Math.max(1, now() - started)
    const left = rate > 0 && done < total ? `, ${seconds((total - done) / rate)} left` : ''
    return `${title}  ${size(done)} of ${size(total)}, ${size(rate * 1000)}/s${left}`
  }
  return event => {
    switch (event.type) {
      case 'plan':
        started = now()
        startedAt = event.present
        tenths = event.bytes === 0 ? 10 : Math.floor((10 * event.present) / event.bytes)
        stream.write(
          `${title}  ${event.files} files, ${size(event.bytes)}${event.present > 0 ? `, ${size(event.present)} here already` : ''}\n`,
        )
        return
      case 'retry':
        stream.write(`${live ? '\r\u001B[2K' : ''}${chalk.yellow('retry')} ${event.file}: ${event.reason}\n`)
        return
      case 'progress': {
        const {done, total} = event
        if (live) {
          if (done < total && now() - drawn < drawEveryMs) return
          drawn = now()
          stream.write(`\r\u001B[2K${line(done, total)}${done === total ? '\n' : ''}`)
        } else if (Math.floor((10 * done) / total) > tenths) {
          tenths = Math.floor((10 * done) / total)
          stream.write(`${line(done, total)}\n`)
        }
      }
    }
  }
}

/** A number of bytes for display. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

function seconds(milliseconds: number): string {
  const whole = Math.ceil(milliseconds / 1000)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
