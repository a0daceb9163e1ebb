// The conformance tapes of the goldens: a fake model with a fixed tape, and what each method makes of it. Their README
// says how they were made; `tapes*.json` of any folder of goldens is read (LANTERN_EVAL_GOLDENS).
import {describeGoldens, readJson} from '../../test/support/goldens.js'
import {decide, type LatentMachine, latentMachine, masksEos, stateAfter, stopAfter} from './latent-machine.js'
import {type Protocol, protocolDefaults} from './protocol.js'
import {protocolNamed, protocolNames} from './protocols.js'
import {stopStringWatch} from './stop-strings.js'

type Fields = Partial<Omit<Protocol, 'forcedAfterExit' | 'discretePrefix'>> & {
  readonly forcedAfterExit?: readonly string[]
  readonly discretePrefix?: readonly string[]
  readonly start?: string
  readonly pad?: string
  readonly end?: string
}

interface Tape {
  readonly n: number
  readonly method: string
  readonly fields: Fields
  readonly prompt: readonly string[]
  readonly prompt_full?: readonly string[]
  readonly tape: readonly string[]
  readonly max_new_tokens: number | null
  readonly ids: readonly string[]
  readonly replaced: readonly (readonly [number, number])[]
  readonly stop: string
  readonly why?: string
}

interface Tapes {
  readonly legend: {readonly text: Readonly<Record<string, string>>}
  readonly methods: Readonly<Record<string, Fields>>
  readonly tapes: readonly Tape[]
}

/** Symbols as ids, numbered as they are met. */
class Symbols {
  readonly #ids = new Map<string, number>()
  id(symbol: string): number {
    const known = this.#ids.get(symbol) ?? this.#ids.size
    this.#ids.set(symbol, known)
    return known
  }
  text(id: number): string {
    return [...this.#ids.keys()][id]!
  }
}

/** What the tapes state in symbols is bound to ids; everything else is the method's entry, changed by their fields. */
function machineOf({methods}: Tapes, {method, fields}: Pick<Tape, 'method' | 'fields'>, ids: Symbols): LatentMachine {
  const stated: Fields = {...methods[method], ...fields}
  const {start = 'S', pad = 'P', end = 'E', forcedAfterExit = [], discretePrefix = [], ...scalars} = stated
  const known = protocolNames().includes(method) ? protocolNamed(method) : {...protocolDefaults, source: 'a tape'}
  const rules: Protocol = {...known, ...scalars, name: method}
  const bound = {forced: forcedAfterExit.map(s => ids.id(s)), prefix: discretePrefix.map(s => ids.id(s))}
  return latentMachine(rules, {start: ids.id(start), pad: ids.id(pad), end: ids.id(end)}, null, bound)
}

function run(tapes: Tapes, one: Tape): Pick<Tape, 'ids' | 'replaced' | 'stop'> {
  const symbols = new Symbols()
  const machine = machineOf(tapes, one, symbols)
  const eos = new Set([symbols.id('$')])
  const decode = (ids: readonly number[]) =>
    ids.map(id => tapes.legend.text[symbols.text(id)] ?? symbols.text(id)).join('')
  const textStops = stopStringWatch(machine.rules, decode)
  let state = stateAfter(machine, [...one.prompt.map(s => symbols.id(s)), ...machine.prefix])
  const ids: number[] = []
  const replaced: [number, number][] = []
  let stop: string | null = null
  for (const symbol of one.tape) {
    const [best, second] = symbol.split('/') as [string, string?]
    const masked = masksEos(machine, state) && eos.has(symbols.id(best))
    const decision = decide(machine, state, symbols.id(masked ? second! : best))
    if (decision.latent) replaced.push([ids.length, ids.length - 1])
    ids.push(decision.id)
    state = decision.state
    const conditions = {maxNewTokens: one.max_new_tokens ?? 1e6, eos, textStops: textStops(ids)}
    stop = stopAfter(machine, decision, ids.length, conditions)
    if (stop !== null) break
  }
  return {ids: ids.map(id => symbols.text(id)), replaced, stop: stop ?? 'tape'}
}

describeGoldens('tapes', /^tapes.*\.json$/, ({file}) => {
  const tapes = readJson<Tapes>(file)
  test.each(tapes.tapes.map(one => [`${one.n} ${one.method}: ${one.why ?? ''}`, one] as const))('%s', (_title, one) => {
    expect(run(tapes, one)).toEqual({ids: one.ids, replaced: one.replaced, stop: one.stop})
    if (one.prompt_full === undefined) return
    const symbols = new Symbols()
    const {prefix} = machineOf(tapes, one, symbols)
    expect([...one.prompt, ...prefix.map(id => symbols.text(id))]).toEqual(one.prompt_full)
  })

  test('the values of its methods are those of the methods here', () => {
    const published = Object.entries(tapes.methods).filter(([method]) => protocolNames().includes(method))
    for (const [method, stated] of published) {
      const {start, pad, end, forcedAfterExit = [], discretePrefix = [], ...scalars} = stated
      const rules = protocolNamed(method)
      expect([method, rules]).toEqual([method, expect.objectContaining(scalars)])
      // In the file these are ids, here the texts they come from.
      expect([method, rules.forcedAfterExit.length]).toEqual([method, forcedAfterExit.length])
      const texts = rules.discretePrefix.reduce((sum, {times = 1}) => sum + times, 0)
      expect([method, texts > 0]).toEqual([method, discretePrefix.length > 0])
    }
  })
})
