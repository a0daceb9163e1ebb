import type {Scoring} from '../core/outcome.js'
import {extractorPanel, type PanelAnswer} from './panel.js'

const scoring: Scoring = {answer: 'choice', metric: 'accuracy', aggregate: 'macro'}
const answer = (id: string, subtask: string, text: string, gold: string | null): PanelAnswer => ({
  ...{id, subtask, text, gold, letters: ['A', 'B', 'C', 'D'], stop: 'eos'},
  arm: {mode: 'direct', latentSize: null, intervention: null},
  usage: {latentSteps: null, blocks: null},
})
const answers = [
  answer('one', 'x', 'C', 'C'),
  answer('two', 'x', 'Based on the image, the answer is C.', 'C'),
  answer('three', 'y', '<answer>C</answer>', 'C'),
  answer('four', 'y', 'I cannot tell.', 'A'),
  answer('hidden', 'y', 'A', null),
]

describe('the extractor panel', () => {
  it('gives the score by extractor in the benchmark’s aggregate, its range, and the disagreements', async () => {
    const panel = await extractorPanel(answers, scoring, ['lantern-eval', 'lmms_blink', 'lantern_noopts'])
    expect(panel.rows).toEqual([
      {extractor: 'lantern-eval', score: 0.75, n: 4, unanswered: 1},
      {extractor: 'lmms_blink', score: 0.25, n: 4, unanswered: 1},
      {extractor: 'lantern_noopts', score: 0.75, n: 4, unanswered: 0},
    ])
    expect(panel.range).toEqual({low: 0.25, high: 0.75})
    expect(panel.disagreements).toBe(2)
    expect(panel.examples).toEqual([
      {id: 'two', scores: {'lantern-eval': 1, lmms_blink: 0, lantern_noopts: 1}},
      {id: 'three', scores: {'lantern-eval': 1, lmms_blink: 0, lantern_noopts: 1}},
    ])
  })

  it('weighs answers, not subtasks, if the benchmark is micro, and has no score without answers', async () => {
    const micro = {...scoring, aggregate: 'micro'} as const
    const uneven = [...answers.slice(0, 2), answer('five', 'x', 'A', 'B'), ...answers.slice(2, 4)]
    expect((await extractorPanel(uneven, micro, ['lantern-eval'])).rows[0]!.score).toBe(3 / 5)
    expect(await extractorPanel([], micro, ['lantern-eval'])).toMatchObject({range: null, rows: [{score: null, n: 0}]})
  })
})
