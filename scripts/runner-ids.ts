// Writes what the local runner generates for the built-in models, so that training/compare_ids.py can compare it with
// transformers.
//
//   npx tsx scripts/runner-ids.ts --out DIR [--n 100] [--seed 9001] [--models fixtures/models]
//
// - DIR/pictures/ID.png: the picture of an item
// - DIR/ids.jsonl: one line per item: model, mode, id, prompt (as sent by the harness, <image> for the picture), ids
//   (all new tokens)
import {mkdir, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {generated} from '../src/benchmarks/generators/index.js'
import {drawItem, pngs} from '../src/benchmarks/generators/item.js'
import {toSample} from '../src/benchmarks/generators/sample.js'
import type {Mode} from '../src/core/generation.js'
import {openRunner} from '../src/runners/index.js'
import {answers, controlRunnerOptions} from '../test/support/measure-controls.js'

const {values} = parseArgs({
  options: {
    out: {type: 'string'},
    n: {type: 'string', default: '100'},
    seed: {type: 'string', default: '9001'},
    models: {type: 'string', default: 'fixtures/models'},
  },
})
const {out, models} = values
if (out === undefined) throw new Error('--out is needed')

/** The mode that a built-in model is made for, judging by its name. */
const modeOf = (model: string): Mode =>
  model.endsWith('-text') ? 'text-cot' : model.endsWith('-direct') ? 'direct' : 'latent'

/** Items of all subtasks that consist of cards, in turn. */
const tasks = Object.entries(generated).flatMap(([bench, {tasks}]) => tasks.map(task => ({bench, task})))
const cards = tasks.filter(({task}) => drawItem(task, 0, 0).evidence.length > 0)
const items = Array.from({length: Number(values.n)}, (_, i) => {
  const {bench, task} = cards[i % cards.length]!
  return {bench, item: drawItem(task, Number(values.seed), Math.floor(i / cards.length))}
})

const samples = items.map(({bench, item}) => toSample(bench, item))

await mkdir(join(out, 'pictures'), {recursive: true})
await Promise.all(items.map(({item}) => writeFile(join(out, 'pictures', `${item.id}.png`), pngs(item)[0]!)))

const lines: string[] = []
for (const model of (await readdir(models)).sort()) {
  const mode = modeOf(model)
  const session = await openRunner(join(models, model), controlRunnerOptions(out))
  for await (const {request, tokenIds} of answers(session, {mode}, samples, ['own'])) {
    const prompt = request.prompt.parts.map(part => (part.type === 'text' ? part.text : '<image>')).join('')
    lines.push(JSON.stringify({model, mode, id: request.sample.id, prompt, ids: tokenIds}))
  }
  await session.close()
}
await writeFile(join(out, 'ids.jsonl'), `${lines.join('\n')}\n`)
