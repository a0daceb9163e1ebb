// The flip matrix: how many samples each arm solves that another one does not. Pure.
import {type Figure, figureName, linesOf, twoLines} from './figure.js'
import {heatSpec} from './marks.js'
import {unique} from './rows.js'

export interface ArmScores {
  readonly label: string
  /** The arm and its run, beside a label that may be shortened. */
  readonly id: string
  readonly run: string
  /** Score by sample id; samples without one are absent. */
  readonly scores: ReadonlyMap<string, number>
}

/** The matrix of arms of one group; null for fewer than two. `title` is that of the group. */
export function flipFigure(bench: string, split: string, title: string, arms: readonly ArmScores[]): Figure | null {
  if (arms.length < 2) return null
  const labels = unique(arms.map(({label}) => label))
  const data = arms.flatMap((row, k) =>
    arms.flatMap((column, j) => {
      if (j === k) return []
      let [flips, n] = [0, 0]
      for (const [id, score] of row.scores) {
        const other = column.scores.get(id)
        if (other === undefined) continue
        n++
        if (score > other) flips++
      }
      return [
        {
          ...{row: labels[k]!, id: row.id, run: row.run, column: String(j + 1), against: labels[j]!},
          ...{againstId: column.id, againstRun: column.run, flips, n, share: n === 0 ? null : flips / n},
        },
      ]
    }),
  )
  const most = Math.max(...data.map(({share}) => share ?? 0))
  const numbered = data.map(datum => ({...datum, row: `${labels.indexOf(datum.row) + 1} ${datum.row}`}))
  return {
    name: figureName('flips', bench, split),
    title: `${title}: flips`,
    description: `For each two of ${arms.length} arms, the number of samples on which the arm of the row scores more than that of the column.`,
    data: numbered,
    spec: {
      title: {
        text: linesOf(`${title}: flips`),
        subtitle: 'Samples that the arm of the row solves and that of the column does not.',
      },
      ...heatSpec({
        x: {
          field: 'column',
          scale: {domain: labels.map((_, k) => String(k + 1))},
          type: 'nominal',
          sort: null,
          title: 'not by arm',
          axis: {orient: 'top', labelAngle: 0, ticks: false, domain: false},
        },
        y: {field: 'row', type: 'nominal', sort: null, title: null, axis: {...twoLines, ticks: false, domain: false}},
        value: 'share',
        text: 'datum.flips',
        // Where nothing flips, every cell has the darkest colour.
        scale: {scheme: 'cividis', domain: [0, most || 1]},
        ...{most: most || 1, columns: labels.length},
      }),
    },
  }
}
