// Connects judges to an endpoint, with cache, concurrency and budget as in the remote runner. Prompts and the reading
// of replies are in metrics/judges.

import {LanternError} from '../core/errors.js'
import type {Decoding} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import type {Score, Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {
  judgedScore,
  judgeFor,
  judgeMessages,
  judgePromptSha256,
  judgeTask,
  readVerdict,
} from '../metrics/judges/index.js'
import {type ChatOptions, openChat} from '../runners/remote/index.js'

export interface JudgeChoice {
  readonly ref: string
  readonly baseUrl?: string
}

/** The judge in the lock. Another prompt, endpoint or decoding makes another judge. */
export interface JudgeIdentity {
  readonly [key: string]: unknown
  readonly ref: string
  /** Hash over the prompts of all benchmarks of the run. */
  readonly prompt: string
  /** Name of the judge, by benchmark. */
  readonly prompts: Readonly<Record<string, string>>
  readonly endpoint: {readonly url: string; readonly name: string}
}

export interface Judged {
  readonly score: Score
  /** Set when the outcome became `error`: the judge failed, or its verdict could not be read. */
  readonly error?: {readonly code: 'judge-failed' | 'judge-unreadable'; readonly message: string}
  /** For the log; null when the judge was not asked. */
  readonly judge: {readonly name: string; readonly reply: string} | null
}

export interface OpenJudge {
  readonly identity: JudgeIdentity
  /**
   * The score of a saved or fresh answer after the judge; unchanged where there is nothing to ask (gold hidden, choice
   * already read, truncated, refused, ...). Throws LanternError `endpoint` when the judge cannot be reached at all.
   */
  judge(sample: Sample, text: string, scoring: Scoring, score: Score, signal: AbortSignal): Promise<Judged>
  close(): Promise<void>
}

/** Greedy, with room for a sentence before the mark. */
const decoding: Decoding = {maxNewTokens: 256, temperature: 0, seed: 0}
const longestQuote = 200

/**
 * The remote options of a run, as they apply to its judge. The judge is another model, so extra request fields and
 * prices of the models do not apply. At another server their headers do not apply either: they may hold credentials.
 */
export function forJudge({baseUrl}: JudgeChoice, remote: ChatOptions['remote']): ChatOptions['remote'] {
  const {extraBody: _body, price: _price, headers, ...rest} = remote
  return baseUrl === undefined && headers ? {...rest, headers} : rest
}

/**
 * Opens the judge of a run. `benchmarks` are those of the run: their prompts are part of the judge's identity.
 * Throws LanternError `usage` for a reference that is not an endpoint.
 */
export async function openJudge(
  {ref, baseUrl}: JudgeChoice,
  benchmarks: readonly {readonly id: string; readonly scoring: Scoring}[],
  options: ChatOptions,
): Promise<OpenJudge> {
  if (!ref.startsWith('openai:')) {
    throw new LanternError(
      'usage',
      `A judge must be an endpoint; ${ref} is not one.`,
      'Give --judge openai:NAME, with --judge-base-url for another server.',
    )
  }
  const {client, endpoint} = await openChat(
    ref,
    baseUrl === undefined ? options : {...options, remote: {...options.remote, baseUrls: {'*': baseUrl}}},
  )
  const names = Object.fromEntries(benchmarks.map(({id, scoring}) => [id, judgeFor(scoring)]))
  const prompt = hashOf({prompts: Object.values(names).map(judgePromptSha256).sort(), decoding})
  return {
    identity: {ref, prompt, prompts: names, endpoint: {url: endpoint.url, name: endpoint.name}},
    async judge(sample, text, scoring, score, signal) {
      const task = judgeTask(sample, text, scoring, score)
      if (task === null) return {score, judge: null}
      const name = judgeFor(scoring)
      const isUseful = (reply: string) => readVerdict(name, reply, task).reading.kind !== 'unreadable'
      const outcome = await client.complete(
        {messages: judgeMessages(name, task), images: [], decoding, isUseful},
        signal,
      )
      if (outcome.kind !== 'reply') {
        const message =
          outcome.kind === 'failure'
            ? outcome.message
            : 'it was not asked: the budget is used up, or the run was interrupted'
        return {...failed(score, 'judge-failed', `The judge gave no verdict: ${message}`), judge: null}
      }
      const {text: reply} = outcome.reply
      const verdict = readVerdict(name, reply, task)
      const after = judgedScore(score, verdict, task)
      const judge = {name, reply}
      if (verdict.reading.kind !== 'unreadable') return {score: after, judge}
      return {
        ...failed(after, 'judge-unreadable', `The judge's verdict cannot be read: ${reply.slice(0, longestQuote)}`),
        judge,
      }
    },
    close: () => client.close(),
  }
}

function failed(
  score: Score,
  code: NonNullable<Judged['error']>['code'],
  message: string,
): Pick<Judged, 'score' | 'error'> {
  return {score: {...score, outcome: 'error', score: null}, error: {code, message}}
}
