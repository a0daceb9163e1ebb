import {record} from '../../test/support/run-folders.js'
import type {RunEvent} from '../evaluation/spec.js'
import {duration, progress} from './progress.js'

/** The output while `act` emits events, on a stream of 80 columns and with a clock that only `wait` moves. */
function shown(
  live: boolean,
  act: (event: (event: RunEvent) => void, wait: (ms: number) => void) => void,
  columns = 80,
): string {
  let time = 0
  let text = ''
  const stream = {
    write: (piece: string) => {
      text += piece
    },
    isTTY: live,
    columns,
  }
  const show = progress({stream, live, debug: false, now: () => time})
  act(show, ms => {
    time += ms
  })
  return text.replace(/\u001B\[\d+m/g, '')
}

const begin = (settled = 0): RunEvent => ({
  type: 'begin',
  runDir: 'results/x',
  total: 100,
  settled,
  before:
    settled === 0
      ? []
      : [
          {
            ...{arm: 'openai:m|direct', bench: 'blink', subtask: 'Counting'},
            ...{run: settled, scored: settled, sum: settled / 2, cached: 0},
          },
        ],
  headlines: {blink: {aggregate: 'macro', subtasks: null}, hops: {aggregate: 'micro', subtasks: ['hops-1']}},
})
const answered = (outcome: 'correct' | 'wrong' | 'error' = 'correct'): RunEvent => ({
  type: 'record',
  record: record({arm: 'openai:m|direct', bench: 'blink', subtask: 'Counting', id: 'val_Counting_1', outcome}),
})

describe('with repeats and labels', () => {
  it('says that answers are counted, and shows the label for the reference', () => {
    const text = shown(false, (event, wait) => {
      const labels = new Map([['openai:m', 'Ours']])
      event({...begin(20), repeats: 2, labels} as RunEvent)
      event({type: 'arms', model: 'Ours', bench: 'blink'})
      event({
        type: 'record',
        record: record({arm: 'openai:m|latent', bench: 'hops', subtask: 'hops-5', id: '1', outcome: 'correct'}),
      })
      event({
        type: 'record',
        record: record({arm: 'openai:m|latent', bench: 'hops', subtask: 'hops-1', id: '1', outcome: 'correct'}),
      })
      wait(11_000)
      event(answered())
      event({type: 'end'})
    })
    const lines = text.trimEnd().split('\n')
    expect(lines[0]).toBe('Resuming results/x: 20 of 100 answers are done')
    expect(lines.at(-1)).toContain('Ours on blink: 23/100 answers')
    expect(lines.at(-1)).toContain('hops latent 100.0% (1 scored of 2 answers)')
    expect(text).not.toContain('openai:m')
  })
})

describe('in a pipe or CI', () => {
  it('prints the run folder, then a line every ten seconds, then the end', () => {
    const text = shown(false, (event, wait) => {
      event(begin())
      event({type: 'arms', model: 'openai:m', bench: 'blink'})
      for (let i = 0; i < 30; i++) {
        wait(1000)
        event(answered(i % 2 ? 'correct' : 'wrong'))
      }
      event({type: 'end'})
    })
    expect(text.split('\n')).toEqual([
      'Run folder results/x',
      'openai:m on blink: 10/100, 1.0/s, 1m30s left, score 50.0%',
      'openai:m on blink: 20/100, 1.0/s, 1m20s left, score 50.0%',
      'openai:m on blink: 30/100, 1.0/s, 1m10s left, score 50.0%',
      'openai:m on blink: 30/100, 1.0/s, 1m10s left, score 50.0%',
      '',
    ])
  })

  it('shows no counts before the run has begun, and no time left at its end', () => {
    const text = shown(false, (event, wait) => {
      event({type: 'runner', event: {type: 'loading', what: 'loading m'}})
      event({...begin(), total: 1} as RunEvent)
      wait(500)
      event(answered())
      event({type: 'end'})
    })
    expect(text).toBe('Run folder results/x\n1/1, 2.0/s, score 100.0%\n')
  })

  it('shows the bytes of what is loaded, with the rate and the time left, before the run begins', () => {
    const text = shown(false, (event, wait) => {
      const weights = (done: number) =>
        event({type: 'runner', event: {type: 'loading', what: 'writing q4 weights', done, total: 2e9}})
      weights(1e9)
      wait(2000)
      weights(1.2e9)
      weights(1.21e9)
      wait(8000)
      weights(2e9)
    })
    expect(text.split('\n')).toEqual([
      'writing q4 weights  1.2 GB of 2.0 GB, 100.0 MB/s, 8 s left',
      'writing q4 weights  2.0 GB of 2.0 GB, 100.0 MB/s',
      '',
    ])
  })

  it('writes no control characters', () => {
    const text = shown(false, event => {
      event(begin())
      event(answered())
      event({type: 'end'})
    })
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })

  it('shows what a resumed run has done, and does not count it in the rate', () => {
    const text = shown(false, (event, wait) => {
      event(begin(60))
      wait(10_000)
      event(answered())
      event({type: 'end'})
    })
    expect(text).toContain('Resuming results/x: 60 of 100 are done\n')
    expect(text).toContain('61/100, 0.1/s')
  })

  it('prints a repeated warning once', () => {
    const text = shown(false, event => {
      event(begin())
      for (const model of ['a', 'b']) {
        event({type: 'arms', model, bench: 'blink'})
        event({type: 'runner', event: {type: 'warning', message: 'Stopped asking.'}})
      }
      event({type: 'end'})
    })
    expect(text.match(/Stopped asking\./g)).toHaveLength(1)
  })

  it('prints the first three failures and counts all of them', () => {
    const text = shown(false, event => {
      event(begin())
      for (let i = 0; i < 5; i++) event(answered('error'))
      event({type: 'end'})
    })
    expect(text.match(/^ {2}blink /gm)).toHaveLength(3)
    expect(text).toContain('5 errors')
  })
})

describe('the score', () => {
  const said = (
    arm: string,
    bench: string,
    subtask: string,
    outcome: 'correct' | 'wrong' | 'error',
    more: object = {},
  ) => ({type: 'record', record: {...record({arm, bench, subtask, id: '1', outcome}), ...more}}) as RunEvent
  const end = (...events: RunEvent[]) =>
    shown(false, event => {
      for (const one of [begin(), ...events, {type: 'end'} as const]) event(one)
    })
      .trim()
      .split('\n')
      .at(-1)

  it('is the headline: of its subtasks alone, and as many as it counts', () => {
    const [easy, hard] = ['hops-0', 'hops-1'].map(
      subtask => (outcome: 'correct' | 'wrong') => said('m|direct', 'hops', subtask, outcome),
    )
    expect(end(easy!('correct'), easy!('correct'), hard!('wrong'), hard!('correct'), hard!('wrong'))).toContain(
      'score 33.3% (3 scored of 5 run)',
    )
    expect(end(easy!('correct'))).toContain('score 100.0%')
  })

  it('is the mean of subtasks where the headline is', () => {
    const counting = (outcome: 'correct' | 'wrong') => said('m|direct', 'blink', 'Counting', outcome)
    const jigsaw = said('m|direct', 'blink', 'Jigsaw', 'correct')
    expect(end(counting('wrong'), counting('wrong'), counting('wrong'), jigsaw)).toContain('score 50.0%')
  })

  it('is shown for each arm by what tells it apart', () => {
    const [own, zeros] = ['own', 'zeros'].map(name => `m|latent|lantern:5|${name}`) as [string, string]
    expect(end(said(own, 'hops', 'hops-1', 'correct'), said(zeros, 'hops', 'hops-1', 'wrong'))).toContain(
      'own 100.0%, zeros 0.0%',
    )
    const [direct, latent] = ['m|direct', own]
    expect(end(said(direct, 'hops', 'hops-1', 'correct'), said(latent, 'hops', 'hops-1', 'wrong'))).toContain(
      'direct 100.0%, latent lantern:5 own 0.0%',
    )
    expect(end(said(own, 'hops', 'hops-1', 'correct'), said(own, 'blink', 'Counting', 'wrong'))).toContain(
      'hops own 100.0%, blink own 0.0%',
    )
  })

  it('stands beside how many answers came from the cache', () => {
    const cached = said('m|direct', 'blink', 'Counting', 'correct', {cached: true})
    expect(end(cached, cached, said('m|direct', 'blink', 'Counting', 'wrong'))).toMatch(/, 2 of 3 from cache$/)
  })
})

describe('on a terminal', () => {
  const lastFrame = (text: string) => text.trimEnd().split('\r\u001B[2K').at(-1)!

  it('draws one line that fits, with count, rate, time left, score, errors and requests in flight', () => {
    const text = shown(true, (event, wait) => {
      event(begin())
      event({type: 'runner', event: {type: 'limit', concurrency: 8}})
      for (let i = 0; i < 50; i++) {
        wait(100)
        event(answered(i === 0 ? 'error' : 'correct'))
      }
      event({type: 'end'})
    })
    const frame = lastFrame(text)
    expect(frame).toContain('50/100 · 10/s · 5s left · score 100.0% · 1 error · 8 in flight')
    expect(frame.length).toBeLessThanOrEqual(80)
  })

  it('shows no more requests in flight than samples are left', () => {
    const text = shown(true, (event, wait) => {
      event(begin())
      event({type: 'runner', event: {type: 'limit', concurrency: 20}})
      for (let i = 0; i < 97; i++) {
        wait(100)
        event(answered())
      }
      event({type: 'end'})
    })
    expect(lastFrame(text)).toContain('3 in flight')
  })

  it.each([40, 60, 120])('stays within %d columns', columns => {
    const text = shown(
      true,
      (event, wait) => {
        event(begin())
        event({type: 'runner', event: {type: 'limit', concurrency: 64}})
        event({type: 'runner', event: {type: 'retry', reason: 'HTTP 429', attempt: 1, waitMs: 500}})
        for (let i = 0; i < 20; i++) {
          wait(150)
          event(answered(i % 3 ? 'wrong' : 'error'))
        }
        event({type: 'end'})
      },
      columns,
    )
    for (const frame of text.split('\r\u001B[2K').slice(1))
      expect(frame.replace(/\n[\s\S]*/, '').length).toBeLessThanOrEqual(columns)
  })

  it('leaves out whole facts on a narrow terminal, and assumes 80 columns if the width is unknown', () => {
    const act = (event: (event: RunEvent) => void, wait: (ms: number) => void) => {
      event(begin())
      event({type: 'runner', event: {type: 'limit', concurrency: 8}})
      wait(1000)
      event(answered())
      event({type: 'end'})
    }
    expect(lastFrame(shown(true, act, 40))).toMatch(/ 1\/100 · 1\.0\/s · 1m39s left$/)
    expect(lastFrame(shown(true, act, 0))).toMatch(/ 8 in flight$/)
  })

  it('redraws at most ten times a second', () => {
    const text = shown(true, (event, wait) => {
      event(begin())
      for (let i = 0; i < 100; i++) {
        wait(10)
        event(answered())
      }
    })
    expect(text.split('\r\u001B[2K').length).toBeLessThanOrEqual(12)
  })
})

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [200_000, '3m20s'],
  [7_500_000, '2h05m'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
