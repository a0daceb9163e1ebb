import {runSettings} from '../settings/index.js'
import {resolveSettings} from '../settings/resolve.js'
import {askingOf, variationsOf, variedSettings} from './variations.js'

const subject = {benchmarks: ['hops'], latent: true}
const valuesOf = (flags: Readonly<Record<string, unknown>> = {}) =>
  resolveSettings(runSettings, {flags, env: {}, file: new Map(), command: 'run'})

const varied = async (given: readonly string[], flags = {}) => variedSettings(given, await valuesOf(flags), subject)

it('names alone take the usual values, without the default', async () => {
  const [reader, style, mode] = await varied(['extractor,prompt-style', 'mode'])
  expect(reader).toMatchObject({setting: 'extractor', default: 'lantern-eval'})
  expect(reader!.values.map(({value}) => value)).not.toContain('lantern-eval')
  expect(reader!.values.map(({value}) => value)).not.toContain('verbatim')
  expect(reader!.values.length).toBeGreaterThan(8)
  expect(style!.values.map(({value}) => value)).toEqual(['lantern'])
  expect(mode!.values.map(({value}) => value)).toEqual(['direct', 'text-cot', 'latent'])
  expect((await variedSettings(['mode'], await valuesOf(), {...subject, latent: false}))[0]!.values).toHaveLength(2)
})

it('values are read as those of their flags', async () => {
  const [sizes, orders] = await varied(['latent-size=3, 5', 'options=shuffle:3'])
  expect(sizes!.values).toEqual([
    {value: '3', read: [3]},
    {value: '5', read: [5]},
  ])
  expect(orders!.values).toEqual([{value: 'shuffle:3', read: {kind: 'shuffle', count: 3}}])
})

it('the default is the value of the run', async () => {
  const [style] = await varied(['prompt-style=lantern,lantern-eval'], {'prompt-style': 'lantern'})
  expect(style).toMatchObject({default: 'lantern', values: [{value: 'lantern-eval'}]})
})

it.each([
  [['bench'], 'cannot change bench'],
  [['extractr'], 'cannot change extractr'],
  [['max-new-tokens'], 'names no values'],
  [['mode=direct', 'mode=latent'], 'names mode twice'],
  [['extractor=lantern-eval'], 'has no value but the default'],
  [['temperature=hot'], 'hot is not'],
  [['extractor,mode=direct'], 'cannot change extractor,mode'],
])('%j is refused', async (given, message) => {
  await expect(varied(given)).rejects.toThrow(message)
})

describe('the design', () => {
  const three = ['extractor=lvr,lmms_blink', 'prompt-style=lantern', 'temperature=0.5']

  it('changes one setting at a time', async () => {
    const values = await valuesOf()
    const design = variationsOf(await varied(three), values, false)
    expect(design.map(({changes}) => changes.map(({setting}) => setting))).toEqual([
      ...[[], ['extractor'], ['extractor'], ['prompt-style'], ['temperature']],
    ])
    expect(design[0]!.values).toEqual(values)
    expect(design[4]!.values).toEqual({...values, temperature: 0.5})
  })

  it('or takes every combination once', async () => {
    const design = variationsOf(await varied(three), await valuesOf(), true)
    expect(design).toHaveLength(3 * 2 * 2)
    expect(new Set(design.map(({values}) => JSON.stringify(values))).size).toBe(12)
    // Those that differ in the extractor alone share their answers.
    expect(new Set(design.map(askingOf)).size).toBe(4)
  })
})
