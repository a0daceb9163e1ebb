// What a table may assume of the place it is printed to.
import chalk from 'chalk'

/** Columns of a pipe or file, where nobody has set COLUMNS: the width that every terminal has. */
const plainWidth = 80

/** Width in columns and whether colours are shown (NO_COLOR, --no-color, pipes: chalk knows). */
export function terminal(): {width: number; color: boolean} {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS'])
  return {width: columns > 0 ? columns : plainWidth, color: chalk.level > 0}
}
