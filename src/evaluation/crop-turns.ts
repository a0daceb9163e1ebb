// The mode `crop` asks twice: the answer to the first request is a box, and the second shows the picture inside it.
// Requests of other modes pass through unchanged.
import type {Arm, Generation, Request, Step, Timing, Usage} from '../core/generation.js'
import type {CropForm, PromptForm} from '../core/prompt-form.js'
import type {Box} from '../core/sample.js'
import {parseCropBox} from '../metrics/boxes.js'
import {croppedPicture} from '../modes/crop.js'
import {cropPrompt} from '../modes/prompts.js'
import type {OnDisk, Session} from '../runners/runner.js'

/**
 * How many samples are asked for their boxes before their questions follow. A session may wait for a full batch before
 * it answers, so the second requests cannot be fed into the stream of the first.
 */
const samplesAhead = 64

/** What the official script takes for a box that it cannot read: all of the picture. */
const wholePicture: Box = [0, 0, 1, 1]

/** How an arm asks for boxes; undefined if it does not. */
export function cropOf({mode}: Pick<Arm, 'mode'>, {crop}: PromptForm): CropForm | undefined {
  return mode === 'crop' ? crop : undefined
}

/**
 * Answers the groups as `Session.generate` does, each request once. A generation of the mode `crop` is that of its
 * second request, with the first in `steps`; if the first failed, that failure. Saved answers know no first requests,
 * so sessions that need no pictures are asked once. A killed run of the mode `crop` may ask the boxes of a window
 * again; they are in the cache.
 */
export async function* askInTurns(
  {session, arms}: {readonly session: Session; readonly arms: readonly Arm[]},
  groups: AsyncIterable<readonly Request[]>,
  form: PromptForm,
  signal: AbortSignal,
  onDisk?: OnDisk,
): AsyncGenerator<Generation> {
  if (!arms.some(arm => cropOf(arm, form)) || !session.describe().needsImages) {
    yield* session.generate(groups, signal, onDisk)
    return
  }
  for await (const ahead of windowsOf(groups)) {
    const asking = ahead.map(group => group.filter(({arm}) => cropOf(arm, form)))
    const boxes = new Map<Request, Generation>()
    for await (const answer of answersTo(session, asking, signal)) boxes.set(answer.request, answer)
    const seconds = new Map<Request, Generation>()
    const following: Request[][] = []
    for (const group of ahead) {
      const next: Request[] = []
      for (const request of group) {
        const crop = cropOf(request.arm, form)
        const answer = boxes.get(request)
        if (crop === undefined) next.push(request)
        else if (answer?.stop === 'error') yield answer
        else if (answer !== undefined) {
          const second = secondRequest(answer, form, crop)
          seconds.set(second, answer)
          next.push(second)
        }
      }
      following.push(next)
    }
    let answered = 0
    for await (const answer of answersTo(session, following, signal)) {
      const first = seconds.get(answer.request)
      yield first ? withFirst(answer, first) : answer
      answered++
    }
    // A budget is used up, or the run was stopped: what is left is for the next run.
    const left = asking.flat().length > boxes.size || following.flat().length > answered
    if (signal.aborted || left) return
  }
}

async function* windowsOf(groups: AsyncIterable<readonly Request[]>): AsyncGenerator<(readonly Request[])[]> {
  let ahead: (readonly Request[])[] = []
  for await (const group of groups) {
    ahead.push(group)
    if (ahead.length < samplesAhead) continue
    yield ahead
    ahead = []
  }
  if (ahead.length > 0) yield ahead
}

async function* answersTo(
  session: Session,
  groups: readonly (readonly Request[])[],
  signal: AbortSignal,
): AsyncGenerator<Generation> {
  const filled = groups.filter(({length}) => length > 0)
  if (filled.length === 0 || signal.aborted) return
  yield* session.generate(
    (async function* () {
      yield* filled
    })(),
    signal,
  )
}

function secondRequest({request, text}: Generation, form: PromptForm, crop: CropForm): Request {
  const answer = text.trim()
  const [image] = request.sample.images
  const picture = croppedPicture(image!, parseCropBox(answer) ?? wholePicture)
  return {...request, prompt: cropPrompt(request.sample, form, {crop, answer, picture})}
}

/** The second answer for the request that the loop made, with the first among its steps. */
function withFirst(answer: Generation, first: Generation): Generation {
  const {text, stop, usage, timing, attempts, seen, cached, costUsd} = first
  const step: Step = {
    ...{text, stop, usage, timing, attempts, seen},
    ...(cached && {cached}),
    ...(costUsd !== undefined && {costUsd}),
    box: parseCropBox(text.trim()),
  }
  const {cached: secondCached, costUsd: secondCost, ...rest} = answer
  return {
    ...rest,
    usage: sumOf(usage, answer.usage),
    timing: timeOf(timing, answer.timing),
    attempts: attempts + answer.attempts,
    // An answer is from the cache only if nothing was asked for it.
    ...((cached || secondCached) && {cached: Boolean(cached && secondCached)}),
    ...(secondCost !== undefined && {costUsd: plus(costUsd ?? null, secondCost)}),
    steps: [step],
  }
}

function sumOf(one: Usage, other: Usage): Usage {
  const names = Object.keys(other) as (keyof Usage)[]
  const sums = names.map(name => [name, plus(one[name] ?? null, other[name] ?? null)])
  return {...other, ...Object.fromEntries(sums)}
}

/** The first token that counts is that of the second answer, after all of the first. */
function timeOf(one: Timing, other: Timing): Timing {
  return {
    ...other,
    firstTokenMs: plus(one.totalMs, other.firstTokenMs),
    totalMs: plus(one.totalMs, other.totalMs),
  }
}

function plus(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other
}
