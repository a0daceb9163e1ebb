import type {Scoring} from '../core/outcome.js'
import {matchOpen, openAnswer} from './match.js'
import {type Answered, scoreAnswer} from './score.js'

const choice: Scoring = {answer: 'choice', metric: 'accuracy', aggregate: 'micro'}
const open: Scoring = {answer: 'open', metric: 'match', aggregate: 'macro'}
const latent = {mode: 'latent', latentSize: 8, intervention: 'own'} as const
const base: Answered = {
  text: '<answer>B</answer>',
  stop: 'eos',
  gold: 'B',
  letters: ['A', 'B'],
  arm: {mode: 'direct', latentSize: null, intervention: null},
  usage: {latentSteps: null, blocks: null},
}
const score = (change: Partial<Answered>, extractor = 'lantern-eval') =>
  scoreAnswer({...base, ...change}, choice, extractor)
const idle = {arm: latent, usage: {latentSteps: 0, blocks: 0}}

describe('the outcome of a choice', () => {
  it('is correct or wrong by the letter', () => {
    expect(score({})).toEqual({outcome: 'correct', score: 1, answer: 'B', metrics: {}})
    expect(score({gold: 'A'})).toEqual({outcome: 'wrong', score: 0, answer: 'B', metrics: {}})
  })

  it('is unanswered if nothing was read, and wrong if the reading is not a letter of the item', () => {
    expect(score({text: 'I cannot tell.'})).toMatchObject({outcome: 'unanswered', score: 0, answer: null})
    expect(score({text: '(B) Point B'}, 'verbatim')).toMatchObject({outcome: 'wrong', score: 0, answer: '(B) Point B'})
    expect(score({text: 'no idea'}, 'blink_official')).toMatchObject({outcome: 'unanswered'})
  })

  // Each row outranks all that follow it (design/contract.md): every one also holds what would give a later outcome.
  it.each([
    ['error', {stop: 'error', text: '', gold: null, ...idle}, null],
    ['error', {stop: 'abort', gold: null, ...idle}, null],
    ['unscored', {stop: 'refusal', gold: null, ...idle}, null],
    ['unscored', {stop: 'length', text: 'The answer is B', gold: null, ...idle}, null],
    ['unscored', {stop: 'eos', text: 'no idea', gold: null, ...idle}, null],
    ['refused', {stop: 'refusal', ...idle}, 0],
    ['truncated', {stop: 'length', text: 'The answer is', ...idle}, 0],
    ['not-engaged', {stop: 'eos', text: 'no idea', ...idle}, 0],
    ['unanswered', {stop: 'eos', text: 'no idea'}, 0],
  ] as const)('is %s before all later ones', (outcome, change, value) => {
    expect(score(change)).toMatchObject({outcome, score: value})
  })

  it('is not truncated when an answer was closed before the limit, but is with an empty one', () => {
    expect(score({stop: 'length', text: '<answer>B</answer> and then'})).toMatchObject({outcome: 'correct'})
    expect(score({stop: 'length', text: '<think>so <answer>'})).toMatchObject({outcome: 'truncated'})
    expect(score({stop: 'length', text: '<answer></answer> B'})).toMatchObject({outcome: 'truncated'})
  })
})

describe('the likeliest option as the answer', () => {
  const official = {answer: 'choice', metric: 'likelihood', aggregate: 'micro'} as const
  const byLikelihood = (more: Partial<Answered>) => scoreAnswer({...base, ...more}, official, 'lantern-eval')

  it('counts whatever was written, cut off or refused', () => {
    for (const stop of ['eos', 'length', 'refusal'] as const) {
      expect(byLikelihood({text: '(A)', stop, likeliest: 'B'})).toMatchObject({
        outcome: 'correct',
        score: 1,
        answer: 'B',
      })
      expect(byLikelihood({text: '(B)', stop, likeliest: 'A'})).toMatchObject({outcome: 'wrong', score: 0, answer: 'A'})
    }
  })

  it('is none where it is not known, where the gold answer is hidden, and after a failure', () => {
    expect(byLikelihood({text: '(B)'})).toMatchObject({outcome: 'unanswered', score: 0})
    expect(byLikelihood({gold: null, likeliest: 'A'})).toMatchObject({outcome: 'unscored', score: null})
    expect(byLikelihood({stop: 'error', likeliest: 'B'})).toMatchObject({outcome: 'error', score: null})
  })
})

