// The control table of a diagnosis, as data: which verdict each built-in model earns, on which samples, and from how
// many samples on. test/diagnosis-controls.test.ts checks a small part of it, scripts/control-verdicts.ts all of it.
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {recipeOf} from '../../src/benchmarks/generators/index.js'
import {runDiagnosis} from '../../src/evaluation/diagnosed-run.js'
import {evaluate, type RunEnd} from '../../src/evaluation/evaluate.js'
import {prepare} from '../../src/evaluation/prepare.js'
import type {RunSpec} from '../../src/evaluation/spec.js'
import type {DiagnosisSuite} from '../../src/evaluation/suites.js'
import type {DiagnosisVerdict} from '../../src/metrics/diagnosis/index.js'
import {defaultExtractor} from '../../src/metrics/extraction/index.js'
import {judgeStudy, studyOfNamed, studyOfRuns} from '../../src/reports/diagnosis/index.js'
import type {DiagnosisDocument} from '../../src/reports/schemas/diagnosis.js'
import {controlRef} from './control-table.js'

export interface VerdictRow {
  readonly model: string
  readonly task: string
  readonly subtasks: readonly string[]
  /** `latent` unless named. Of another mode, its arm is judged as own, and direct answers as those without latents. */
  readonly mode?: 'text-cot'
  /** Claims that are its own. */
  readonly verdicts: readonly DiagnosisVerdict[]
  /** Samples at which the verdict has to be reached in CI, and the suite that has what it needs. */
  readonly n: number
  readonly suite: DiagnosisSuite
  /** What the statement says beside the verdict. */
  readonly says?: RegExp
}

const hops = (from: number, to: number) => Array.from({length: to - from + 1}, (_, k) => `hops-${from + k}`)
const chains = {task: 'hops-1..4', subtasks: hops(1, 4)}
const counted = Array.from({length: 4}, (_, k) => `count-hops-${k + 1}`)
const attr = {task: 'attr', subtasks: ['attr']}

export const verdictRows: readonly VerdictRow[] = [
  {
    ...{model: 'nano-latent', ...chains, verdicts: ['load-bearing'], n: 40, suite: 'full'},
    says: /answers follow the latents of a contrast donor.*; with the picture hidden the answer is read from the latents/,
  },
  {
    ...{model: 'nano-latent', task: 'count-hops', subtasks: counted, verdicts: ['load-bearing'], n: 40},
    ...{suite: 'standard', says: /; their order matters/},
  },
  {model: 'nano-latent-sft', ...chains, verdicts: ['load-bearing'], n: 60, suite: 'quick'},
  {
    model: 'nano-drift',
    ...{task: 'hops-2..4', subtasks: hops(2, 4), verdicts: ['load-bearing'], n: 60, suite: 'standard'},
    says: /its own latents are the limit/,
  },
  // Which of both, its arm without latents says.
  {
    model: 'nano-placebo',
    ...{task: 'attr, hops-0', subtasks: ['attr', 'hops-0'], n: 100, suite: 'quick'},
    verdicts: ['not-used', 'format-only'],
  },
  // Two in five engage.
  {model: 'nano-shy', ...attr, verdicts: ['not-used'], n: 250, suite: 'quick'},
  {model: 'nano-format', ...attr, verdicts: ['format-only'], n: 100, suite: 'quick'},
  {model: 'nano-budget', ...attr, verdicts: ['budget-only'], n: 100, suite: 'quick'},
  {model: 'nano-blind', ...chains, verdicts: ['representation-fails'], n: 80, suite: 'standard'},
  {model: 'nano-harm', ...attr, verdicts: ['harmful'], n: 60, suite: 'quick'},
  {model: 'nano-direct', ...chains, verdicts: ['void'], n: 40, suite: 'quick'},
  {model: 'nano-direct', ...attr, verdicts: ['void'], n: 40, suite: 'quick'},
  // In its own mode. Asked for latents it opens blocks (design/controls.md).
  {
    ...{
      model: 'nano-text',
      ...chains,
      task: 'hops-1..4, in words',
      mode: 'text-cot',
      verdicts: ['void'],
      n: 40,
      suite: 'quick',
    },
    says: /engaged \(0 samples with a latent block/,
  },
]

/** Draws the samples of a row, asks the model under the conditions of the suite, and judges. `folder` is made. */
export async function diagnoseControl(
  {model, subtasks, mode}: Pick<VerdictRow, 'model' | 'subtasks' | 'mode'>,
  {n, seed, suite, folder}: {n: number; seed: number; suite: DiagnosisSuite; folder: string},
): Promise<DiagnosisDocument> {
  const data = join(folder, 'data')
  await mkdir(data, {recursive: true})
  await writeFile(join(data, 'builtin.json'), JSON.stringify(recipeOf('hops', {n, seed, subtasks: [...subtasks]})))
  const spec: RunSpec = {
    models: [{ref: controlRef(model)}],
    benchmarks: [{id: 'hops'}],
    ...{data: {hops: data}, seed, shard: null, optionOrders: {kind: 'file'}, interventions: ['own']},
    ...{promptStyle: 'lantern-eval', extractor: defaultExtractor, decoding: {temperature: 0, maxNewTokens: 64}},
    ...{saveLatents: true, maxErrorRate: 0.05, out: join(folder, 'run'), budget: {}},
    runner: {
      common: {cacheDir: join(folder, 'cache'), env: {}},
      local: {device: 'cpu', threads: 1, batchSize: 16},
      remote: {baseUrls: {}, concurrency: 1, timeoutMs: 1000, maxRetries: 0, cache: false},
    },
  }
  const signal = new AbortController().signal
  const {runDir, end} =
    mode === undefined
      ? await runDiagnosis(spec, suite, () => undefined, signal)
      : await run(
          {...spec, models: spec.models.map(one => ({...one, modes: [mode, 'direct']})), saveLatents: false},
          signal,
        )
  if (end.verdict !== 'done') throw new Error(`${model}: ${end.reason}`)
  if (mode === undefined) return judgeStudy(await studyOfRuns([runDir]), {alpha: 0.05, suite})
  const study = await studyOfNamed([
    {condition: 'own', run: `${runDir}#|${mode}`},
    {condition: 'no-latent', run: `${runDir}#|direct`},
  ])
  return judgeStudy(study, {alpha: 0.05, suite: null})
}

async function run(spec: RunSpec, signal: AbortSignal): Promise<{runDir: string; end: RunEnd}> {
  const prepared = await prepare(spec, () => undefined)
  try {
    return {runDir: spec.out!, end: await evaluate(prepared, () => undefined, signal)}
  } finally {
    await prepared.close()
  }
}
