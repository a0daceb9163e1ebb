// One line of the samples of Every Eval Ever (instance_level_eval.schema.json).
import {sha256} from '../../core/hash.js'
import type {LogRecord} from '../../run-folder/record.js'
import {modelName, type SourcedRow} from './source.js'

/** What the pass over the records found for the aggregate. */
export interface SampleTotals {
  /** Lines that were written. */
  rows: number
  /** Records without a score: failed ones, or hidden gold answers. The format has no place for them. */
  unscored: number
  /** sha256 over the digests of the stored latents by sample; null without any. */
  latents: string | null
}

/** The model in the form `developer/name`. */
export function modelIdOf({row}: SourcedRow): string {
  const name = modelName(row)
  return name.includes('/') ? name : `unknown/${name}`
}

/** The id of the result of a subtask, or of the headline (null). */
export function resultIdOf({row}: SourcedRow, subtask: string | null): string {
  return [row.bench, row.split, row.metric, subtask ?? 'headline'].join('/')
}

/** The name of the result of a subtask, or of the headline (null). */
export function resultNameOf({row}: SourcedRow, subtask: string | null): string {
  return subtask === null ? `${row.bench} ${row.split}` : `${row.bench} ${row.split}: ${subtask}`
}

/** A record as a line. It belongs to the result of its subtask: a line may belong to one result only. */
export function sampleLine(
  record: LogRecord,
  source: SourcedRow,
  {evaluationId, latents}: {readonly evaluationId: string; readonly latents: string | null},
): Record<string, unknown> {
  const reference = record.gold === null ? [] : [record.gold].flat()
  const raw = record.question ?? ''
  return {
    schema_version: '0.3.0',
    evaluation_id: evaluationId,
    model_id: modelIdOf(source),
    evaluation_name: resultNameOf(source, record.subtask),
    evaluation_result_id: resultIdOf(source, record.subtask),
    sample_id: record.id,
    sample_hash: sha256(raw + reference.join('')),
    interaction_type: 'single_turn',
    input: {raw, reference, ...(record.options && {choices: record.options})},
    output: {raw: [record.text]},
    messages: null,
    answer_attribution:
      record.answer === null
        ? []
        : [
            {
              ...{turn_idx: 0, source: 'output.raw', extracted_value: record.answer},
              ...{extraction_method: record.extractor, is_terminal: true},
            },
          ],
    evaluation: {score: record.score, is_correct: record.outcome === 'correct', num_turns: 1},
    token_usage: tokensOf(record),
    performance: {latency_ms: record.timing.totalMs, time_to_first_token_ms: record.timing.firstTokenMs},
    error: null,
    metadata: metadataOf(record, source, latents),
  }
}

/** Null where a runner cannot know: the format has no place for half of it. Latent steps are output, as text is. */
function tokensOf({usage}: LogRecord): Record<string, number> | null {
  const {promptTokens, textTokens, latentSteps, markerTokens, thoughtTokens} = usage
  if (promptTokens === null || textTokens === null) return null
  const output = textTokens + (latentSteps ?? 0) + (markerTokens ?? 0)
  return {
    ...{input_tokens: promptTokens, output_tokens: output, total_tokens: promptTokens + output},
    ...(typeof thoughtTokens === 'number' && {reasoning_tokens: thoughtTokens}),
  }
}

function metadataOf(record: LogRecord, {row}: SourcedRow, latents: string | null): Record<string, string> {
  const {usage, seen} = record
  const facts: Readonly<Record<string, string | number | null | undefined>> = {
    arm: record.arm,
    subtask: record.subtask,
    outcome: record.outcome,
    samples: row.sample,
    repeat: record.repeat,
    item: record.item,
    cluster: record.cluster,
    latent_steps: usage.latentSteps,
    latent_blocks: usage.blocks,
    latents_sha256: latents,
    prompt_sha256: seen?.promptSha256,
    images_sha256: seen?.images.map(({sha256}) => sha256).join(' ') || null,
    stop: record.stop,
    ...record.metrics,
  }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])),
  )
}
