// The samples of a table, one a row: read in order, and found again by their ids.
import {LanternError} from '../../core/errors.js'
import type {Sample} from '../../core/sample.js'
import {attempt} from './row.js'
import type {Table, TableRow, Wanted} from './table.js'

export interface TableSamples {
  /** Every sample in the order of the rows; a broken one is an error in its place. */
  read(): AsyncGenerator<Sample | LanternError>
  /**
   * The samples with these ids, in the order of the rows, without reading the others; undefined before `read` came to
   * an end once.
   */
  find(ids: ReadonlySet<string>): AsyncGenerator<Sample | LanternError> | undefined
}

/**
 * @param sampleOf the sample of a row, or undefined for a row that is left out; a LanternError that it throws stands
 * in the sample's place
 */
export function tableSamples(
  table: Pick<Table, 'rows' | 'read'>,
  sampleOf: (row: TableRow) => Sample | undefined | Promise<Sample>,
  wanted?: Wanted,
): TableSamples {
  let known: ReadonlyMap<string, number> | undefined
  const samplesOf = async function* (rows: AsyncIterable<TableRow | LanternError>, seen?: Map<string, number>) {
    for await (const row of rows) {
      const sample = row instanceof LanternError ? row : await attempt(() => sampleOf(row))
      if (sample === undefined) continue
      if (row instanceof LanternError || sample instanceof LanternError) {
        yield sample
        continue
      }
      seen?.set(sample.id, row.index)
      yield {where: row.where, ...sample}
    }
  }
  return {
    async *read() {
      const seen = new Map<string, number>()
      yield* samplesOf(table.rows(wanted), seen)
      known = seen
    },
    find(ids) {
      if (known === undefined) return undefined
      const places = known
      const indexes = [...ids].flatMap(id => places.get(id) ?? [])
      return samplesOf(table.read(indexes, wanted))
    },
  }
}
