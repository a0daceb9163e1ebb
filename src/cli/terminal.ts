// Properties of the terminal or pipe that a table is printed to.
import chalk from 'chalk'
import {exitCodes} from '../core/errors.js'

/**
 * Plain text if NO_COLOR is set and not empty (no-color.org). chalk checks only FORCE_COLOR, `--no-color` and the
 * terminal.
 */
export function honourNoColor(env: Readonly<Record<string, string | undefined>>): void {
  if (env['NO_COLOR']) chalk.level = 0
}

let outlives = false

/**
 * The process that reads the output may exit (`2>&1 | head -1`). The run continues, because its results go to disk, and
 * keeps its own exit code. Output that cannot be written for another reason, as on a full disk, is exit code 4.
 */
export function outliveReaders(): void {
  if (outlives) return
  outlives = true
  for (const stream of [process.stdout, process.stderr]) {
    // oclif's own listener throws.
    stream.removeAllListeners('error')
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') process.exitCode = exitCodes.disk
    })
  }
}

/** Columns of a pipe or file if COLUMNS is not set: the width of every terminal. */
const plainWidth = 80

/** Width in columns, and whether colours are shown (as chalk decides). */
export function terminal(): {width: number; color: boolean} {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS'])
  return {width: columns > 0 ? columns : plainWidth, color: chalk.level > 0}
}
