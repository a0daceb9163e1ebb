// Properties of the terminal or pipe that a table is printed to.
import chalk from 'chalk'

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
 * keeps its own exit code.
 */
export function outliveReaders(): void {
  if (outlives) return
  outlives = true
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
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
