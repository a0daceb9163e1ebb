import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {sha256} from '../../core/hash.js'
import type {Score} from '../../core/outcome.js'
import type {Sample} from '../../core/sample.js'
import {judgedScore, judgeFor, judgeMessages, judgePromptSha256, judgeTask, readVerdict} from './index.js'
import {readInferred, readScore, readVerbatim} from './replies.js'
import {blinkOfficialTemplate, vlmevalkitBlinkTemplate, vlmevalkitChoiceTemplate} from './templates.js'

const open: Sample = {
  id: 'gqa/7',
  benchmark: 'viscot',
  subtask: 'gqa',
  images: [],
  question: 'What is it?',
  gold: 'window',
}
const choice: Sample = {
  id: 'val_Counting_1',
  benchmark: 'blink',
  subtask: 'Counting',
  images: [],
  question: 'How many?',
  options: ['one', 'two'],
  letters: ['A', 'B'],
  gold: 'B',
}
const score = (outcome: Score['outcome'], answer: string | null): Score => ({
  outcome,
  score: outcome === 'correct' ? 1 : 0,
  answer,
  metrics: {match: 0},
})

describe('the templates', () => {
  it.each([
    ['BLINK official', blinkOfficialTemplate, '240e9ba3f23d384264f73e58361bcebe2f149e4a9a0617a7fb1334ccc5a393a6'],
    ['VLMEvalKit BLINK', vlmevalkitBlinkTemplate, '35ebd275240f39e6a50cee9e3db84bfd31d2a8de51172ac98ac31bd301a3ea9a'],
    ['VLMEvalKit choice', vlmevalkitChoiceTemplate, 'b432c7b0529cd6b51708600e9f3a55c49d23172f9db1d0b11ac38245ceae4728'],
  ])('%s has the published hash', (_name, template, hash) => expect(sha256(template)).toBe(hash))

  it('are hashed for the lock, each judge separately', () => {
    const names = ['viscot_official', 'blink_official', 'vlmevalkit_blink', 'vlmevalkit_choice'] as const
    expect(new Set(names.map(judgePromptSha256)).size).toBe(4)
  })
})

describe('the messages', () => {
  it('of the VisCoT judge are the official ones', () => {
    const [system, user] = judgeMessages('viscot_official', {sample: open, answer: 'a {G} window'})
    expect(system!.content).toMatch(/^\nYou are responsible for proofreading .*\n$/)
    expect(user!.content).toBe(
      "\nquestion: <image>\nWhat is it?\nstandard answer: window\nmodel's answer: a {G} window\n",
    )
  })

  it('of the BLINK judge end with the item', () => {
    const [user] = judgeMessages('blink_official', {sample: choice, answer: 'I see two.'})
    expect(user!.content).toMatch(
      /Example 4: \nQuestion: How many\?\nSelect from the following choices\?\nOptions: \(A\) one\n\(B\) two\n\(Z\) Failed\nAnswer: I see two\.\nYour output: $/,
    )
  })

  it('of the VLMEvalKit judge list the options its way', () => {
    const [user] = judgeMessages('vlmevalkit_choice', {sample: choice, answer: 'I see two.'})
    expect(user!.content).toMatch(
      /Question: How many\?\?\nOptions: There are several options: \nA\. one\nB\. two\n\nAnswer: I see two\.\nYour output: $/,
    )
  })
})

