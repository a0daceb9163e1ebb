// The prompts of one sample, arm by arm: with its own pictures, or with those of a control. Equal pictures are one
// object in all of them, so that a session looks at each once.
import type {Arm, Mode, Prompt, Request} from '../core/generation.js'
import type {Sample} from '../core/sample.js'
import {interventionNamed} from '../modes/interventions.js'
import {controlledPictures, type PictureControl} from '../modes/picture-controls.js'
import {boxPrompt, buildPrompt} from '../modes/prompts.js'
import {cropOf} from './crop-turns.js'
import type {PreparedBenchmark} from './prepare.js'
import type {RunSpec} from './spec.js'

export class Pictures {
  readonly #prompts = new Map<string, Prompt>()

  constructor(
    readonly spec: Pick<RunSpec, 'seed'>,
    readonly bench: Pick<PreparedBenchmark, 'form'>,
    readonly sample: Sample,
    /** A sample with other pictures, if there is one. */
    readonly other: Sample | null,
  ) {}

  /** The prompt of an arm, and the other pictures that its latents need. Throws as `buildPrompt` does. */
  shownTo(arm: Arm): Pick<Request, 'prompt' | 'looksAt' | 'foreign'> {
    const {mode, intervention} = arm
    const {form} = this.bench
    const crop = cropOf(arm, form)
    if (crop) return {prompt: boxPrompt(this.sample, form, crop)}
    const {picture, needs} = interventionNamed(intervention ?? 'own')
    const foreign = needs === 'foreign-crops' ? this.other?.images[0] : undefined
    return {
      prompt: this.#prompt(mode, picture?.for === 'answer' ? picture.is : null),
      ...(picture?.for === 'latents' && {looksAt: this.#prompt(mode, picture.is)}),
      ...(foreign && {foreign}),
    }
  }

  #prompt(mode: Mode, control: PictureControl | null): Prompt {
    const {sample, other, spec, bench} = this
    const key = `${mode} ${control}`
    const images = () => {
      const seed = [spec.seed, sample.benchmark, sample.id]
      return {images: controlledPictures(sample, control!, {other, seed})}
    }
    const known =
      this.#prompts.get(key) ?? buildPrompt({...sample, ...(control !== null && images())}, mode, bench.form)
    this.#prompts.set(key, known)
    return known
  }
}
