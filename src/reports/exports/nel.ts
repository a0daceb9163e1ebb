// The results.jsonl of NVIDIA's NeMo Evaluator, which `nel compare` pairs by problem_idx and repeat (docs.nvidia.com,
// nemo/evaluator, "Comparing Evaluation Runs"; fields as its evaluation loop writes them). A file is one arm on one
// benchmark; several rows give a file each.
import {sha256} from '../../core/hash.js'
import type {LogRecord} from '../../run-folder/record.js'
import {armName} from '../formats/words.js'
import type {ResultRow} from '../schemas/result.js'
import {defineExport} from './export.js'
import {assertRoomBeside, besides, writePieces} from './files.js'
import {recordsOf, type SourcedRow, type SourceRun, sourceRuns} from './source.js'

export const nel = defineExport({
  name: 'nel',
  ending: '.jsonl',
  async write(document, path) {
    const told: string[] = []
    if (document.rows.length > 1) await assertRoomBeside(path, 'nel', `${document.rows.length} rows`)
    const places = placesOf(document.rows, path)
    for await (const run of sourceRuns(document)) {
      for (const one of run.rows) {
        const file = places.get(one.row)!
        const left = {records: 0}
        await writePieces(file, linesOf({...run, rows: [one]}, one, left))
        if (file !== path) told.push(`${file} has the results of ${armName(one.row)} on ${one.row.bench}.`)
        if (left.records > 0)
          told.push(
            `${file} leaves out ${left.records} ${left.records === 1 ? 'record' : 'records'} without a score: failed ones, or hidden gold answers.`,
          )
      }
    }
    return told
  },
})

/** The file of each row: the path itself for a single one. Rows of the same arm get numbers. */
function placesOf(rows: readonly ResultRow[], path: string): Map<ResultRow, string> {
  if (rows.length === 1) return new Map([[rows[0]!, path]])
  const taken = new Set<string>()
  return new Map(
    rows.map(row => {
      const name = `${row.bench}.${row.arm}`
      let file = besides(path, name)
      for (let k = 2; taken.has(file); k++) file = besides(path, `${name}.${k}`)
      taken.add(file)
      return [row, file]
    }),
  )
}

async function* linesOf(run: SourceRun, {row}: SourcedRow, left: {records: number}): AsyncGenerator<string> {
  for await (const {record} of recordsOf(run)) {
    if (record.score === null) left.records++
    else yield `${JSON.stringify(resultOf(record, row))}\n`
  }
}

/**
 * The number of a sample, from its id alone: `nel compare` pairs what has the same number, so a place in the list would
 * pair other samples where two runs have other selections. 52 bits, which every reader of JSON holds exactly; two of
 * 100,000 samples share one with a probability of 1 in 900,000.
 */
function numberOf(bench: string, id: string): number {
  return Number.parseInt(sha256(`${bench}\u0000${id}`).slice(0, 13), 16)
}

function resultOf(record: LogRecord, row: ResultRow): Record<string, unknown> {
  const {usage, timing} = record
  return {
    problem_idx: numberOf(record.bench, record.id),
    repeat: record.repeat ?? 0,
    reward: record.score,
    model_response: record.text,
    // Null is no text: the reader takes the field as absent only where it is.
    ...(record.answer === null ? {} : {extracted_answer: record.answer}),
    expected_answer: Array.isArray(record.gold) ? record.gold.join(' / ') : record.gold,
    scoring_details: {method: record.extractor, outcome: record.outcome, ...record.metrics},
    metadata: {
      category: record.subtask,
      id: record.id,
      benchmark: record.bench,
      arm: record.arm,
      samples: row.sample,
      lock: row.lock,
    },
    tokens: (usage.promptTokens ?? 0) + (usage.textTokens ?? 0) + (usage.latentSteps ?? 0),
    latency_ms: timing.totalMs ?? 0,
  }
}
