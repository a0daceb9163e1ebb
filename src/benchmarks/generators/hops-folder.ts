// A folder of hops data: PNG files beside items.jsonl. Writing it; ../hops.ts reads it.
import {createWriteStream} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {evidenceBoxes, goldLetter, type Item, pngs} from './item.js'

export const itemsFile = 'items.jsonl'

/** A line of items.jsonl (cli.md, "Other JSON"). `image` is the file beside it. */
export function itemLine(item: Item) {
  return {
    id: item.id,
    subtask: item.subtask,
    image: `${item.id}.png`,
    question: item.question,
    options: item.options,
    answer: goldLetter(item),
    boxes: evidenceBoxes(item),
    chain: item.chain,
  }
}

/** Writes the items as they are drawn; memory does not grow with their number. Throws the system error of a full or read-only disk. */
export async function writeHopsFolder(dir: string, items: Iterable<Item>): Promise<void> {
  await mkdir(dir, {recursive: true})
  async function* lines() {
    for (const item of items) {
      await writeFile(join(dir, `${item.id}.png`), pngs(item)[0]!)
      yield `${JSON.stringify(itemLine(item))}\n`
    }
  }
  await pipeline(lines, createWriteStream(join(dir, itemsFile)))
}
