// The aggregate of Every Eval Ever (eval.schema.json): one arm on one benchmark, the headline and each subtask.
import {aggregateText} from '../../core/headline.js'
import type {ResultRow, ResultSubtask} from '../schemas/result.js'
import {modelIdOf, resultIdOf, resultNameOf, type SampleTotals} from './eee-sample.js'
import {fileName} from './files.js'
import {factsOf, type PublishedData, type SourcedRow, startOf, versionOf} from './source.js'

export interface AggregateParts {
  readonly evaluationId: string
  readonly id: string
  readonly totals: SampleTotals
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly data: PublishedData | null
  /** sha256 of the samples' file. */
  readonly checksum: string
}

/** Where the samples lie in the data store: data/BENCHMARK/DEVELOPER/MODEL/UUID_samples.jsonl. */
export function canonicalPath(source: SourcedRow, id: string): string {
  const [developer = '', ...model] = modelIdOf(source).split('/')
  const place = [source.row.bench, developer, model.join('_')].map(part => fileName(part))
  return `data/${place.join('/')}/${id}_samples.jsonl`
}

/** The document; every value of `additional_details` and `details` is a text, as the schema asks. */
export function aggregateOf(source: SourcedRow, parts: AggregateParts): Record<string, unknown> {
  const {row} = source
  const start = startOf(source)
  const scored = row.subtasks.filter(({score}) => score !== null)
  return {
    schema_version: '0.3.0',
    evaluation_id: parts.evaluationId,
    ...(start === null ? {} : {evaluation_timestamp: start}),
    retrieved_timestamp: parts.timestamp,
    source_metadata: {
      ...{source_name: 'lantern-eval', source_type: 'evaluation_run', source_organization_name: 'unknown'},
      evaluator_relationship: 'other',
      additional_details: {samples: row.sample, arm: row.arm},
    },
    eval_library: {name: 'lantern-eval', version: versionOf(source), additional_details: {lock: row.lock}},
    model_info: modelOf(source, parts.totals),
    evaluation_results: [
      resultOf(source, parts, row, null),
      ...scored.map(subtask => resultOf(source, parts, subtask, subtask.name)),
    ],
    detailed_evaluation_results: {
      ...{format: 'jsonl', file_path: canonicalPath(source, parts.id), hash_algorithm: 'sha256'},
      ...{checksum: parts.checksum, total_rows: parts.totals.rows},
      additional_details: {
        evaluation_result_id: 'each line is of the result of its subtask; the headline is made of these',
        left_out: `${parts.totals.unscored} records without a score (failed, or the gold answer is hidden)`,
      },
    },
  }
}

function modelOf(source: SourcedRow, {latents}: SampleTotals): Record<string, unknown> {
  const {row, lock} = source
  const [scheme = ''] = /^(hub|openai|builtin|import|replay)(?=:)/.exec(row.model) ?? ['checkpoint']
  const entry = lock.models.find(({ref}) => ref === row.model)
  const id = modelIdOf(source)
  const local = ['hub', 'builtin', 'checkpoint'].includes(scheme)
  const facts: Readonly<Record<string, string | null | undefined>> = {
    arm: row.arm,
    reference: row.model,
    mode: row.mode,
    latent_protocol: row.protocol,
    latent_size: row.latentSize === null ? null : String(row.latentSize),
    intervention: row.intervention,
    latents_sha256: latents,
    checkpoint_sha256: entry?.sha256,
    precision: entry?.precision,
  }
  return {
    ...{name: row.label ?? row.model, id, developer: id.split('/')[0]},
    ...(local && {inference_engine: {name: 'onnxruntime-node'}}),
    additional_details: {
      deployment_type: local ? 'self_deployed' : 'unknown',
      model_availability: scheme === 'hub' || scheme === 'builtin' ? 'open_weights' : 'unknown',
      ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value != null)),
    },
  }
}

function resultOf(
  source: SourcedRow,
  {data}: AggregateParts,
  part: ResultRow | ResultSubtask,
  subtask: string | null,
): Record<string, unknown> {
  const {row, lock, bench} = source
  const grouped = bench.aggregate === 'group'
  const judged = row.metric === 'judge' && lock.judge !== null
  return {
    evaluation_result_id: resultIdOf(source, subtask),
    evaluation_name: resultNameOf(source, subtask),
    source_data: sourceDataOf(source, data),
    metric_config: {
      evaluation_description: `${row.metric}, ${subtask === null ? aggregateText(row.aggregate) : 'mean'} over ${grouped ? 'groups' : 'samples'}`,
      ...{metric_id: row.metric, metric_name: row.metric, metric_kind: row.metric, metric_unit: 'proportion'},
      ...{lower_is_better: false, score_type: 'continuous', min_score: 0, max_score: 1},
      ...(judged && {
        llm_scoring: {
          judges: [
            {
              model_info: {
                ...{name: lock.judge!.ref, id: lock.judge!.ref},
                additional_details: {deployment_type: 'unknown', model_availability: 'unknown'},
              },
            },
          ],
          input_prompt: lock.judge!.prompt,
        },
      }),
    },
    score_details: {
      score: part.score,
      details: {
        ...(subtask === null ? factsOf(source) : {}),
        total: String(part.total),
        ...Object.fromEntries(Object.entries(part.outcomes).map(([name, count]) => [name, String(count)])),
        ...(subtask === null ? Object.fromEntries(row.notes.map((note, k) => [`note_${k + 1}`, note])) : {}),
      },
      uncertainty: {
        ...(part.low !== null &&
          part.high !== null && {
            confidence_interval: {lower: part.low, upper: part.high, confidence_level: 0.95},
          }),
        num_samples: grouped ? (part.groups ?? part.n) : part.n,
      },
    },
    generation_config: {
      generation_args: {
        temperature: lock.decoding.temperature,
        ...numbersOf(lock.decoding, {top_p: 'topP', top_k: 'topK'}),
        ...(limitOf(source) === undefined ? {} : {max_tokens: limitOf(source)}),
      },
      additional_details: {prompts: lock.prompts.style, mode: row.mode},
    },
  }
}

function limitOf({row, lock, bench}: SourcedRow): number | undefined {
  return bench.maxNewTokens?.[row.mode] ?? lock.decoding.maxNewTokens[row.mode]
}

/** Fields of these names that are numbers. */
function numbersOf(values: object, names: Readonly<Record<string, string>>): Record<string, number> {
  const held = values as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(names).flatMap(([theirs, ours]) =>
      typeof held[ours] === 'number' ? [[theirs, held[ours] as number]] : [],
    ),
  )
}

function sourceDataOf({bench, row}: SourcedRow, data: PublishedData | null): Record<string, unknown> {
  const details = {
    ...{samples: row.sample, data_sha256: bench.dataSha256, samples_sha256: bench.samplesSha256, layout: bench.layout},
    ...(bench.revision === null ? {} : {revision: bench.revision}),
    ...(bench.labels === null ? {} : {labels: bench.labels}),
  }
  if (data === null) return {dataset_name: row.bench, source_type: 'other', additional_details: details}
  return {
    ...{dataset_name: data.title, source_type: 'hf_dataset', hf_repo: data.repo, hf_split: row.split},
    ...{samples_number: bench.available, additional_details: details},
  }
}
