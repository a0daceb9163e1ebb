import {publicUrl, redactor, secretsIn} from './redact.js'

describe('redactor', () => {
  const redact = redactor(['correct-horse-battery', 'abc'])

  it('removes known secrets at any depth and leaves the rest unchanged', () => {
    expect(redact({a: ['x correct-horse-battery y', 3, null], b: {c: true}, text: 'abc'})).toEqual({
      a: ['x [redacted] y', 3, null],
      b: {c: true},
      text: 'abc',
    })
  })

  it('removes the known forms of credentials', () => {
    expect(redact('key sk-proj-0123456789abcdefghij end')).toBe('key [redacted] end')
    expect(redact('hf_ABCDEFGHIJKLMNOPQRSTUVWX')).toBe('[redacted]')
    expect(redact('Authorization: Bearer eyJhbGciOi12345')).toBe('Authorization: Bearer [redacted]')
    expect(redact('http://user:pass@host:1/v1?api_key=123&x=1')).toBe(
      'http://[redacted]@host:1/v1?api_key=[redacted]&x=1',
    )
  })

  it('removes the values of keys whose names mean a credential', () => {
    expect(redact({headers: {Authorization: 'x', 'x-api-key': 'y'}, tokens: 'z'})).toEqual({
      headers: {Authorization: '[redacted]', 'x-api-key': '[redacted]'},
      tokens: 'z',
    })
  })

  it('leaves ordinary answers unchanged', () => {
    for (const text of [
      '<answer>A</answer>',
      'The bearer of the shield stands left of 2 trees.',
      'https://a.b/c?x=1',
      'a@b.c',
    ])
      expect(redact(text)).toBe(text)
  })
})

it('finds the secrets of an environment by the names of its variables', () => {
  const env = {OPENAI_API_KEY: ' key-number-1 ', HF_TOKEN: 'token-number-2', PATH: '/bin', EMPTY_KEY: undefined}
  expect(secretsIn(env)).toEqual(['key-number-1', 'token-number-2'])
})

it('takes a short password for a secret where a URL marks it, and no short value of a variable', () => {
  const secrets = secretsIn({SORT_KEY: 'colours', HTTPS_PROXY: 'http://me:pass77@proxy:1'})
  expect(secrets).toContain('pass77')
  expect(redactor(secrets)('colours of pass77')).toBe('colours of [redacted]')
})

it('shows a URL without its credentials', () => {
  expect(publicUrl(new URL('https://u:p@host/v1/?key=1#f'))).toBe('https://host/v1')
})
