import {random} from '../core/random.js'
import {
  decide,
  ignoresDrawn,
  type LatentMachine,
  latentMachine,
  markersOnly,
  plainDecoding,
  stateAfter,
  stopAfter,
  stopDistance,
  withoutBlocks,
} from './latent-machine.js'
import type {Protocol} from './protocol.js'
import {protocolNamed, protocolNames} from './protocols.js'

// A fake model with a fixed tape: tape[t] is the argmax of forward t; forward 0 is the prefill.
// S, P, E, $ are START, PAD, END and the end of sequence; every other letter is an ordinary token.
const code = (letter: string) => letter.charCodeAt(0)
const ids = {start: code('S'), pad: code('P'), end: code('E')}
const eos = new Set([code('$')])

/** Ids, and for every replaced position which state it was fed (-1: the last prompt position). */
interface Trace {
  ids: string
  fed: string
}

function run(
  machine: LatentMachine,
  tape: string,
  {prompt = '.', max = 64}: {prompt?: string; max?: number} = {},
): Trace {
  let state = stateAfter(machine, [...prompt].map(code))
  let written = ''
  const fed: string[] = []
  for (const letter of tape) {
    const decision = decide(machine, state, code(letter))
    if (decision.latent) fed.push(`${written.length}<${written.length - 1}`)
    written += String.fromCharCode(decision.id)
    if (stopAfter(machine, decision, written.length, {maxNewTokens: max, eos})) break
    state = decision.state
  }
  return {ids: written, fed: fed.join(' ')}
}

const machine = (name: string, size: number | null = null) => latentMachine(protocolNamed(name), ids, size)

describe('conformance traces (design/latent-reasoning.md 2.7)', () => {
  const only = markersOnly(machine('lantern', 3))
  const rows: [string, LatentMachine, string, string, string, {prompt?: string; max?: number}?][] = [
    ['1 LanteRn K=3', machine('lantern', 3), 'ASxxxxB$', 'ASPPPEB$', '2<1 3<2 4<3'],
    ['2 LanteRn, EOS END START inside', machine('lantern', 3), 'S$ESPB$', 'SPPPEB$', '1<0 2<1 3<2'],
    ['3 LanteRn K=2, two blocks', machine('lantern', 2), 'SxxxSyyyC$', 'SPPESPPEC$', '1<0 2<1 5<4 6<5'],
    ['4 LanteRn, cap 3', machine('lantern', 3), 'Sxxx', 'SPP', '1<0 2<1', {max: 3}],
    ['5 LanteRn, END and SEP outside', machine('lantern', 3), 'AEPB$', 'AEPB$', ''],
    ['6 LanteRn, prompt ends with START', machine('lantern', 3), 'xx$', 'xx$', '', {prompt: 'S'}],
    ['7 markers-only', only, 'ASxB$', 'ASEB$', ''],
    ['8 markers-only, START after START', only, 'SSB$', 'SEB$', ''],
    ['9 LVR S=3', machine('lvr', 3), 'ASabcdB$', 'ASabcdB$', '2<1 3<2 4<3'],
    ['10 LVR, EOS and END inside', machine('lvr', 3), 'S$EcB$', 'S$EcB$', '1<0 2<1 3<2'],
    ['11 LVR, prompt ends with START', machine('lvr', 3), 'abcd$', 'abcd$', '0<-1 1<0 2<1', {prompt: 'S'}],
    ['12 LVR, cap 3', machine('lvr', 3), 'Sabcde', 'Sabcd', '1<0 2<1 3<2', {max: 3}],
    ['13 LVR vanilla', machine('lvr-vanilla'), 'SabEB$', 'SabEB$', '1<0 2<1'],
    ['14 Monet L=3', machine('monet', 3), 'ASabcB$', 'ASabEB$', '1<0 2<1 3<2'],
    ['15 Monet L=10, early END', machine('monet', 10), 'ASaEB$', 'ASaEB$', '1<0 2<1'],
    ['16 Monet L=1', machine('monet', 1), 'ASabB$', 'ASEbB$', '1<0'],
    ['17 Monet HF K=3', machine('monet-hf', 3), 'ASxxxxB$', 'ASPPPEB$', '2<1 3<2 4<3'],
    ['18 Monet HF, early END', machine('monet-hf', 3), 'ASxEB$', 'ASPEB$', '2<1'],
    ['19 Mirage 8, early END', machine('mirage', 8), 'ASxxEB$', 'ASPPEB$', '2<1 3<2'],
    ['20 Mirage 3, forced END', machine('mirage', 3), 'SxxxxB$', 'SPPPEB$', '1<0 2<1 3<2'],
    ['21 Mirage, END at once', machine('mirage', 8), 'SEB$', 'SEB$', ''],
    ['22 CapImagine K=2, START inside', machine('monet-hf', 2), 'SxSxxxB$', 'SPSPExB$', '1<0 3<2'],
    ['23 ILVR K=2, START inside', machine('ilvr', 2), 'SxSxxxB$', 'SPSPPEB$', '1<0 3<2 4<3'],
    ['24 SkiLa M=3, prompt ends with START', machine('skila', 3), 'xxxxB$', 'PPPEB$', '0<-1 1<0 2<1', {prompt: 'S'}],
  ]
  // A missing last column would become jest's done callback.
  it.each(rows.map(row => [row[0], row] as const))('%s', (_name, [, rules, tape, expected, fed, options]) => {
    expect(run(rules, tape, options)).toEqual({ids: expected, fed})
  })
})

