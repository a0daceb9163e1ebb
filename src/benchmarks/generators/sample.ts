// Turns a drawn item into the Sample that an adapter would read back from the files. Used where no files are wanted.
import {type ImageRef, letterOf, type Sample} from '../../core/sample.js'
import {hopsLatents} from './hops-folder.js'
import {evidenceBoxes, goldLetter, type Item, latentBoxes, pngs} from './item.js'

/**
 * The full prompt in BLINK's format (benchmarks.md 2.2): introduction or question, then the options with bracketed
 * letters.
 */
export function fullPrompt(item: Item): string {
  return [item.introduction ?? item.question, 'Select from the following choices.', ...lettered(item)].join('\n')
}

function lettered({options}: Item): string[] {
  return options.map((option, k) => `(${letterOf(k)}) ${option}`)
}

/** The item as a sample of `benchmark`. Pictures are encoded when their bytes are requested. */
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
    ...(benchmark === 'vstar' && {officialPrompt: [item.question, ...lettered(item)].join('\n')}),
    ...(!open && {options: item.options, letters: item.options.map((_, k) => letterOf(k))}),
    gold: open ? item.answer : goldLetter(item),
    ...(item.group !== undefined && {group: item.group}),
    boxes: benchmark.startsWith('hops') ? latentBoxes(item, hopsLatents) : evidenceBoxes(item),
    extra: {chain: item.chain},
  }
}
