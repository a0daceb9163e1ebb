// Every Eval Ever (evaleval/every_eval_ever, schema 0.3.0): for each arm on each benchmark an aggregate `UUID.json` and
// its samples, `UUID_samples.jsonl`. The aggregate is in eee-aggregate.ts, a line of the samples in eee-sample.ts.
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {sha256, sha256OfFile} from '../../core/hash.js'
import {latentsDigest} from '../../run-folder/latents.js'
import {armName} from '../formats/words.js'
import {aggregateOf, canonicalPath} from './eee-aggregate.js'
import {modelIdOf, type SampleTotals, sampleLine} from './eee-sample.js'
import {defineExport} from './export.js'
import {writePieces} from './files.js'
import {publishedData, recordsOf, type SourcedRow, type SourceRun, sourceRuns} from './source.js'

export const eee = defineExport({
  name: 'eee',
  ending: '',
  async write(document, path, {now}) {
    const told: string[] = []
    for await (const run of sourceRuns(document))
      for (const one of run.rows) {
        if (one.row.score === null) {
          told.push(`${armName(one.row)} on ${one.row.bench} has no score and is left out.`)
          continue
        }
        const id = uuidOf(one)
        // The name of the evaluation is that of one arm: a model may have several on a benchmark.
        const evaluationId = `${one.row.bench}-${id.slice(0, 8)}/${modelIdOf(one).replaceAll('/', '_')}/${timestampOf(now)}`
        const totals: SampleTotals = {rows: 0, unscored: 0, latents: null}
        const samples = join(path, `${id}_samples.jsonl`)
        await writePieces(samples, linesOf({...run, rows: [one]}, evaluationId, totals))
        const aggregate = aggregateOf(one, {
          ...{evaluationId, id, totals, timestamp: timestampOf(now), data: await publishedData(one)},
          checksum: await sha256OfFile(samples),
        })
        await writePieces(join(path, `${id}.json`), [`${JSON.stringify(aggregate, null, 2)}\n`])
        told.push(
          `${id}.json is ${armName(one.row)} on ${one.row.bench}; in the data store: ${canonicalPath(one, id)}.`,
        )
        if (totals.unscored > 0)
          told.push(
            `${id}_samples.jsonl leaves out ${totals.unscored} ${totals.unscored === 1 ? 'record' : 'records'} without a score: failed ones, or hidden gold answers.`,
          )
      }
    return told
  },
})

/** Seconds since 1970, as the schema asks. */
function timestampOf(now: Date): string {
  return String(Math.floor(now.getTime() / 1000))
}

/** The same arm of the same run has the same name, so that writing again replaces. A version 4 UUID in form. */
function uuidOf({row}: SourcedRow): string {
  const hex = sha256(JSON.stringify([row.run, row.lock, row.arm, row.bench]))
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

async function* linesOf(run: SourceRun, evaluationId: string, totals: SampleTotals): AsyncGenerator<string> {
  const digests: string[] = []
  for await (const {record, row} of recordsOf(run)) {
    const digest = row.row.mode === 'latent' ? await latentsDigest(run.folder.dir, record) : null
    if (digest !== null) digests.push(`${record.id}\u0000${record.repeat ?? 0}\u0000${digest}`)
    if (record.score === null) {
      totals.unscored++
      continue
    }
    totals.rows++
    yield `${JSON.stringify(sampleLine(record, row, {evaluationId, latents: digest}))}\n`
  }
  if (digests.length > 0) totals.latents = createHash('sha256').update(digests.sort().join('\n')).digest('hex')
}