const casesPath = fileURLToPath(new URL('../../../../shared/data/extraction_cases.json', import.meta.url))
const describeShared = existsSync(casesPath) ? describe : describe.skip
describeShared('replies as the official code reads them (needs ../shared/data)', () => {
  const cases = existsSync(casesPath) ? JSON.parse(readFileSync(casesPath, 'utf8')) : {}
  const of = (name: string): never[] => cases[`${name}_judge_replies`] ?? []

  it('VisCoT', () => {
    expect(of('viscot')).toHaveLength(14)
    for (const {judge_reply, score} of of('viscot'))
      expect([judge_reply, readScore(judge_reply).official]).toEqual([judge_reply, score])
  })

  it('BLINK', () => {
    expect(of('blink')).toHaveLength(6)
    for (const {judge_reply, gold, correct} of of('blink'))
      expect(readVerbatim(judge_reply, [...'AB']).official === gold).toBe(correct)
  })

  it('VLMEvalKit', () => {
    expect(of('vlmevalkit')).toHaveLength(7)
    for (const {judge_reply, options, extracted} of of('vlmevalkit')) {
      expect([judge_reply, readInferred(judge_reply, [...'ABCD'], options).official]).toEqual([judge_reply, extracted])
    }
  })
})

describe('a verdict', () => {
  const openTask = {sample: open, answer: 'a window'}
  const choiceTask = {sample: choice, answer: 'I see two.'}
  const judged = (reply: string) =>
    judgedScore(score('wrong', 'a window'), readVerdict('viscot_official', reply, openTask), openTask)
  const chosen = (reply: string) =>
    judgedScore(score('unanswered', null), readVerdict('blink_official', reply, choiceTask), choiceTask)

  it('gives an open answer its mark', () => {
    expect(judged('Score: 0.8')).toEqual({
      outcome: 'correct',
      score: 0.8,
      answer: 'a window',
      metrics: {match: 0, judge: 0.8},
    })
    expect(judged('score: 0.3')).toMatchObject({outcome: 'wrong', score: 0.3})
  })

  it('that cannot be read is an error, with what the official code would score', () => {
    expect(judged('Score: <1>')).toMatchObject({
      outcome: 'error',
      score: null,
      metrics: {judgeOfficial: 0},
    })
    expect(judged('score: 0.5.').metrics).toEqual({match: 0})
    expect(chosen('B')).toMatchObject({outcome: 'error', score: null})
  })

  it('gives the letter of a choice that no rule could read', () => {
    expect(chosen('(B)')).toMatchObject({outcome: 'correct', score: 1, answer: 'B'})
    expect(chosen('(A)')).toMatchObject({outcome: 'wrong', score: 0, answer: 'A'})
    expect(chosen('(Z)')).toMatchObject({outcome: 'unanswered', score: 0, answer: null})
  })

  it('on an answer without latents changes only answerOnly', () => {
    const before = score('not-engaged', 'a window')
    const after = judgedScore(before, readVerdict('viscot_official', 'score: 1', openTask), openTask)
    expect(after).toMatchObject({outcome: 'not-engaged', score: 0, metrics: {answerOnly: 1}})
  })
})

describe('a judge is asked', () => {
  it('about given open answers, and not about the rest', () => {
    expect(judgeTask(open, 'text', {answer: 'open'}, score('wrong', 'a window'))).toEqual({
      sample: open,
      answer: 'a window',
    })
    for (const outcome of ['unanswered', 'truncated', 'refused', 'error'] as const)
      expect(
        judgeTask(open, 'text', {answer: 'open'}, score(outcome, outcome === 'unanswered' ? null : 'x')),
      ).toBeNull()
    expect(judgeTask({...open, gold: null}, 'text', {answer: 'open'}, score('unscored', 'x'))).toBeNull()
  })

  it('about choices that our rule could not read', () => {
    expect(judgeTask(choice, 'I see two.', {answer: 'choice'}, score('unanswered', null))).toEqual({
      sample: choice,
      answer: 'I see two.',
    })
    expect(judgeTask(choice, 'B', {answer: 'choice'}, score('correct', 'B'))).toBeNull()
    expect(judgeTask(choice, ' ', {answer: 'choice'}, score('unanswered', null))).toBeNull()
  })

  it('with its benchmark’s prompt', () => {
    expect(judgeFor({answer: 'choice', judge: 'blink_official'})).toBe('blink_official')
    expect(judgeFor({answer: 'open'})).toBe('viscot_official')
    expect(judgeFor({answer: 'choice'})).toBe('vlmevalkit_choice')
  })
})