describe('a latent arm without a latent block', () => {
  it('is not engaged, scores 0, and keeps the score of its answer alone', () => {
    expect(score(idle)).toEqual({outcome: 'not-engaged', score: 0, answer: 'B', metrics: {answerOnly: 1}})
    expect(score({...idle, text: 'no idea'})).toMatchObject({outcome: 'not-engaged', metrics: {answerOnly: 0}})
  })

  it.each([
    ['the intervention leaves them out', {...idle, arm: {...latent, intervention: 'no-latent'}}],
    ['only markers are asked for', {...idle, arm: {...latent, intervention: 'markers-only'}}],
    ['K is 0', {...idle, arm: {...latent, latentSize: 0}}],
    ['the runner cannot see latents', {arm: latent, usage: {latentSteps: null, blocks: null}}],
    ['there is a block', {arm: latent, usage: {latentSteps: 8, blocks: 1}}],
  ] as const)('is scored as any other where %s', (_, change) => {
    expect(score(change)).toMatchObject({outcome: 'correct'})
  })
})

describe('open answers', () => {
  const answered: Answered = {...base, letters: null, gold: 'window', text: 'The window.'}

  it('score their normalised match without a judge, beside the exact one', () => {
    expect(scoreAnswer(answered, open, 'lantern-eval')).toEqual({
      outcome: 'correct',
      score: 1,
      answer: 'The window.',
      metrics: {exact: 0, match: 1},
    })
    expect(scoreAnswer({...answered, gold: 'a door'}, open, 'lantern-eval')).toMatchObject({outcome: 'wrong', score: 0})
  })

  it('are choices where the item has options', () => {
    expect(scoreAnswer({...base, options: ['cat', 'dog'], text: 'dog'}, open, 'lantern-eval')).toMatchObject({
      outcome: 'correct',
      answer: 'B',
    })
  })

  it.each([
    ['<think>a door?</think> A window', 'A window'],
    ['<think>x</think><answer>\nwindow </answer><|im_end|>', 'window'],
    ['<think>it is the window', ''],
    ['  two\n words ', 'two words'],
  ])('are read from %j', (text, answer) => {
    expect(openAnswer(text)).toBe(answer)
  })

  it.each([
    ['Two dogs', '2 dogs', 1],
    ['The answer is: Window.', 'window', 1],
    ['1,200', '1200', 1],
    ['3.5', '35', 0],
    ["it's", 'its', 1],
    ['12:30', '12:30.', 1],
    ['-5', '5', 0],
    ['no', 'not', 0],
    ['...', '', 0],
    // Punctuation, hyphens and accents.
    ['coca cola', 'Coca-Cola', 1],
    ['Coca‑Cola', 'coca cola.', 1],
    ['cocacola', 'Coca-Cola', 1],
    ['Coca-Cola', 'Pepsi-Cola', 0],
    ['e-mail', 'email', 1],
    ['USA', 'U.S.A.', 1],
    ['7 p.m.', '7pm', 1],
    ['cafe', 'Café', 1],
    ['salt & pepper', 'salt and pepper', 1],
    ['"Stop!"', 'STOP', 1],
    ['555 1234', '555-1234', 1],
    ['−5', '-5', 1],
    ['covid-19', 'COVID 19', 1],
    ['2.5', '2-5', 0],
    ['12', '1 2', 0],
    ['C++', 'C', 0],
    // Signs that change what is said, and the same signs as ornaments.
    ['C#', 'C', 0],
    ['C', 'C#', 0],
    ['c♯.', 'C#', 1],
    ['F# minor', 'F minor', 0],
    ['## C', 'C', 1],
    ['#5', '5', 1],
    ['<5', '5', 0],
    ['> 5', '>5', 1],
    ['<= 5 kg', '≤5kg', 1],
    ['≤5', '<5', 0],
    ['±3', '3', 0],
    ['√2', '2', 0],
    ['<b>5</b>', '5', 1],
    ['-> 5', '5', 1],
    ['हिन्दी', 'हिन्द', 0],
    // Articles.
    ['an apple', 'the apple', 1],
    ['vitamin', 'vitamin A', 0],
    ['a', 'A', 1],
    // Numbers and units.
    ['twelve', '12', 1],
    ['none', '0', 1],
    ['the second', '2nd', 1],
    ['10 %', '10 percent', 1],
    ['10', '10 percent', 0],
    ['$5', '5 dollars', 1],
    ['5 $', '5 dollars', 1],
    ['$5', '€5', 0],
    ['$', 'dollar', 0],
    ['5 kilograms', '5kg', 1],
    ['5 g', '5 kg', 0],
    ['one meter', '1 m', 1],
    ['5 seconds', '5 second', 1],
    ['3d', '3 d', 0],
    ['37 °C', '37°c', 1],
    ['512 mb', '512 gb', 0],
    ['1.50', '150', 0],
  ])('%j against %j', (answer, gold, match) => {
    expect(matchOpen(answer, [gold]).match).toBe(match)
  })
})
