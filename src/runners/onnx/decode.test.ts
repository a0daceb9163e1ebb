// The decoding loop with a fake model: each forward pass says which id it would choose and gives a state of its own, so
// that it is seen what was fed where. What the machine decides is tested in modes/; here, that the loop does it.
import {random} from '../../core/random.js'
import {type LatentMachine, latentMachine, plainDecoding} from '../../modes/latent-machine.js'
import {type Protocol, protocolDefaults} from '../../modes/protocol.js'
import {protocolNamed} from '../../modes/protocols.js'
import {stopStringWatch} from '../../modes/stop-strings.js'
import {type DecodeTask, decodeAll} from './decode.js'
import {fitsLoop} from './loop-decode.js'
import type {DecoderInput, DecoderOutput, Model} from './types.js'

const [eosId, start, pad, end] = [0, 1, 2, 3]
const ids = {start: start!, pad: pad!, end: end!}
const vocabulary = 32
const text = {layers: 1, hidden: 2, kvHeads: 1, headDim: 2}

/** Embeddings are [id, 0]; the state of forward t is [100 + t, 0]. The tape gives the best and the second best id. */
function fakeModel(tape: readonly (readonly [best: number, second?: number])[]) {
  const fed: {
    readonly vector: readonly number[]
    readonly latent: number
    readonly position: number
    readonly head: boolean
  }[] = []
  let forward = 0
  const output = (): DecoderOutput => {
    const [best, second] = tape[forward] ?? [eosId!]
    const logits = new Float32Array(vocabulary)
    if (second !== undefined) logits[second] = 1
    logits[best] = 2
    const delta = [{key: new Float32Array(2), value: new Float32Array(2)}]
    return {nextTokens: Int32Array.of(best), hidden: Float32Array.of(100 + forward++, 0), logits, delta}
  }
  const model = {
    checkpoint: {text, ids: {image: -1}} as Model['checkpoint'],
    embed: (list: ArrayLike<number>) => Float32Array.of(list[0]!, 0),
    async decode({embeds, latents, positions, withoutTokens}: DecoderInput) {
      fed.push({vector: [...embeds], latent: latents![0]!, position: positions[0]!, head: !withoutTokens})
      const {logits, ...rest} = output()
      return withoutTokens ? {...rest, nextTokens: new Int32Array(0)} : {...rest, logits: logits!}
    },
  }
  return {model, fed, prefill: output}
}

async function decoded(
  machine: LatentMachine,
  tape: readonly (readonly [best: number, second?: number])[],
  more: Partial<DecodeTask> = {},
) {
  const {model, fed, prefill} = fakeModel(tape)
  const task: DecodeTask = {
    prompt: {ids: [9, 8, ...machine.prefix], ropeDelta: 0, output: prefill()},
    machine,
    choose: own => own,
    sampling: {temperature: 0, repetitionPenalty: 1, banned: []},
    random: random(0),
    maxNewTokens: 20,
    eos: new Set([eosId!]),
    ...more,
  }
  const tasks = (async function* () {
    yield task
  })()
  for await (const result of decodeAll(model, tasks, 1, new AbortController().signal)) return {...result!, fed}
  throw new Error('nothing was decoded')
}

const bound = (rules: Partial<Protocol>, budget: number | null = null, more: Partial<LatentMachine> = {}) =>
  latentMachine({...protocolDefaults, name: 'mine', source: 'a test', ...rules}, ids, budget, more)

test('a method that forces START and a text after the block feeds them as embeddings, and states between', async () => {
  const machine = bound({forceStart: 'always', enterOn: 'consumed'}, 2, {forced: [20]})
  const {ids: written, fed, latentMask} = await decoded(machine, [[5], [6], [7], [8], [9], [10], [0]])
  expect(written).toEqual([start, pad, pad, end, 20, 10, 0])
  expect(latentMask.map(Number)).toEqual([0, 1, 1, 0, 0, 0, 0])
  expect(fed.map(({vector}) => vector[0])).toEqual([start, 101, 102, end, 20, 10])
  expect(fed.map(({latent}) => latent)).toEqual([0, 1, 1, 0, 0, 0])
})

test('the end of sequence is masked where suppressEos says so, and the second best id is taken', async () => {
  const tape = [[start!], [0, 6], [0, 7], [0, 8], [0, 9]] as const
  const rules = {enterOn: 'consumed', recordId: 'sampled', exit: 'none', stopInLatent: 'deferred'} as const
  expect((await decoded(bound({...rules, suppressEos: true}, 2), tape)).ids).toEqual([start, 6, 7, 8, 0])
  expect((await decoded(bound(rules, 2), tape)).ids).toEqual([start, 0, 0, 0])
})

test('a stop string ends the generation as soon as the text holds it', async () => {
  const machine = bound({stopStrings: ['<END>'], stopStringsIgnoreCase: true})
  const pieces: Record<number, string> = {5: 'a<e', 6: 'nD', 7: '>b'}
  const textStops = stopStringWatch(machine.rules, list => list.map(id => pieces[id] ?? '.').join(''))
  expect(await decoded(machine, [[4], [5], [6], [7], [8]], {textStops})).toMatchObject({
    ids: [4, 5, 6, 7],
    stop: 'stop-string',
  })
})

