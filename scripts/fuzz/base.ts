// The right inputs from which fuzzed ones are made. They are written once, into one folder that all workers read.
import {cp, mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {recipeOf, writeGenerated} from '../../src/benchmarks/generators/index.js'
import {writeLora} from '../../test/support/edited-checkpoints.js'
import {lantern} from './lantern.js'

const config = `model: [openai:m]
bench: [hops]
data: [builtin]
mode: [direct]
limit: 3
seed: 1
temperature: 0.5
max-new-tokens: 8
extractor: lantern-eval
price: 1,2
base-url: [http://127.0.0.1:9/v1]
max-error-rate: 0.5
stop: ["\\n", "END"]
`

const recipe = `name: mine
title: A recipe of mine
source: ours
benchmarks:
  hops:
    subtasks: [hops-1, hops-2]
settings:
  mode: [direct]
  max-new-tokens: 4
  temperature: 0
  system: You are kind.
`

const template = '{{ question }}\n{% for o in options %}{{ letters[loop.index0] }}. {{ o }}\n{% endfor %}'

const rows = [
  ['index', 'question', 'A', 'B', 'C', 'D', 'answer', 'category', 'image'],
  ['0', 'How many?', 'one', 'two', 'three', 'four', 'A', 'Counting', ''],
  ['1', 'How many?', 'one', 'two', 'three', 'four', 'B', 'Counting', ''],
]

/** Writes all of them below `folder`. */
export async function writeBase(folder: string, root: string): Promise<void> {
  const at = (...parts: string[]) => join(folder, ...parts)
  await mkdir(at('peers'), {recursive: true})
  for (const id of ['blink', 'vstar', 'viscot', 'hops'] as const)
    await writeGenerated(at('data', id), recipeOf(id, {n: id === 'blink' ? 6 : 8, seed: 1}))
  const png = await readFile(join(root, 'fixtures/pictures/hops-chain.png'))
  const table = rows.map((row, k) => (k === 0 ? row : row.with(-1, png.toString('base64'))).join('\t')).join('\n')
  await mkdir(at('data', 'tsv'))
  await writeFile(at('data', 'tsv', 'BLINK.tsv'), `${table}\n`)
  await mkdir(at('data', 'lines'))
  const line = (k: number) =>
    JSON.stringify({
      id: `${k}`,
      subtask: 'hops-1',
      question: 'Which?',
      options: ['x', 'y'],
      answer: 'A',
      boxes: [],
      image: 'a.png',
    })
  await writeFile(at('data', 'lines', 'items.jsonl'), `${[0, 1, 2].map(line).join('\n')}\n`)
  await writeFile(at('data', 'lines', 'a.png'), png)

  await cp(join(root, 'fixtures/import'), at('peers'), {recursive: true})
  await cp(join(root, 'fixtures/replay/flamingov2.json'), at('peers', 'flamingov2.json'))
  await writePeers(at('peers'))
  await writeFile(at('config.yaml'), config)
  await writeFile(at('recipe.yaml'), recipe)
  await writeFile(at('template.jinja'), template)
  await writeFile(at('answers.jsonl'), await readFile(at('peers', 'answers.jsonl')))

  await cp(join(root, 'fixtures/models/nano-latent'), at('models', 'latent'), {recursive: true})
  await cp(join(root, 'fixtures/models/nano-direct'), at('models', 'direct'), {recursive: true})
  const target = 'model.layers.0.self_attn.q_proj'
  await writeLora(at('lora'), at('models', 'direct'), {targets: [target], rank: 2, alpha: 4}, () => 2)

  const run = (model: string, out: string, ...more: string[]) =>
    lantern([
      'run',
      '--bench',
      'hops',
      '--data',
      at('data', 'hops'),
      '--model',
      model,
      '--out',
      at('runs', out),
      ...more,
    ])
  for (const ended of [
    await run('builtin:nano-direct', 'a', '--mode', 'direct', '--seed', '1'),
    await run('builtin:nano-latent', 'b', '--mode', 'latent', '--save-latents', '--seed', '1'),
  ])
    if (ended.exitCode !== 0) throw new Error(`a right run ended with ${ended.exitCode}: ${ended.said}`)
}

async function writePeers(folder: string): Promise<void> {
  const ids = ['hops-0-0', 'hops-1-0', 'hops-2-0', 'hops-3-0']
  const jsonl = (lines: unknown[]) => `${lines.map(line => JSON.stringify(line)).join('\n')}\n`
  const files: Record<string, string> = {
    'answers.jsonl': jsonl(ids.map(id => ({bench: 'hops', id, text: '<answer>A</answer>', stop: 'eos', error: null}))),
    'answers.csv': ['id,text,gold,options', ...ids.map(id => `${id},"The answer is ""A"".",A,"[""x"",""y""]"`)].join(
      '\n',
    ),
    'answers.tsv': ['id\tprediction\tanswer', ...ids.map(id => `${id}\tA\tB`)].join('\n'),
    'samples_blink_counting.jsonl': jsonl(
      [0, 1].map(k => ({
        doc_id: k,
        doc: {idx: `val_Counting_${k + 1}`, sub_task: 'Counting', answer: '(A)', prompt: 'Which? (A) x (B) y'},
        target: '(A)',
        arguments: [['Which?', {until: ['\n']}]],
        resps: [['(A)']],
        filtered_resps: ['A'],
        blink_acc: 1,
      })),
    ),
    'Model_BLINK.tsv': [
      'index\tquestion\tA\tB\tanswer\tcategory\tprediction\thit',
      ...[0, 1].map(k => `${k}\tWhich?\tx\ty\tA\tCounting\tA\t1`),
    ].join('\n'),
    'Model_BLINK.json': JSON.stringify(
      [0, 1].map(k => ({
        index: k,
        question: 'Which?',
        A: 'x',
        B: 'y',
        answer: 'A',
        category: 'Counting',
        prediction: 'A',
      })),
    ),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}
