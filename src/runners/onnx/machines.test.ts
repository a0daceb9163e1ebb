import {machineOf, markerIds} from './machines.js'

/** A tokenizer that knows some texts as one token; every other sign is a token of its own. */
const tokenizerOf = (known: Readonly<Record<string, number>>) => ({
  encode(text: string): number[] {
    const ids: number[] = []
    for (let at = 0; at < text.length; ) {
      const token = Object.keys(known).find(one => text.startsWith(one, at))
      ids.push(token === undefined ? 1000 + text.charCodeAt(at) : known[token]!)
      at += token?.length ?? 1
    }
    return ids
  },
})
const laserTokens = {'<|laser_start|>': 7, '<|laser|>': 8, '<|laser_end|>': 9}
const lantern = {
  protocol: 'lantern',
  size: 5,
  ids: {start: 1, pad: 2, end: 3},
  texts: {start: '<|lvr_start|>', pad: '<|lvr_sep|>', end: '<|lvr_end|>'},
  recognisedBy: 'config.json',
  assumed: [],
} as const
const arm = (protocol: string | null, more: {latentSize?: number; intervention?: string} = {}) => ({
  arm: {id: 'a', model: 'm', mode: 'latent', protocol, latentSize: null, intervention: 'own', ...more} as const,
})
const checkpoint = (latent: typeof lantern | null) => ({dir: 'DIR', latent})
const code = (sign: string) => 1000 + sign.charCodeAt(0)

describe('a protocol is bound', () => {
  it('to the markers and the size of the checkpoint that was recognised', () => {
    const machine = machineOf(arm(null), {checkpoint: checkpoint(lantern), tokenizer: tokenizerOf({})})
    expect(machine).toMatchObject({rules: {name: 'lantern'}, ids: lantern.ids, budget: 5})
  })
  it('to the tokens that it names, if the tokenizer has them', () => {
    const bound = {checkpoint: checkpoint(null), tokenizer: tokenizerOf(laserTokens)}
    expect(machineOf(arm('laser'), bound)).toMatchObject({
      ids: {start: 7, pad: 8, end: 9},
      budget: 8,
      // The first token of <answer>.
      forced: [code('<')],
    })
    expect(markerIds(bound, 'laser')).toEqual({start: 7, pad: 8, end: 9})
  })
  it("to the checkpoint's own markers otherwise, so that rules can be tried on other weights", () => {
    const machine = machineOf(arm('laser'), {checkpoint: checkpoint(lantern), tokenizer: tokenizerOf({})})
    expect(machine.ids).toEqual(lantern.ids)
  })
  it('with its prefix as ids, markers written by their role', () => {
    const tokens = {'<|latent_start|>': 7, '<|latent_pad|>': 8, '<|latent_end|>': 9, '</think>': 6, '<think>': 5}
    const {prefix} = machineOf(arm('mull'), {checkpoint: checkpoint(null), tokenizer: tokenizerOf(tokens)})
    expect(prefix).toEqual([5, ...Array.from({length: 20}, () => 8), 6, code('\n')])
  })
  it('with nothing put in by force where no latents are wanted', () => {
    const bound = {checkpoint: checkpoint(null), tokenizer: tokenizerOf(laserTokens)}
    const none = machineOf(arm('laser', {intervention: 'no-latent'}), bound)
    expect(none).toMatchObject({rules: {enterOn: 'never', forceStart: 'never'}, forced: [], prefix: []})
    expect(machineOf(arm('laser', {intervention: 'markers-only'}), bound)).toMatchObject({budget: 0})
  })
})

describe('a protocol is not bound', () => {
  it.each<[what: string, protocol: string | null, tokens: Record<string, number>, message: string]>([
    ['without latent tokens', null, {}, 'The checkpoint DIR has no latent tokens, so'],
    ['to a tokenizer without its own', 'laser', {}, 'has no latent tokens (<|laser_start|>, <|laser|>, <|laser_end|>)'],
    [
      'where a token that it forces is missing',
      'univlr',
      {'<|univlr_start|>': 1, '<|univlr|>': 2, '<|univlr_end|>': 3},
      'needs the token <|univlr_latent_end|>',
    ],
  ])('%s', (_what, protocol, tokens, message) => {
    const bound = {checkpoint: checkpoint(null), tokenizer: tokenizerOf(tokens)}
    expect(() => machineOf(arm(protocol), bound)).toThrow(message)
  })
})
