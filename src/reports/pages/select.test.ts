// What an address asks of the samples, also one that was typed or is of other runs.
import {queryOf} from './select.js'

describe('the query of an address', () => {
  const asked = (text: string) => queryOf(new URLSearchParams(text), {columns: 3, benches: 2})

  it('has what the address names', () => {
    expect(asked('bench=1&arm=2&subtask=a_b&outcome=wrong&flip=0,2&disagree=1&text=x')).toEqual({
      ...{bench: 1, arm: 2, subtask: 'a_b', outcome: 'wrong', flip: [0, 2], disagree: true, text: 'x'},
    })
  })

  it.each([
    'bench=2',
    'bench=-1',
    'arm=3',
    'arm=1.5',
    'arm=',
    'outcome=bogus',
    'flip=0,3',
    'flip=0',
    'flip=0,1,2',
    'flip=,1',
  ])('leaves out %s, which these runs have not', text => expect(asked(text)).toEqual({}))
})
