import {type OpenAIServer, startOpenAIServer} from '../../../test/support/openai-server.js'
import {describeEndpoint} from './describe.js'

let server: OpenAIServer
afterEach(() => server.close())

/** The test server answers every path alike, and wants a body: a GET has none. */
async function describe_(body: string, status = 200) {
  server = await startOpenAIServer({
    behave: () => (status === 200 ? {kind: 'raw', body} : {kind: 'status', status}),
    keep: false,
  })
  return describeEndpoint('openai:m', {baseUrls: {'*': server.url}, apiKeyEnv: undefined, env: {}})
}

describe('an endpoint', () => {
  it('is described by its URL and whether it lists the model', async () => {
    expect(await describe_('{"data": [{"id": "m"}, {"id": "n"}]}')).toMatchObject({
      ref: 'openai:m',
      served: true,
      models: ['m', 'n'],
      latent: null,
    })
  })

  it('may not list models at all', async () => {
    expect(await describe_('<html>')).toMatchObject({served: null, models: []})
  })

  it('says so when it refuses the key', async () => {
    await expect(describe_('', 401)).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringContaining('refuses the key'),
    })
  })
})