test('latents appended to the prompt are fed before the first id, and are no new tokens', async () => {
  const seen: number[] = []
  const machine = bound({enterOn: 'never', prefixLatents: 2})
  const result = await decoded(machine, [[5], [6], [7], [0]], {
    choose(own, {block, index}) {
      seen.push(own[0]!, block, index)
      return own
    },
  })
  expect(result.ids).toEqual([7, 0])
  expect(result.fed.map(({vector, latent, position}) => [vector[0], latent, position])).toEqual([
    [100, 1, 2],
    [101, 1, 3],
    [7, 0, 4],
  ])
  expect(seen).toEqual([100, 0, 0, 101, 0, 1])
  expect(result.blocks.map(({vectors}) => vectors.map(([first]) => first))).toEqual([[100, 101]])
})

describe('no token is computed where it makes no difference', () => {
  const headsOf = async (machine: LatentMachine, tape: readonly [number][], more: Partial<DecodeTask> = {}) => {
    const {ids: written, fed} = await decoded(machine, tape, more)
    return {written, heads: fed.map(({head}) => Number(head))}
  }
  it('inside the blocks of LanteRn, up to the END that is forced', async () => {
    const tape: readonly [number][] = [[start!], [5], [6], [7], [8], [0]]
    expect(await headsOf(bound({}, 2), tape)).toEqual({written: [start, pad, pad, end, 8, 0], heads: [0, 0, 0, 1, 1]})
  })
  it('and where a text is forced, but not where the model may leave the block', async () => {
    const tape: readonly [number][] = [[start!], [5], [6], [7], [8], [0]]
    const forced = bound({earlyEnd: true}, 1, {forced: [20]})
    expect(await headsOf(forced, tape)).toEqual({written: [start, pad, end, 20, 8, 0], heads: [1, 0, 0, 1, 1]})
  })
  it('but is where a lens looks at what the head reads in the latents', async () => {
    const {heads} = await headsOf(bound({}, 2), [[start!], [5], [6], [7], [8], [0]], {lens: 2})
    expect(heads).toEqual([1, 1, 1, 1, 1])
  })
  it('and never where tokens are drawn, as each step takes its draw', async () => {
    const drawn = {sampling: {temperature: 1, topK: 1, repetitionPenalty: 1, banned: []}}
    const {heads} = await headsOf(bound({}, 2), [[start!], [5], [6], [7], [0]], drawn)
    expect(heads).toEqual([1, 1, 1, 1])
  })
})

test('what becomes of a vector where it is fed is not what is kept of it', async () => {
  const asFed = (vector: Float32Array) => vector.map(value => Math.round(value / 10) * 10)
  const {fed, blocks} = await decoded(bound({}, 1), [[start!], [5], [6], [0]], {asFed})
  expect(fed[1]!.vector).toEqual([100, 0])
  expect(blocks[0]!.vectors).toEqual([Float32Array.of(101, 0)])
})

describe('the Loop graph, which follows the rules of LanteRn alone', () => {
  const sampling = {temperature: 0, repetitionPenalty: 1, banned: []}
  const fits = (machine: LatentMachine) => fitsLoop({machine, sampling, maxNewTokens: 9, eos: new Set([0])}, true)
  const lantern = latentMachine(protocolNamed('lantern'), ids, 5)
  it('takes them, and plain decoding with or without a discrete prefix', () => {
    expect([lantern, plainDecoding(ids), bound({enterOn: 'never'}, null, {prefix: [4]})].map(fits)).toEqual([
      true,
      true,
      true,
    ])
  })
  it('does not where a vector is changed on its way in, or another one is fed', () => {
    const task = {machine: lantern, sampling, maxNewTokens: 9, eos: new Set([0])}
    expect(fitsLoop({...task, asFed: vector => vector}, true)).toBe(false)
    expect(fitsLoop(task, false)).toBe(false)
  })
  // Every rule that is not LanteRn's, one at a time.
  const others: Partial<Protocol>[] = [
    {enterOn: 'consumed'},
    {startInput: 'hidden'},
    {earlyEnd: true},
    {recordId: 'sampled'},
    {exit: 'none'},
    {nestedStart: 'record'},
    {stopInLatent: 'deferred'},
    {maxBlocks: 1},
    {maxBlocksCounts: 'ends'},
    {forceStart: 'always'},
    {forceStartAgain: true},
    {forcedAfterExit: [{text: 'a'}]},
    {forcedAfterExitOn: 'end'},
    {forcedStops: false},
    {repetitionExit: 3},
    {suppressEos: true},
    {stopStrings: ['x']},
    {stopStringsIgnoreCase: true},
    {discretePrefix: [{text: 'a'}]},
    {prefixLatents: 1},
    {stopVector: {tensor: 'x', metric: 'mse', threshold: 1}},
  ]
  it.each(others)('refuses %j', rules => {
    expect(fits({...lantern, rules: {...lantern.rules, ...rules}})).toBe(false)
  })
  it('so that no rule is left out of this list', () => {
    const named = others.flatMap(rules => Object.keys(rules))
    const free = ['name', 'source', 'budget', 'leastBudget', 'tokens', 'deletedFromPrompt']
    expect([...named, ...free].sort()).toEqual(Object.keys(protocolNamed('lantern')).sort())
  })
  it.each<Partial<Protocol>>([
    {stopStrings: ['x']},
    {prefixLatents: 1},
    {forceStart: 'always'},
    {forceStartAgain: true},
  ])('refuses %j without blocks too', rules => {
    expect(fits(bound({enterOn: 'never', ...rules}))).toBe(false)
  })
})
