// Checkpoints of one training: which rows are a curve, in which order, and when a step may be called the best.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../test/support/run-folders.js'
import {trainingStep} from './curves.js'
import {formatNamed} from './formats/index.js'
import {type Run, readRun} from './read-run.js'
import {resultTable} from './result-table.js'
import {resultDocumentSchema} from './schemas/result.js'

describe('the step of a checkpoint', () => {
  it.each([
    ['./runs/a/checkpoint-500', './runs/a/checkpoint-*', 'step', 500],
    ['runs/a/global_step_1200/actor', 'runs/a/global_step_*/actor', 'step', 1200],
    ['hub:owner/name@step10k', 'hub:owner/name@step*', 'step', 10_000],
    ['runs/step-1/epoch3', 'runs/step-1/epoch*', 'epoch', 3],
    ['runs\\ckpt=7', 'runs\\ckpt=*', 'step', 7],
    ['runs/iter_0004000', 'runs/iter_*', 'iteration', 4000],
  ])('is read from %s', (model, training, unit, step) => {
    expect(trainingStep({label: null, model, run: 'results/x'})).toEqual({training, unit, step})
  })

  it.each(['LanteRn-3B-RL', 'openai:Qwen2.5-VL-7B', 'builtin:nano-latent', 'footstep-3x', 'a/checkpoint-final'])(
    'is not seen in %s',
    model => expect(trainingStep({label: null, model, run: 'results/x'})).toBeNull(),
  )

  it('is that of the label where it names one', () => {
    const run = 'results/step-9'
    expect(trainingStep({label: '1500', model: 'x/step-3', run})).toEqual({training: '*', unit: 'step', step: 1500})
    expect(trainingStep({label: 'rl step 20', model: 'x', run})).toEqual({
      training: 'rl step *',
      unit: 'step',
      step: 20,
    })
    expect(trainingStep({label: 'final', model: 'x/step-3', run})).toEqual({
      training: 'x/step-*',
      unit: 'step',
      step: 3,
    })
  })

  it('is that of the folder of the run where nothing else names one, for each model apart', () => {
    const run = 'results/step-500'
    const at = {unit: 'step', step: 500}
    expect(trainingStep({label: null, model: 'openai:m', run})).toEqual({training: 'openai:m of results/step-*', ...at})
    expect(trainingStep({label: 'new', model: 'openai:m', run})).toEqual({training: 'new of results/step-*', ...at})
  })
})

describe('curves of a table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-curves-'))
  afterAll(() => rmSync(folder, {recursive: true}))
  const bench = lockBenchmark('vstar', {a: 100, b: 100}, {aggregate: 'micro', split: 'test'})
  let runs = 0

  /** A run of arms, each right on the first `right` of every 100 samples. */
  async function runOf(rights: Readonly<Record<string, number>>, labels: Record<string, string> = {}): Promise<Run> {
    const arms = Object.keys(rights).map(model =>
      arm(model, 'latent', {protocol: 'lantern', latentSize: 8, intervention: 'own'}),
    )
    const records = arms.flatMap(one => [
      ...recordsOf(one, bench, (_, k) => (k < rights[one.model]! ? 'correct' : 'wrong')),
    ])
    return readRun(writeRun(join(folder, String(runs++)), lockOf(arms, [bench], {environment: {labels}}), records))
  }

  it('are in the order of the steps, with the figures of their rows, and name a best that is shown to be one', async () => {
    const document = resultTable([await runOf({'r/step-1000': 80, 'r/step-200': 30, 'r/step-90': 10, other: 99})])
    expect(() => resultDocumentSchema.parse(document)).not.toThrow()
    const [curve, ...more] = document.curves!
    expect(more).toEqual([])
    expect(curve).toMatchObject({
      ...{bench: 'vstar', training: 'r/step-*', unit: 'step', mode: 'latent', protocol: 'lantern', latentSize: 8},
      // A row outside of the training is not a candidate, however good it is.
      best: {steps: [1000], decided: true},
    })
    expect(curve!.points.map(({step}) => step)).toEqual([90, 200, 1000])
    for (const {row, score, low, high, n} of curve!.points)
      expect(document.rows[row]).toMatchObject({score, low, high, n})
  })

  it('name no best where the tests show none', async () => {
    const document = resultTable([await runOf({'r/step-1': 20, 'r/step-2': 60, 'r/step-3': 61})])
    expect(document.curves![0]!.best).toEqual({steps: [2, 3], decided: false})
    const text = formatNamed('terminal').render(document, {width: 100, color: false})
    expect(text).toContain('No single best step: 2 and 3 are not shown to be beaten; the others are.')
    const same = resultTable([await runOf({'r/step-1': 50, 'r/step-2': 50})])
    expect(formatNamed('markdown').render(same, {width: 100, color: false})).toContain(
      'No best step: these samples show no step to be beaten by another one.',
    )
  })

  it('join runs of one checkpoint each, and steps given as labels', async () => {
    const apart = [await runOf({'r/step-1': 20}), await runOf({'r/step-2': 60})]
    expect(resultTable(apart).curves![0]!.points.map(({step}) => step)).toEqual([1, 2])
    const labelled = await runOf({x: 20, y: 60, z: 70}, {x: '2k', y: '500', z: 'base'})
    expect(resultTable([labelled]).curves![0]!.points.map(({step}) => step)).toEqual([500, 2000])
  })

  it('take the name of the references where labels are numbers alone, and else say that such labels are apart', async () => {
    const text = (runs: readonly Run[]) => formatNamed('markdown').render(resultTable(runs), {width: 100, color: false})
    const nameless = [await runOf({x: 20, y: 60}, {x: '500', y: '1000'})]
    expect(resultTable(nameless).curves![0]!.training).toBe('*')
    expect(text(nameless)).toContain('checkpoints latent')
    const named = await runOf({'r/step-1': 20, 'r/step-2': 60, 'r/step-3': 60}, {'r/step-1': '1', 'r/step-2': '2'})
    expect(resultTable([named])).toMatchObject({warnings: [], curves: [{training: 'r/step-*'}]})
    expect(resultTable([named]).curves![0]!.points).toHaveLength(3)
    const apart = resultTable([await runOf({x: 20, 'r/step-2': 60}, {x: '1'})])
    expect(apart.curves).toBeUndefined()
    expect(apart.warnings.join()).toContain('the label 1 is a number alone, r/step-* is a name')
  })

  it('are absent for one step, and for a step that is there twice, which is told', async () => {
    expect(resultTable([await runOf({'r/step-1': 20, other: 60})]).curves).toBeUndefined()
    const twice = resultTable([await runOf({'r/step-1': 20}), await runOf({'r/step-1': 20, 'r/step-2': 60})])
    expect(twice.curves).toBeUndefined()
    expect(twice.warnings.join()).toContain('step 1 of r/step-* is there more than once')
  })
})
