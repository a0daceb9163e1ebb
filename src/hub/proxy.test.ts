import {proxyFor} from './proxy.js'

const env = {HTTP_PROXY: 'http://plain.proxy:3128', HTTPS_PROXY: 'https://secure.proxy:3129'}
const through = (url: string, more: Record<string, string | undefined> = {}) =>
  proxyFor(new URL(url), {...env, ...more})?.url ?? null

describe('the proxy of a URL', () => {
  it('is chosen by scheme, and the variable of one scheme is never used for the other', () => {
    expect(through('http://a.example/v1')).toBe('http://plain.proxy:3128')
    expect(through('https://a.example/v1')).toBe('https://secure.proxy:3129')
    expect(through('https://a.example', {HTTPS_PROXY: undefined})).toBeNull()
    expect(proxyFor(new URL('http://a.example'), {})).toBeNull()
  })

  it('prefers the lower-case variable, and an empty value means none', () => {
    expect(through('http://a.example', {http_proxy: 'http://other:1'})).toBe('http://other:1')
    expect(through('http://a.example', {http_proxy: ''})).toBeNull()
  })

  it('may be a bare host and port', () => {
    expect(through('http://a.example', {HTTP_PROXY: 'proxy.example:8080'})).toBe('http://proxy.example:8080')
    expect(through('http://a.example', {HTTP_PROXY: '10.0.0.1:8080'})).toBe('http://10.0.0.1:8080')
  })

  it('passes its user in a header and never in its URL', () => {
    expect(proxyFor(new URL('http://a.example'), {HTTP_PROXY: 'http://us%40er:p%3Ass@proxy:1'})).toEqual({
      url: 'http://proxy:1',
      authorization: `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`,
    })
    expect(proxyFor(new URL('http://a.example'), {HTTP_PROXY: 'http://user@proxy:1'})?.authorization).toBe(
      `Basic ${Buffer.from('user:').toString('base64')}`,
    )
  })

  it('may have a password in which % encodes nothing', () => {
    expect(proxyFor(new URL('http://a.example'), {HTTP_PROXY: 'http://user:%zz@proxy:1'})?.authorization).toBe(
      `Basic ${Buffer.from('user:%zz').toString('base64')}`,
    )
  })

  it('is refused when it is not a proxy, without quoting the value', () => {
    for (const value of ['ftp://user:secret@proxy:1', 'http://', 'http://user:secret@pro xy']) {
      const read = () => through('http://a.example', {HTTP_PROXY: value})
      expect(read).toThrow(
        expect.objectContaining({code: 'usage', message: 'The variable HTTP_PROXY does not hold a proxy.'}),
      )
    }
  })

  it('is never used for this machine', () => {
    for (const host of [
      'localhost',
      'LOCALHOST',
      'x.localhost',
      '127.0.0.1',
      '127.8.9.10',
      '0.0.0.0',
      '[::1]',
      '[::ffff:127.0.0.1]',
    ])
      expect([host, through(`http://${host}:8000/v1`)]).toEqual([host, null])
  })
})

// The rules shared by golang/net (http/httpproxy) and curl (lib/noproxy.c); for addresses, requests agrees with them.
test.each([
  ['*', 'http://a.example', true],
  ['a.example', 'http://a.example', true],
  ['a.example', 'http://deep.a.example', true],
  ['.a.example', 'http://deep.a.example', true],
  ['*.a.example', 'http://deep.a.example', true],
  ['A.Example', 'http://a.example', true],
  ['a.example', 'http://ba.example', false],
  ['example', 'http://a.example.org', false],
  ['b.example, a.example', 'https://a.example', true],
  ['b.example a.example', 'https://a.example', true],
  ['a.example:8000', 'http://a.example:8000', true],
  ['a.example:8000', 'http://a.example', false],
  ['a.example:443', 'https://a.example', true],
  ['10.1.2.3', 'http://10.1.2.3:8000', true],
  ['10.0.0.0/8', 'http://10.1.2.3:8000', true],
  ['10.0.0.0/8', 'http://11.1.2.3:8000', false],
  ['10.0.0.0/8', 'http://a.example', false],
  ['0.0.1.1', 'http://10.0.1.1', false],
  ['.1.1', 'http://10.0.1.1', false],
  ['fd00::1', 'http://[fd00::1]:8000', true],
  ['[fd00::1]:8000', 'http://[fd00::1]:8000', true],
  ['[fd00::1]:8001', 'http://[fd00::1]:8000', false],
  ['fd00::/8', 'http://[fdab::1]', true],
  ['10.0.0.0/99, nonsense/8, :, /', 'http://10.1.2.3', false],
  ['', 'http://a.example', false],
])('NO_PROXY=%s and %s: %s', (noProxy, url, direct) => {
  expect(through(url, {NO_PROXY: noProxy}) === null).toBe(direct)
  expect(through(url, {no_proxy: noProxy, NO_PROXY: '*'}) === null).toBe(direct)
})
