// The extractor panel: one set of answers through several extractors. It shows how much of a score depends on the
// extractor, and on which samples.
import {combined} from '../core/headline.js'
import type {Scoring} from '../core/outcome.js'
import {extractorNames} from './extraction/index.js'
import {type Answered, scoreAnswer} from './score.js'

/** A saved answer: `id` names it in the disagreements, `subtask` groups it for a macro mean. */
export interface PanelAnswer extends Answered {
  readonly id: string
  readonly subtask: string
}

interface PanelRow {
  readonly extractor: string
  /** Mean score over the scored answers, in the benchmark's aggregate; null without any. */
  readonly score: number | null
  readonly n: number
  readonly unanswered: number
}

export interface Panel {
  readonly rows: readonly PanelRow[]
  /** Lowest and highest score of the rows; null without any. */
  readonly range: {readonly low: number; readonly high: number} | null
  /** Number of answers that the extractors score differently. */
  readonly disagreements: number
  /** The first of those answers, with the score by each extractor. */
  readonly examples: readonly {readonly id: string; readonly scores: Readonly<Record<string, number>>}[]
}

const mostExamples = 20

/** Extractors that read responses; `verbatim` is for saved predictions only. */
export const panelExtractors = () => extractorNames().filter(name => name !== 'verbatim')

/**
 * Scores every answer with every extractor, in one pass over the answers. Memory grows only with the number of
 * subtasks. Answers without a score (errors, hidden gold) are left out, as in the headline.
 */
export async function extractorPanel(
  answers: AsyncIterable<PanelAnswer> | Iterable<PanelAnswer>,
  scoring: Scoring,
  extractors: readonly string[] = panelExtractors(),
): Promise<Panel> {
  const tallies = extractors.map(extractor => ({
    extractor,
    unanswered: 0,
    subtasks: new Map<string, {sum: number; n: number}>(),
  }))
  const examples: Panel['examples'][number][] = []
  let disagreements = 0
  for await (const answer of answers) {
    const scores: Record<string, number> = {}
    for (const tally of tallies) {
      const {outcome, score} = scoreAnswer(answer, scoring, tally.extractor)
      if (score === null) continue
      scores[tally.extractor] = score
      const group = tally.subtasks.get(answer.subtask) ?? {sum: 0, n: 0}
      tally.subtasks.set(answer.subtask, {sum: group.sum + score, n: group.n + 1})
      if (outcome === 'unanswered') tally.unanswered++
    }
    if (new Set(Object.values(scores)).size < 2) continue
    disagreements++
    if (examples.length < mostExamples) examples.push({id: answer.id, scores})
  }
  const rows = tallies.map(({extractor, unanswered, subtasks}) => {
    const counted = [...subtasks].filter(([name]) => scoring.headline?.includes(name) ?? true)
    const parts = counted.map(([name, {sum, n}]) => ({name, value: sum / n, n}))
    return {
      ...{extractor, unanswered},
      n: parts.reduce((sum, {n}) => sum + n, 0),
      score: combined(parts, scoring.aggregate),
    }
  })
  const known = rows.flatMap(({score}) => (score === null ? [] : [score]))
  const range = known.length === 0 ? null : {low: Math.min(...known), high: Math.max(...known)}
  return {rows, range, disagreements, examples}
}
