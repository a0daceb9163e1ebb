// Writes items in the layout of craigwu/vstar_bench: one folder per category with <stem>.png and <stem>.json (boxes as
// x, y, width, height; options as sentences, the right one first), and test_questions.jsonl with lettered options
// (benchmarks.md 3.2).
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {makeFolder} from '../../core/folders.js'
import {letterOf} from '../../core/sample.js'
import {evidenceBoxes, goldLetter, type Item, pngs, type Share} from './item.js'
import {writeLines} from './write-lines.js'

const instruction = "Answer with the option's letter from the given choices directly."

export async function writeVstar(dir: string, shares: readonly Share[]): Promise<void> {
  await writeLines(join(dir, 'test_questions.jsonl'), async function* () {
    let number = 0
    for (const {task, items} of shares) {
      await makeFolder(join(dir, task.name))
      for (const item of items) {
        const stem = `${task.name}/sa_${number}`
        await writeFile(join(dir, `${stem}.png`), pngs(item)[0]!)
        await writeFile(join(dir, `${stem}.json`), `${JSON.stringify(annotation(item))}\n`)
        const options = item.options.map((option, k) => `(${letterOf(k)}) ${option}`)
        yield {
          question_id: `${number}`,
          category: task.name,
          label: goldLetter(item),
          image: `${stem}.png`,
          text: [item.question, ...options, instruction].join('\n'),
        }
        number++
      }
    }
  })
}

function annotation(item: Item): unknown {
  const wrong = item.options.filter(option => option !== item.answer)
  return {
    target_object: item.chain,
    bbox: evidenceBoxes(item).map(([x1, y1, x2, y2]) => [x1, y1, x2 - x1, y2 - y1]),
    question: item.question,
    options: [item.answer, ...wrong].map(option => statement(item, option)),
  }
}

/** The option as a full sentence, as in the official annotations. */
function statement({subtask, chain}: Item, option: string): string {
  return subtask === 'direct_attributes'
    ? `The color of the ${chain[0]} is ${option}.`
    : `The ${chain[0]} is on the ${option} side of the ${chain[1]}.`
}
