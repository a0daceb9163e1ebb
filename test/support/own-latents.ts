// A recorded run of own latents, made of generations.
import type {Generation} from '../../src/core/generation.js'
import {writeLatents} from '../../src/run-folder/latents.js'
import type {LogRecord} from '../../src/run-folder/record.js'
import {lockBenchmark, lockOf, record, writeRun} from './run-folders.js'

/** Writes the run folder `dir` of one arm on hops, as `--latents-from` reads it. */
export async function writeOwnLatents(dir: string, generations: readonly Generation[]): Promise<void> {
  for (const {request, latents} of generations)
    await writeLatents(dir, {arm: request.arm.id, bench: 'hops', id: request.sample.id}, latents!)
  // Donors are found by what the records say: here every sample has a gold answer of its own.
  const records = generations.map(({request: {arm, sample}, seen}) =>
    record(
      {arm: arm.id, bench: 'hops', subtask: '', id: sample.id, outcome: 'correct'},
      {gold: [sample.id], letters: [], seen: seen as LogRecord['seen']},
    ),
  )
  writeRun(dir, lockOf([generations[0]!.request.arm], [lockBenchmark('hops', {'': 0})]), records)
}
