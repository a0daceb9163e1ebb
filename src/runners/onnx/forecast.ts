// Counts the tokens of prompts for a local checkpoint without loading its model. It uses the same template, tokenizer
// and picture sizes as a run.
import {picturesOf} from '../../core/generation.js'
import type {Size} from '../picture-size.js'
import type {Forecast} from '../runner.js'
import {seenSize, tokenSide} from './image-processor.js'
import {loadPromptTools, type PixelOptions} from './load.js'
import {cellsOf, expandImages} from './prompt-tokens.js'
import type {Checkpoint} from './types.js'

/** Throws LanternError `bad-checkpoint` for a tokenizer or a template that cannot be used. */
export async function checkpointForecast(checkpoint: Checkpoint, options: PixelOptions): Promise<Forecast> {
  const {ids: special, vision} = checkpoint
  const {tokenizer, template, limits, pictureFetch} = await loadPromptTools(checkpoint, options)
  const cellsSeen = (picture: Size) => {
    const {width, height} = seenSize(picture, limits, pictureFetch, tokenSide(vision))
    return cellsOf({rows: height / vision.patch, columns: width / vision.patch}, vision)
  }
  return {
    basis: 'counted',
    rule: "the checkpoint's own tokenizer and image processor",
    price: null,
    async tokens(prompt, sizeOf) {
      const cells: number[] = []
      for (const picture of picturesOf(prompt)) cells.push(cellsSeen(await sizeOf(picture)))
      const all = expandImages(tokenizer.encode(await template(prompt)), special.image, cells)
      const image = cells.reduce((sum, count) => sum + count, 0)
      return {text: all.length - image, image}
    },
  }
}
