import {parse, stringify} from 'yaml'
import {publishedMethods} from './methods.js'
import {defineProtocol, protocolDefaults} from './protocol.js'
import {protocolNamed, protocolNames, registerProtocol} from './protocols.js'

describe('protocols by name', () => {
  it('refuses what it cannot run, with the reason', () => {
    expect(() => protocolNamed('ivt-lr')).toThrow('attention maps')
    expect(() => protocolNamed('constructor')).toThrow('no latent protocol "constructor"')
  })
  it('gives every protocol by its own name', () => {
    for (const name of protocolNames()) expect(protocolNamed(name).name).toBe(name)
  })
})

describe('a published method', () => {
  // What --protocol FILE.yaml does with a file: the definition from YAML, checked and completed.
  it.each(publishedMethods.map(method => [method.name, method] as const))(
    '%s is data: the same rules come of a YAML file',
    (name, method) => {
      const written: unknown = parse(stringify({...method, name: 'mine'}))
      expect(defineProtocol(written as typeof method).part).toEqual({...protocolNamed(name), name: 'mine'})
    },
  )
})

describe('a definition', () => {
  const mine = {name: 'mine', source: 'a test'}
  it('states what differs from the defaults', () => {
    expect(defineProtocol({...mine, budget: 3}).part).toEqual({...protocolDefaults, ...mine, budget: 3})
  })
  it.each<[what: string, more: object, message: string]>([
    ['a rule that is none', {enterOn: 'sometimes'}, 'wrong enterOn: it must be one of predicted, consumed, never'],
    ['a field that is none', {budgets: 3}, 'has a rule that no protocol has: budgets'],
    ['a repetition of one', {repetitionExit: 1}, 'wrong repetitionExit: it must be a whole number of at least 2'],
    ['an empty text to delete', {deletedFromPrompt: ['']}, 'wrong deletedFromPrompt: it must be a list of texts'],
    ['ids in place of texts', {discretePrefix: [7]}, 'wrong discretePrefix: it must be a list of objects with text'],
    ['an empty stop string', {stopStrings: ['']}, 'wrong stopStrings: it must be a list of texts'],
    ['markers without END', {tokens: {start: 'a', pad: 'b'}}, 'wrong tokens: it must be an object'],
  ])('with %s is refused', (_what, more, message) => {
    expect(() => defineProtocol({...mine, ...more})).toThrow(message)
  })
  it('may not take the name of a method, run or refused', () => {
    expect(() => registerProtocol({...mine, name: 'lvr'})).toThrow('There is a latent protocol "lvr" already')
    expect(() => registerProtocol({...mine, name: 'ivt-lr'})).toThrow('a method that is refused here')
  })
})