describe('rules that the traces do not show', () => {
  it('K = 0 and markers-only are the same', () => {
    for (const tape of ['ASxB$', 'SSB$', 'AS$', 'SESE$'])
      expect(run(machine('lantern', 0), tape)).toEqual(run(markersOnly(machine('lantern', 5)), tape))
  })
  it('Monet with 0 latents behaves as with 1', () => {
    expect(run(machine('monet', 0), 'ASabB$')).toEqual(run(machine('monet', 1), 'ASabB$'))
  })
  it('refuses a number of latents that the loop of the method could not feed', () => {
    expect(() => machine('lantern', -1)).toThrow('-1 is not a valid number of latents per block')
    // Its own loop would still feed one.
    expect(() => machine('swimbird', 0)).toThrow('0 is not a valid number of latents per block for swimbird')
  })
  it('without blocks nothing is forced, and no vector is fed', () => {
    expect(run(withoutBlocks(machine('laser', 2)), 'aSbcd$', {prompt: 'S'})).toEqual({ids: 'aSbcd$', fed: ''})
    expect(run(withoutBlocks(machine('univlr', 2)), 'aESbE$')).toEqual({ids: 'aESbE$', fed: ''})
  })
  it('Mirage opens one block only', () => {
    expect(run(machine('mirage', 2), 'SxxxASxB$')).toEqual({ids: 'SPPEASxB$', fed: '1<0 2<1'})
  })
  it('plain and discrete decoding feed every token as itself', () => {
    for (const rules of [plainDecoding(ids), machine('covt')])
      expect(run(rules, 'ASxPEB$')).toEqual({ids: 'ASxPEB$', fed: ''})
  })
  it('the stop vector closes a block, vetoes entry, and a consumed START restarts the count', () => {
    const rules = machine('lvr-latent-end', 2)
    const afterStart = stateAfter(rules, [ids.start])
    const opened = decide(rules, afterStart, code('a'))
    expect(opened).toMatchObject({state: {inBlock: true, used: 1, blocks: 1}, id: code('a'), latent: true})
    const closed = {id: code('b'), latent: false, state: {inBlock: false}}
    expect(decide(rules, opened.state, code('b'), true)).toMatchObject(closed)
    expect(decide(rules, afterStart, code('b'), true)).toMatchObject(closed)
    const spent = {...afterStart, inBlock: true, used: 2, blocks: 1}
    expect(decide(rules, spent, code('c'))).toMatchObject({latent: true, state: {used: 1}})
  })
  it('an unbounded block that defers its stop ends at the hard limit', () => {
    expect(run(machine('lvr-vanilla'), 'S'.padEnd(100, 'a'), {max: 5}).ids).toHaveLength(11)
  })
  it('measures the distance to a stop vector', () => {
    const [a, b] = [Float32Array.of(1, 0), Float32Array.of(0, 1)]
    expect(stopDistance('mse', a, b)).toBe(1)
    expect(stopDistance('mae', a, Float32Array.of(0, 0))).toBe(0.5)
    expect(stopDistance('cosine', a, b)).toBe(1)
    expect(stopDistance('cosine', a, a)).toBe(0)
  })
})

