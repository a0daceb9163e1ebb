// What tests of data sets share: a picture, and streams as lists.
import type {DataProblem, DataSet} from '../../src/benchmarks/benchmark.js'

/** A PNG of one pixel. */
export const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of stream) list.push(item)
  return list
}

export function problemsOf(data: DataSet): Promise<DataProblem[]> {
  return collect(data.problems())
}
