// Writes data of hops and hops-pairs: PNG files and items.jsonl (design/contract.md, "Other JSON"). ../hops.ts reads
// it.
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {goldLetter, type Item, latentBoxes, pngs, type Share} from './item.js'
import {writeLines} from './write-lines.js'

export const itemsFile = 'items.jsonl'

/** Number of latents of the built-in models: one per card of the longest walk. */
export const hopsLatents = 5

export async function writeHops(dir: string, shares: readonly Share[]): Promise<void> {
  await writeLines(join(dir, itemsFile), async function* () {
    for (const {items} of shares) {
      for (const item of items) {
        await writeFile(join(dir, `${item.id}.png`), pngs(item)[0]!)
        yield itemLine(item)
      }
    }
  })
}

function itemLine(item: Item): unknown {
  return {
    id: item.id,
    subtask: item.subtask,
    ...(item.group === undefined ? {} : {group: item.group}),
    image: `${item.id}.png`,
    question: item.question,
    options: item.options,
    answer: goldLetter(item),
    boxes: latentBoxes(item, hopsLatents),
    chain: item.chain,
  }
}
