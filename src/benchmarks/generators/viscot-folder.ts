// Writes items in the layout of the benchmark of deepcs233/Visual-CoT: benchmark/<data set>.json, benchmark_det/<data
// set>.jsonl and pictures under cot/. Each box is written in its three encodings (benchmarks.md 4.2).
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {makeFolder} from '../../core/folders.js'
import type {Box} from '../../core/sample.js'
import {pictureSize} from './cards.js'
import {evidenceBoxes, type Item, pngs, type Share} from './item.js'
import {writeLines} from './write-lines.js'

/** The text after every question in turn 1 of the official files. */
const boxRequest =
  'Please provide the bounding box coordinate of the region that can help you answer the question better.'

export async function writeViscot(dir: string, shares: readonly Share[]): Promise<void> {
  await makeFolder(join(dir, 'benchmark'))
  await makeFolder(join(dir, 'benchmark_det'))
  for (const {task, items} of shares) {
    await makeFolder(join(dir, 'cot', task.name))
    const records: unknown[] = []
    await writeLines(join(dir, 'benchmark_det', `${task.name}.jsonl`), async function* () {
      for (const item of items) {
        const id = records.length
        const path = `cot/${task.name}/${id}.png`
        const box = union(evidenceBoxes(item))
        await writeFile(join(dir, path), pngs(item)[0]!)
        records.push(conversation(task.name, id, path, box, item))
        yield {
          img_path: path,
          expression: item.question,
          bbox: box,
          height: pictureSize,
          width: pictureSize,
          question_id: id,
          split: 'val',
        }
      }
    })
    await writeFile(join(dir, 'benchmark', `${task.name}.json`), `${JSON.stringify(records)}\n`)
  }
}

function conversation(dataset: string, id: number, path: string, box: Box, item: Item): unknown {
  // The pictures are square, so padding to a square moves nothing.
  const normalised = box.map(value => (value / pictureSize).toFixed(3))
  return {
    dataset,
    split: 'val',
    question_id: id,
    image: [path, `${path}###[${box.join(', ')}]`],
    conversations: [
      {from: 'human', value: `<image>\n${item.question} ${boxRequest}`},
      {from: 'gpt', value: `[${normalised.join(', ')}]`},
      {from: 'human', value: '<image>'},
      {from: 'gpt', value: item.answer},
    ],
  }
}

/** The smallest box around all boxes: the official files give an answer with several sources a single box. */
function union(boxes: readonly Box[]): Box {
  const at = (k: 0 | 1 | 2 | 3) => boxes.map(box => box[k])
  return [Math.min(...at(0)), Math.min(...at(1)), Math.max(...at(2)), Math.max(...at(3))]
}