// The authors' loops, written out one by one from the notes on their code, without decide(): a second opinion on the
// state machine.
// Each takes a tape and gives ids and replaced positions in the same form as run().
type Loop = (tape: string, k: number, max: number) => Trace
const trace = (written: string[], fed: number[]): Trace => ({
  ids: written.join(''),
  fed: fed.map(j => `${j}<${j - 1}`).join(' '),
})

const loops: Record<string, Loop> = {
  // A counter that runs while the flag is set; END when the counter has passed K.
  lantern(tape, k, max) {
    const written: string[] = []
    const fed: number[] = []
    let latentMode = false
    let counter = 0
    for (const argmax of tape) {
      const starts = !latentMode && argmax === 'S'
      if (starts) latentMode = true
      let next = argmax
      if (latentMode && !starts) {
        counter++
        next = counter > k ? 'E' : 'P'
        if (counter > k) {
          latentMode = false
          counter = 0
        } else fed.push(written.length)
      }
      written.push(next)
      if (next === '$' || written.length >= max) break
    }
    return trace(written, fed)
  },
  // A countdown set when START is consumed; ids are what the model says; stopping waits for the countdown.
  lvr(tape, k, max) {
    const written: string[] = []
    const fed: number[] = []
    let left = -1
    for (const argmax of tape) {
      if (left < 0 && written.at(-1) === 'S') left = k
      const latent = left > 0
      if (latent) fed.push(written.length)
      written.push(argmax)
      if (left >= 0) left = latent ? left - 1 : -1
      if (!latent && (argmax === '$' || written.length >= max)) break
    }
    return trace(written, fed)
  },
  // The same without a countdown: only END leaves the mode.
  'lvr-vanilla'(tape, _k, max) {
    const written: string[] = []
    const fed: number[] = []
    let on = false
    for (const argmax of tape) {
      on = (on || written.at(-1) === 'S') && argmax !== 'E'
      if (on) fed.push(written.length)
      written.push(argmax)
      if (!on && (argmax === '$' || written.length >= max)) break
      if (written.length >= 2 * max + 1) break
    }
    return trace(written, fed)
  },
  // The sampled ids of a row are scanned after each step: START's own embedding is replaced too.
  monet(tape, k, max) {
    const written: string[] = []
    const fed: number[] = []
    let length = 0
    for (const argmax of tape) {
      let next = argmax
      if (length === 0) length = argmax === 'S' ? 1 : 0
      else if (argmax === 'E') length = 0
      else if (length >= k) {
        next = 'E'
        length = 0
      } else length++
      if (length > 0) fed.push(written.length)
      written.push(next)
      if (next === '$' || written.length >= max) break
    }
    return trace(written, fed)
  },
  'monet-hf': (tape, k, max) => padLoop(tape, k, max, () => {}),
  ilvr: (tape, k, max) => padLoop(tape, k, max, count => count.reset()),
  // START opens when it has been consumed; END may come early; otherwise the pad is written.
  skila(tape, k, max) {
    const written: string[] = []
    const fed: number[] = []
    let sketch: number | null = null
    for (const argmax of tape) {
      if (sketch === null && written.at(-1) === 'S') sketch = 0
      let next = argmax
      if (sketch !== null && (argmax === 'E' || sketch === k)) {
        next = 'E'
        sketch = null
      } else if (sketch !== null) {
        next = 'P'
        sketch++
        fed.push(written.length)
      }
      written.push(next)
      if (next === '$' || written.length >= max) break
    }
    return trace(written, fed)
  },
}

/**
 * The loop of Monet (Hugging Face) and its relatives: markers are always embedded, everything between them becomes a
 * pad until k.
 */
function padLoop(tape: string, k: number, max: number, onNestedStart: (count: {reset: () => void}) => void): Trace {
  const written: string[] = []
  const fed: number[] = []
  let within = false
  let count = 0
  for (const argmax of tape) {
    let next = argmax
    if (argmax === 'S') {
      if (within) onNestedStart({reset: () => (count = 0)})
      else count = 0
      within = true
    } else if (within) {
      if (argmax === 'E') within = false
      else if (count < k) {
        next = 'P'
        fed.push(written.length)
        count++
      } else {
        next = 'E'
        within = false
      }
    }
    written.push(next)
    if (next === '$' || written.length >= max) break
  }
  return trace(written, fed)
}

