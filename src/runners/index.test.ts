import {runnerOptions} from '../../test/support/runner-options.js'
import {modelReferences, openRunner, registerRunner} from './index.js'
import type {Runner} from './runner.js'

const opened: unknown[] = []
const mine: Runner = {
  name: 'mine',
  references: [{form: 'mine:NAME', meaning: 'a model of mine'}],
  accepts: ref => /^(?:mine|openai):/.test(ref),
  async open(...given) {
    opened.push(given)
    const identity = {ref: given[0], latent: null, observesLatents: false, needsImages: false, remote: false}
    return {describe: () => identity, async *generate() {}, close: async () => undefined}
  },
}

test('a runner that was added serves its references with the common options, and leaves others theirs', async () => {
  registerRunner(mine)
  const options = runnerOptions({common: {seed: 7}, remote: {baseUrls: {'*': 'http://127.0.0.1:1'}}})
  expect((await openRunner('mine:x', options)).describe()).toMatchObject({ref: 'mine:x'})
  expect(opened).toEqual([['mine:x', {common: options.common}]])
  const remote = await openRunner('openai:x', options)
  expect(opened).toHaveLength(1)
  await remote.close()
  expect(() => registerRunner(mine)).toThrow('There is a runner "mine" already.')
})

test('a reference that nobody serves is told with every form there is', async () => {
  await expect(openRunner('nobody:x', runnerOptions())).rejects.toMatchObject({
    code: 'usage',
    suggestion: expect.stringContaining('mine:NAME (a model of mine)'),
  })
  expect(modelReferences().map(({form}) => form)).toEqual([
    'openai:NAME',
    'replay:PATH',
    'DIR',
    'hub:owner/name[@revision]',
    'builtin:NAME',
    'mine:NAME',
  ])
})
