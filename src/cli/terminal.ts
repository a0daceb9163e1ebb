// What a table may assume of the place it is printed to.
import chalk from 'chalk'

/**
 * Plain text where NO_COLOR is set and not empty (no-color.org): chalk looks at FORCE_COLOR, `--no-color` and the
 * terminal only.
 */
export function honourNoColor(env: Readonly<Record<string, string | undefined>>): void {
  if (env['NO_COLOR']) chalk.level = 0
}

let outlives = false

/**
 * Whoever read what we say may leave (`2>&1 | head -1`): a run goes on, since its results are on disk, and its exit
 * code stays its own.
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

/** Columns of a pipe or file, where nobody has set COLUMNS: the width that every terminal has. */
const plainWidth = 80

/** Width in columns and whether colours are shown (as chalk knows them). */
export function terminal(): {width: number; color: boolean} {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS'])
  return {width: columns > 0 ? columns : plainWidth, color: chalk.level > 0}
}
