// Shows work on many bytes on stderr, such as a download or the writing of weights: sizes, rate and time left, on a
// terminal in one line that is drawn again, elsewhere a line per tenth.
import {printable} from '../core/printable.js'

const drawEveryMs = 100

/** The stream for progress; a parameter for tests. */
export interface ProgressStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Bytes {
  readonly done: number
  readonly total: number
}

/**
 * A function that shows how far a task is, named by its title; another title begins another task. What was done when
 * its first call came does not count for the rate. `now` in milliseconds.
 */
export function byteProgress(
  stream: ProgressStream,
  live = stream.isTTY === true,
  now: () => number = Date.now,
): (title: string, bytes: Bytes) => void {
  let title = ''
  let started = 0
  let startedAt = 0
  let drawn = Number.NEGATIVE_INFINITY
  let tenths = 0

  const line = ({done, total}: Bytes) => {
    const rate = (done - startedAt) / Math.max(1, now() - started)
    const left = rate > 0 && done < total ? `, ${seconds((total - done) / rate)} left` : ''
    return `${title}  ${size(done)} of ${size(total)}, ${size(rate * 1000)}/s${left}`
  }
  return (what, bytes) => {
    const {done, total} = bytes
    if (printable(what) !== title) {
      title = printable(what)
      started = now()
      startedAt = done
      tenths = total === 0 ? 10 : Math.floor((10 * done) / total)
      drawn = Number.NEGATIVE_INFINITY
      return
    }
    if (live) {
      if (done < total && now() - drawn < drawEveryMs) return
      drawn = now()
      stream.write(`\r\u001B[2K${line(bytes)}${done === total ? '\n' : ''}`)
    } else if (Math.floor((10 * done) / total) > tenths) {
      tenths = Math.floor((10 * done) / total)
      stream.write(`${line(bytes)}\n`)
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
