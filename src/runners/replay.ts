// `replay:PATH`: returns saved answers so that they can be scored again. No picture is read and no model is asked.
import {failedGeneration, type Generation, type Request, unknownTiming, unknownUsage} from '../core/generation.js'
import {defineRunner, type ModelIdentity, type Session} from './runner.js'
import {readSavedAnswers, type SavedAnswers} from './saved-answers.js'

const scheme = 'replay:'

export const replayRunner = defineRunner({
  name: 'replay',
  references: [{form: 'replay:PATH', meaning: 'saved answers'}],
  accepts: ref => ref.startsWith(scheme),
  async open(ref, {common}) {
    const warn = (message: string) => common.notify({type: 'warning', message})
    const answers = await readSavedAnswers(ref.slice(scheme.length), common.benchmarks, warn)
    const {repeats = 1} = common
    if (answers.repeats > repeats)
      warn(`${ref} answers some samples ${answers.repeats} times, of which the first ${repeats} are taken (--repeats).`)
    return new ReplaySession(ref, answers)
  },
})

class ReplaySession implements Session {
  readonly #answers: SavedAnswers
  readonly #identity: ModelIdentity

  constructor(ref: string, answers: SavedAnswers) {
    this.#answers = answers
    this.#identity = {
      ref,
      sha256: answers.sha256(),
      details: {answers: answers.size},
      latent: null,
      observesLatents: false,
      needsImages: false,
      remote: false,
    }
  }

  describe(): ModelIdentity {
    return this.#identity
  }

  async *generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal): AsyncGenerator<Generation> {
    for await (const group of groups) {
      for (const request of group) {
        if (signal.aborted) return
        yield this.#answer(request)
      }
    }
  }

  #answer(request: Request): Generation {
    const answer = this.#answers.get(request.sample.benchmark, request.sample.id, request.repeat ?? 0)
    if (answer === undefined) return failedGeneration(request, 'no-answer', 'no saved answer', 0)
    if (answer.error !== undefined) return failedGeneration(request, 'saved-error', answer.error, 0)
    const {text, stop, usage = unknownUsage, timing = unknownTiming} = answer
    return {request, text, stop, usage, timing, attempts: 0, seen: null}
  }

  async close(): Promise<void> {}
}