describe("random tapes: the state machine equals direct re-implementations of the authors' loops", () => {
  it.each(Object.keys(loops))('%s', name => {
    const draws = random('protocols.test', name)
    const differences: unknown[] = []
    for (let i = 0; i < 6000; i++) {
      const length = 1 + draws.integer(24)
      const tape = Array.from({length}, () => draws.pick([...'SSEPabc$'])).join('')
      const k = 1 + draws.integer(4)
      const max = draws.next() < 0.3 ? 1 + draws.integer(8) : 40
      const rules = machine(name, name === 'lvr-vanilla' ? null : k)
      const [mine, theirs] = [run(rules, tape, {max}), loops[name]!(tape, k, max)]
      if (mine.ids !== theirs.ids || mine.fed !== theirs.fed) differences.push({tape, k, max, mine, theirs})
    }
    expect(differences).toEqual([])
  })
  it('mirage, up to the end of its first block', () => {
    const draws = random('protocols.test', 'mirage')
    const differences: unknown[] = []
    for (let i = 0; i < 6000; i++) {
      const tape = Array.from({length: 1 + draws.integer(24)}, () => draws.pick([...'SEPabc$'])).join('')
      const k = 1 + draws.integer(4)
      const [mine, theirs] = [run(machine('mirage', k), tape), padLoop(tape, k, 64, () => {})]
      const firstEnd = (t: Trace) => t.ids.slice(0, t.ids.indexOf('E', t.ids.indexOf('S') + 1) + 1 || undefined)
      if (firstEnd(mine) !== firstEnd(theirs)) differences.push({tape, k, mine, theirs})
    }
    expect(differences).toEqual([])
  })
})

describe('a token that is ignored', () => {
  it('is that of every step within the blocks of LanteRn, and none of LVR, which records it', () => {
    const inside = (name: string) => {
      const bound = machine(name, 3)
      let state = stateAfter(bound, [code('.')])
      return [...'ASxxxxB'].map(letter => {
        const ignored = ignoresDrawn(bound, state)
        state = decide(bound, state, code(letter)).state
        return Number(ignored)
      })
    }
    expect(inside('lantern')).toEqual([0, 0, 1, 1, 1, 1, 0])
    expect(inside('lvr')).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  const letters = 'SPE$xy'
  const named = protocolNames().map(name => [name, protocolNamed(name)] as const)
  const rules: (readonly [string, Protocol])[] = [
    ...named,
    ...(['none', 'forceEnd'] as const).map(exit => {
      const stopVector = {tensor: 'x', metric: 'mse', threshold: 1} as const
      return [`a stop vector, ${exit}`, {...protocolNamed('lantern'), exit, stopVector}] as const
    }),
  ]
  it.each(rules)('makes no difference under %s, and any other one may', (_name, protocol) => {
    const noise = random('ignored', protocol.name)
    const size = Math.max(2, protocol.leastBudget)
    const forced = protocol.forcedAfterExit.length > 0 ? [code('F'), code('G')] : []
    const bound = latentMachine(protocol, ids, size, {forced})
    const states = Array.from({length: 40}, () => {
      let state = stateAfter(bound, [code('.'), code(noise.next() < 0.3 ? 'S' : '.')])
      const seen = [state]
      for (let step = 0; step < 12; step++) {
        const letter = letters[noise.integer(letters.length)]!
        state = decide(bound, state, code(letter), noise.next() < 0.1).state
        seen.push(state)
      }
      return seen
    }).flat()
    const stops = protocol.stopVector === null ? [false] : [false, true]
    for (const state of states) {
      const alike = stops.every(
        stop => new Set([...letters].map(drawn => JSON.stringify(decide(bound, state, code(drawn), stop)))).size === 1,
      )
      // A repetition needs as many equal ids as the rule says, which the rule of thumb does not count.
      if (ignoresDrawn(bound, state)) expect(alike).toBe(true)
      else if (protocol.repetitionExit === null) expect(alike).toBe(false)
    }
  })
})
