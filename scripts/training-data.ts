// Writes drawn items for training without pictures: every card kind once as pixels, every item as numbers of its cards.
//
//   npx tsx scripts/training-data.ts --n 20000 --seed 7 --out DIR [--subtask hops-2,attr,...]
//
// DIR/cards.rgb    kinds x 28 x 28 x 3 bytes, the k-th block is card kind k
// DIR/cards.json   the kinds as objects, in that order
// DIR/items.jsonl  a line each: id, subtask, question, options, answer (letter), word (its text), boxes, evidence, chain, cells
//                  (per picture its 16 kinds, row by row; null for a picture that is not made of cards)
import {createWriteStream} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {parseArgs} from 'node:util'
import {cardKey, cardKinds, drawCard} from '../src/benchmarks/generators/cards.js'
import {hopsTasks} from '../src/benchmarks/generators/hops-tasks.js'
import {drawItems, evidenceBoxes, goldLetter, type Item} from '../src/benchmarks/generators/item.js'

const {values} = parseArgs({
  options: {n: {type: 'string'}, seed: {type: 'string'}, out: {type: 'string'}, subtask: {type: 'string'}},
})
const {n, seed, out, subtask} = values
if (n === undefined || seed === undefined || out === undefined) throw new Error('--n, --seed and --out are needed')

const tasks = subtask === undefined ? hopsTasks : subtask.split(',').map(name => hopsTasks.find(task => task.name === name)!)
const kinds = cardKinds()
const numberOf = new Map(kinds.map((card, k) => [cardKey(card), k]))

function line(item: Item): string {
  return `${JSON.stringify({
    id: item.id,
    subtask: item.subtask,
    question: item.question,
    options: item.options,
    answer: goldLetter(item),
    word: item.answer,
    boxes: evidenceBoxes(item),
    evidence: item.evidence,
    chain: item.chain,
    cells: item.pictures.map(picture => ('data' in picture ? null : picture.map(card => numberOf.get(cardKey(card))!))),
  })}\n`
}

await mkdir(out, {recursive: true})
await writeFile(join(out, 'cards.json'), `${JSON.stringify(kinds)}\n`)
await writeFile(join(out, 'cards.rgb'), Buffer.concat(kinds.map(card => drawCard(card).data)))
await pipeline(
  function* () {
    for (const item of drawItems(tasks, Number(n), Number(seed))) yield line(item)
  },
  createWriteStream(join(out, 'items.jsonl')),
)
