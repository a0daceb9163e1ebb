// The table of judges, and how a verdict changes a score. For each judge, by the name of its source: what it is told
// and how its reply is read. A benchmark's adapter names its judge. Nothing is sent from here; evaluation/judge.ts
// connects to an endpoint.

import {hashOf} from '../../core/hash.js'
import type {JudgeName, Outcome, Score, Scoring} from '../../core/outcome.js'
import type {Sample} from '../../core/sample.js'
import {readInferred, readScore, readVerbatim, type Verdict} from './replies.js'
import {
  blinkOfficialTemplate,
  viscotSystemTemplate,
  viscotUserTemplate,
  vlmevalkitBlinkTemplate,
  vlmevalkitChoiceTemplate,
} from './templates.js'

export interface JudgeMessage {
  readonly role: 'system' | 'user'
  readonly content: string
}

/** What a judge sees of one answer. */
export interface JudgeTask {
  readonly sample: Sample
  /** The answer to an open question, or the whole response to a choice. */
  readonly answer: string
}

interface Judge {
  readonly templates: readonly JudgeMessage[]
  fill(task: JudgeTask): Readonly<Record<'Q' | 'O' | 'P' | 'G', string>>
  read(reply: string, task: JudgeTask): Verdict
}

const lettersOf = ({letters = []}: Sample) => letters
const listed = ({options = [], letters = []}: Sample, line: (letter: string, option: string) => string) =>
  letters.map((letter, index) => line(letter, options[index] ?? '')).join('\n')

const vlmevalkit = (template: string): Judge => ({
  templates: [{role: 'user', content: template}],
  fill: ({sample, answer}) => ({
    Q: sample.question,
    O: `There are several options: \n${listed(sample, (letter, option) => `${letter}. ${option}`)}\n`,
    P: answer,
    G: '',
  }),
  read: (reply, {sample}) => readInferred(reply, lettersOf(sample), sample.options),
})

const judges: Readonly<Record<JudgeName, Judge>> = {
  viscot_official: {
    templates: [
      {role: 'system', content: viscotSystemTemplate},
      {role: 'user', content: viscotUserTemplate},
    ],
    // The official question still has the picture's placeholder from its conversation.
    fill: ({sample, answer}) => ({Q: `<image>\n${sample.question}`, O: '', P: answer, G: goldOf(sample)}),
    read: readScore,
  },
  blink_official: {
    templates: [{role: 'user', content: blinkOfficialTemplate}],
    fill: ({sample, answer}) => ({
      Q: `${sample.question}\nSelect from the following choices`,
      O: listed(sample, (letter, option) => `(${letter}) ${option}`),
      P: answer,
      G: '',
    }),
    read: (reply, {sample}) => readVerbatim(reply, lettersOf(sample)),
  },
  vlmevalkit_blink: vlmevalkit(vlmevalkitBlinkTemplate),
  vlmevalkit_choice: vlmevalkit(vlmevalkitChoiceTemplate),
}

/** The judge of a benchmark: the one it names, else VisCoT's for open answers and VLMEvalKit's for choices. */
export function judgeFor({answer, judge}: Pick<Scoring, 'answer' | 'judge'>): JudgeName {
  return judge ?? (answer === 'open' ? 'viscot_official' : 'vlmevalkit_choice')
}

/** Hash over the literal templates of a judge: part of the lock. */
export function judgePromptSha256(name: JudgeName): string {
  return hashOf(judges[name].templates)
}

/** The messages for one answer. */
export function judgeMessages(name: JudgeName, task: JudgeTask): JudgeMessage[] {
  const values = judges[name].fill(task)
  return judges[name].templates.map(({role, content}) => ({
    role,
    content: content.replace(/\{([QOPG])\}/g, (_mark, key: keyof typeof values) => values[key]),
  }))
}

/** Reads a reply. Never throws, whatever the text is. */
export function readVerdict(name: JudgeName, reply: string, task: JudgeTask): Verdict {
  return judges[name].read(reply, task)
}

/**
 * The task for a judge, or null where there is nothing to ask. A judge is asked about a given open answer, or a choice
 * that our rule could not read. Truncated, refused, failed and unscored samples keep their outcome.
 */
export function judgeTask(
  sample: Sample,
  text: string,
  {answer: kind}: Pick<Scoring, 'answer'>,
  score: Score,
): JudgeTask | null {
  if (sample.gold === null) return null
  if (kind === 'choice') return score.outcome === 'unanswered' && text.trim() !== '' ? {sample, answer: text} : null
  // An item with options is a choice, whatever its benchmark says, and its letter was read.
  if ((sample.letters ?? []).length > 0) return null
  const given = score.answer ?? ''
  return openOutcomes.has(score.outcome) && given.trim() !== '' ? {sample, answer: given} : null
}

const openOutcomes: ReadonlySet<Outcome> = new Set(['correct', 'wrong', 'not-engaged'])

/**
 * The score after a verdict. An open answer gets its mark (for a `not-engaged` one only `answerOnly` changes); a choice
 * becomes the letter that the judge read. An unreadable verdict says nothing about the answer, so it is an error, with
 * the official value in the metrics.
 */
export function judgedScore(score: Score, verdict: Verdict, {sample}: JudgeTask): Score {
  const {reading, official} = verdict
  switch (reading.kind) {
    case 'score': {
      const metrics = {...score.metrics, judge: reading.score}
      if (score.outcome === 'not-engaged') return {...score, metrics: {...metrics, answerOnly: reading.score}}
      return {...score, outcome: reading.score >= 0.5 ? 'correct' : 'wrong', score: reading.score, metrics}
    }
    case 'letter': {
      const right = reading.letter === sample.gold
      return {
        outcome: right ? 'correct' : 'wrong',
        score: right ? 1 : 0,
        answer: reading.letter,
        metrics: {...score.metrics, judge: right ? 1 : 0},
      }
    }
    case 'none':
      return {...score, metrics: {...score.metrics, judge: 0}}
    case 'unreadable':
      return {
        ...score,
        outcome: 'error',
        score: null,
        metrics: {
          ...score.metrics,
          ...(typeof official === 'number' ? {judgeOfficial: official} : {}),
        },
      }
  }
}

function goldOf({gold}: Sample): string {
  return typeof gold === 'string' ? gold : (gold ?? []).join(' or ')
}

export type {Verdict} from './replies.js'
