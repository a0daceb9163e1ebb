// A drawn item as a Sample, as an adapter would read it back from the files. Used where no files are wanted.
import {type ImageRef, letterOf, type Sample} from '../../core/sample.js'
import {hopsLatents} from './hops-folder.js'
import {evidenceBoxes, goldLetter, type Item, latentBoxes, pngs} from './item.js'

/**
 * The full prompt in BLINK's manner (design/benchmarks.md 2.2): introduction or question, then the options with
 * bracketed letters.
 */
export function fullPrompt(item: Item): string {
  const options = item.options.map((option, k) => `(${letterOf(k)}) ${option}`)
  return [item.introduction ?? item.question, 'Select from the following choices.', ...options].join('\n')
}

/** The item as a sample of `benchmark`; pictures are encoded when their bytes are asked for. */
export function toSample(benchmark: string, item: Item): Sample {
  const open = item.options.length === 0
  return {
    id: item.id,
    benchmark,
    subtask: item.subtask,
    images: item.pictures.map((_, k): ImageRef => {
      const source = `${item.id}.png${k === 0 ? '' : `#${k + 1}`}`
      return {source, orientation: 'ignore', bytes: async () => pngs(item)[k]!}
    }),
    question: item.question,
    ...(benchmark === 'blink' && {officialPrompt: fullPrompt(item)}),
    ...(!open && {options: item.options, letters: item.options.map((_, k) => letterOf(k))}),
    gold: open ? item.answer : goldLetter(item),
    boxes: benchmark === 'hops' ? latentBoxes(item, hopsLatents) : evidenceBoxes(item),
    extra: {chain: item.chain},
  }
}
