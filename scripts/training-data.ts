// Writes generated items for training without pictures: every kind of card once as pixels, and every item as the
// numbers of its cards.
//
//   npx tsx scripts/training-data.ts --n 20000 --seed 7 --out DIR [--subtask hops-2,Counting] [--style lantern-eval]
//
// - DIR/cards.rgb: kinds x 28 x 28 x 3 bytes; block k is card kind k
// - DIR/cards.json: the kinds as objects, in that order
// - DIR/items.jsonl: one line per item: id, bench, subtask, question, introduction (BLINK: the prompt before the
//   options, if it differs from the question), options, answer (letter, null for open questions), word (its text),
//   boxes, evidence, chain, prompts (by mode: exactly what the harness sends, <image> for a picture), cells (per
//   picture its 16 kinds, row by row; null for a picture that does not consist of cards)
import {createWriteStream} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {parseArgs} from 'node:util'
import {cardKey, cardKinds, drawCard} from '../src/benchmarks/generators/cards.js'
import {generated} from '../src/benchmarks/generators/index.js'
import {drawItem, evidenceBoxes, goldLetter, type Item, type Task} from '../src/benchmarks/generators/item.js'
import {toSample} from '../src/benchmarks/generators/sample.js'
import {loadBenchmark} from '../src/benchmarks/index.js'
import {modes} from '../src/core/generation.js'
import {defaultPromptStyle, promptStyles} from '../src/core/prompt-form.js'
import {buildPrompt, promptFormOf} from '../src/modes/prompts.js'

const {values} = parseArgs({
  options: {
    n: {type: 'string'},
    seed: {type: 'string'},
    out: {type: 'string'},
    subtask: {type: 'string'},
    style: {type: 'string', default: defaultPromptStyle},
  },
})
const {n, seed, out, subtask} = values
if (n === undefined || seed === undefined || out === undefined) throw new Error('--n, --seed and --out are needed')

const all = Object.entries(generated).flatMap(([bench, {tasks}]): {bench: string; task: Task}[] =>
  tasks.map(task => ({bench, task})),
)
const wanted = subtask?.split(',')
const chosen = all.filter(({bench, task}) => (wanted === undefined ? bench === 'hops' : wanted.includes(task.name)))
if (wanted !== undefined && chosen.length < wanted.length)
  throw new Error(`--subtask knows ${all.map(({task}) => task.name).join(', ')}`)
const style = promptStyles.find(name => name === values.style)!
const kinds = cardKinds()
const numberOf = new Map(kinds.map((card, k) => [cardKey(card), k]))

const forms = new Map(
  await Promise.all(
    [...new Set(chosen.map(({bench}) => bench))].map(
      async bench => [bench, promptFormOf(await loadBenchmark(bench), style)] as const,
    ),
  ),
)

/** The text that each mode shows the model, with `<image>` for each picture. The chat template is added around it. */
function prompts(bench: string, item: Item): Record<string, string> {
  const sample = toSample(bench, item)
  return Object.fromEntries(
    modes.map(mode => [
      mode,
      buildPrompt(sample, mode, forms.get(bench)!)
        .parts.map(part => (part.type === 'text' ? part.text : '<image>'))
        .join(''),
    ]),
  )
}

function line(bench: string, item: Item): string {
  return `${JSON.stringify({
    id: item.id,
    bench,
    subtask: item.subtask,
    question: item.question,
    introduction: item.introduction,
    options: item.options,
    answer: item.options.length === 0 ? null : goldLetter(item),
    word: item.answer,
    boxes: evidenceBoxes(item),
    evidence: item.evidence,
    chain: item.chain,
    prompts: prompts(bench, item),
    cells: item.pictures.map(picture => ('data' in picture ? null : picture.map(card => numberOf.get(cardKey(card))!))),
  })}\n`
}

await mkdir(out, {recursive: true})
await writeFile(join(out, 'cards.json'), `${JSON.stringify(kinds)}\n`)
await writeFile(join(out, 'cards.rgb'), Buffer.concat(kinds.map(card => drawCard(card).data)))
await pipeline(
  function* () {
    for (let i = 0; i < Number(n); i++) {
      const {bench, task} = chosen[i % chosen.length]!
      yield line(bench, drawItem(task, Number(seed), Math.floor(i / chosen.length)))
    }
  },
  createWriteStream(join(out, 'items.jsonl')),
)
