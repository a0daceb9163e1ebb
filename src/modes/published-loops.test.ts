// The loops of the methods of 2026, written out one by one from their public code's control flow, without decide(): a
// second opinion on the state machine, on random tapes. latent-machine.test.ts does the same for the earlier methods.
import {random} from '../core/random.js'
import {decide, type LatentMachine, latentMachine, stateAfter, stopAfter} from './latent-machine.js'
import type {Protocol} from './protocol.js'
import {protocolNamed} from './protocols.js'
import {stopStringWatch} from './stop-strings.js'

// S, P, E, $ are START, PAD, END and the end of sequence; A begins an answer, L is the latent-end token; < and > make
// the stop string "<>".
const code = (letter: string) => letter.charCodeAt(0)
const text = (ids: readonly number[]) => String.fromCharCode(...ids)

interface Setting {
  readonly prompt: string
  readonly k: number
  readonly max: number
  readonly blocks: number
  readonly repetition: boolean
  readonly force: boolean
}

interface Trace {
  readonly ids: string
  readonly fed: readonly number[]
}

type Loop = (tape: string, setting: Setting) => Trace

function run(machine: LatentMachine, tape: string, {prompt, max}: Setting): Trace {
  let state = stateAfter(machine, [...prompt].map(code))
  const textStops = stopStringWatch(machine.rules, text)
  const ids: number[] = []
  const fed: number[] = []
  for (const letter of tape) {
    const decision = decide(machine, state, code(letter))
    if (decision.latent) fed.push(ids.length)
    ids.push(decision.id)
    state = decision.state
    const conditions = {maxNewTokens: max, eos: new Set([code('$')]), textStops: textStops(ids)}
    if (stopAfter(machine, decision, ids.length, conditions)) break
  }
  return {ids: text(ids), fed}
}

/** One switch says whether the next position is fed a state; END always turns it off. */
const laser: Loop = (tape, {prompt, k, max, repetition}) => {
  let all = prompt
  let on = false
  let steps = 0
  let answerDue = false
  const fed: number[] = []
  const written = () => all.slice(prompt.length)
  for (const [step, argmax] of [...tape].entries()) {
    let next = step === 0 ? 'S' : argmax
    if (answerDue) next = 'A'
    answerDue = false
    const starts = all.at(-1) === 'S'
    if (!on && starts) steps = 0
    if (on) steps++
    const repeated = repetition && on && all.length >= 2 && next === all.at(-1) && next === all.at(-2)
    if (on && (steps >= k || repeated)) {
      next = 'E'
      answerDue = true
    }
    on = (on || starts) && next !== 'E'
    if (on) fed.push(step)
    all += next
    if (!on && (next === '$' || written().length >= max)) break
  }
  return {ids: written(), fed}
}

/** A span of fixed length, once. */
const realvr: Loop = (tape, {prompt, k, max, force}) => {
  let all = prompt
  let left: number | null = null
  const fed: number[] = []
  const written = () => all.slice(prompt.length)
  let stopped = false
  for (const [step, argmax] of [...tape].entries()) {
    const next = force && step === 0 && prompt.at(-1) !== 'S' ? 'S' : argmax
    if (left === null && all.at(-1) === 'S') left = k
    const latent = left !== null && left > 0
    if (latent) {
      left!--
      fed.push(step)
    }
    all += next
    stopped ||= written().toLowerCase().includes('<a>')
    if (!latent && (next === '$' || stopped || written().length >= max)) break
  }
  return {ids: written(), fed}
}

/** Everything between START and END becomes the pad. */
const hylar: Loop = (tape, {prompt, k, max}) => {
  let all = prompt
  let on = false
  let count = 0
  const fed: number[] = []
  for (const [step, argmax] of [...tape].entries()) {
    if (!on && all.at(-1) === 'S') [on, count] = [true, 0]
    let next = argmax
    if (on && (argmax === 'E' || count >= k)) {
      next = 'E'
      on = false
    } else if (on) {
      next = 'P'
      count++
      fed.push(step)
    }
    all += next
    if (next === '$' || all.length - prompt.length >= max) break
  }
  return {ids: all.slice(prompt.length), fed}
}

/** Slots count down; after END comes START, or the latent-end token once all blocks are done. */
const univlr: Loop = (tape, {prompt, k, max, blocks}) => {
  let all = prompt
  let on = false
  let slots = 0
  let done = 0
  const fed: number[] = []
  for (const [step, argmax] of [...tape].entries()) {
    const last = all.at(-1)
    const starts = last === 'S' && done < blocks
    let next: string = on && slots <= 1 ? 'E' : argmax
    const afterEnd = last === 'E'
    if (afterEnd) next = done < blocks ? 'S' : 'L'
    const entered = !on && starts
    slots = (entered ? k : slots) - (on ? 1 : 0)
    on = (on || starts) && next !== 'E' && slots > 0
    if (next === 'E') done++
    if (on) fed.push(step)
    all += next
    const tested = next === '$' || all.length - prompt.length >= max
    if (!on && !afterEnd && tested) break
  }
  return {ids: all.slice(prompt.length), fed}
}

const methods: Record<string, {loop: Loop; rules: (setting: Setting) => Partial<Protocol>; least?: number}> = {
  laser: {loop: laser, rules: ({repetition}) => ({repetitionExit: repetition ? 3 : null})},
  realvr: {
    loop: realvr,
    rules: ({force}) => ({forceStart: force ? 'unlessPromptEndsWithStart' : 'never', stopStrings: ['<A>']}),
    least: 0,
  },
  hylar: {loop: hylar, rules: () => ({})},
  swimbird: {loop: hylar, rules: () => ({})},
  univlr: {loop: univlr, rules: ({blocks}) => ({maxBlocks: blocks})},
}

describe("random tapes: the state machine equals the published loops' control flow", () => {
  test.each(Object.entries(methods))('%s', (name, {loop, rules, least = 1}) => {
    const draws = random('published-loops.test', name)
    const differences: unknown[] = []
    for (let i = 0; i < 12_000; i++) {
      const tape = Array.from({length: 1 + draws.integer(24)}, () => draws.pick([...'SSEEPaab<A>$'])).join('')
      const setting: Setting = {
        prompt: draws.pick(['q', 'q', 'qS', 'qE', 'SS']),
        k: least + draws.integer(6 - least),
        max: draws.next() < 0.4 ? 1 + draws.integer(8) : 60,
        blocks: 1 + draws.integer(3),
        repetition: draws.next() < 0.5,
        force: draws.next() < 0.5,
      }
      const bound = {start: code('S'), pad: code('P'), end: code('E')}
      const forced = name === 'laser' ? [code('A')] : name === 'univlr' ? [code('L')] : []
      const machine = latentMachine({...protocolNamed(name), ...rules(setting)}, bound, setting.k, {forced})
      const [mine, theirs] = [run(machine, tape, setting), loop(tape, setting)]
      if (mine.ids !== theirs.ids || String(mine.fed) !== String(theirs.fed))
        differences.push({tape, ...setting, mine, theirs})
    }
    expect(differences.slice(0, 3)).toEqual([])
  })
})
