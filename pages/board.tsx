// The leaderboard: rows that may be ranked together in one table.
import {useState} from 'preact/hooks'
import {curveSentence, curvesOfGroup, curveTitle} from '../src/reports/formats/curve-words.js'
import {remarks} from '../src/reports/formats/words.js'
import type {PageBoard, PageFigure} from '../src/reports/pages/shapes.js'
import type {Curve} from '../src/reports/schemas/curve.js'
import type {ResultGroup, ResultRow} from '../src/reports/schemas/result.js'
import {ArmName, armLabel, Chart, Heads, Interval, percent, subtaskName, whole} from './marks.js'
import {goTo, linkTo} from './route.js'

const columnOf = (board: PageBoard, row: ResultRow) =>
  board.columns.findIndex(({run, arm}) => run === row.run && arm === row.arm)

export function Board({board}: {board: PageBoard}) {
  const [picked, setPicked] = useState<readonly number[]>([])
  const toggle = (column: number) =>
    setPicked(now => (now.includes(column) ? now.filter(one => one !== column) : [...now, column].slice(-2)))
  const {results, columns} = board
  const [base, next] = picked
  return (
    <>
      <h1>Results</h1>
      {results.warnings.map(warning => (
        <p class="note" key={warning}>
          {warning}
        </p>
      ))}
      {results.groups.map((group, k) => (
        <Group key={`${group.bench} ${k}`} {...{board, group, picked, toggle}} curves={board.curves[k]!} />
      ))}
      <div class="picked" role="status" hidden={picked.length === 0}>
        {base !== undefined && (
          <>
            <span class="picked-names">
              {armLabel(columns[base]!)}
              {next === undefined ? '' : ` → ${armLabel(columns[next]!)}`}
            </span>
            <button
              type="button"
              disabled={next === undefined}
              onClick={() => goTo(linkTo('compare', {base, new: next}))}
            >
              {next === undefined ? 'Pick a second row' : 'Compare'}
            </button>
          </>
        )}
      </div>
    </>
  )
}

interface GroupProps {
  readonly board: PageBoard
  readonly group: ResultGroup
  readonly curves: readonly PageFigure[]
  readonly picked: readonly number[]
  readonly toggle: (column: number) => void
}

function Group({board, group, curves, picked, toggle}: GroupProps) {
  const {results} = board
  const rows = group.rows.map(index => results.rows[index]!)
  const [first] = rows
  const asked = first === undefined ? -1 : columnOf(board, first)
  const bench = board.benches.findIndex(({id, columns}) => id === group.bench && columns.includes(asked))
  const guess = first?.baselines.random ?? null
  // The same benchmark stands more than once where its rows may not be ranked together.
  const alike = results.groups.filter(({bench, split}) => bench === group.bench && split === group.split)
  const again = alike.indexOf(group)
  return (
    <section aria-label={[group.title, group.split, ...(again > 0 ? [again + 1] : [])].join(' ')}>
      <h2>
        {group.title} <span class="quiet">{group.split}</span>
      </h2>
      <p class="quiet facts">
        {first && first.sample !== 'official' && (
          <span>{first.sample === 'builtin' ? 'built-in' : first.sample} samples</span>
        )}
        {guess !== null && <span>guessing {percent(guess)} %</span>}
        {group.counted !== null && <span>{group.counted}</span>}
        {group.power !== null && <span>detectable difference {percent(group.power.mde)} points</span>}
        {group.apart.map(fact => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      <table class="board">
        <Heads
          of={[
            ['Compare', 'pick'],
            ['Rank', 'number'],
            'Model and mode',
            ['Score, %', 'number'],
            ['95 % interval', 'line wide'],
            ['n', 'number wide'],
            ['Tokens', 'number wide'],
            ['Latents', 'number wide'],
            ['ms', 'number wide'],
          ]}
        />
        <tbody>
          {rows.map(row => {
            const column = columnOf(board, row)
            const name = board.columns[column]!
            return (
              <tr key={`${row.run} ${row.arm}`} class={picked.includes(column) ? 'chosen' : ''}>
                <td class="pick">
                  <input
                    type="checkbox"
                    aria-label={`Compare ${armLabel(name)}`}
                    checked={picked.includes(column)}
                    onChange={() => toggle(column)}
                  />
                </td>
                <td class="number rank">{rankOf(row)}</td>
                <td class="what">
                  <a class="row-link" href={linkTo('samples', {bench, arm: column})}>
                    <ArmName column={name} />
                  </a>
                  {remarks(row).map(note => (
                    <span class="arm-detail" key={note}>
                      {note}
                    </span>
                  ))}
                </td>
                <Score {...row} />
                <td class="line wide">
                  {row.score !== null && <Interval score={row.score} low={row.low} high={row.high} guess={guess} />}
                </td>
                <td class="number wide">
                  {whole(row.n)}
                  {row.n < row.total && <span class="quiet"> of {whole(row.total)}</span>}
                </td>
                <td class="number wide">{row.usage.textTokens === null ? '–' : row.usage.textTokens.toFixed(1)}</td>
                <td class="number wide">{row.usage.latentSteps === null ? '–' : row.usage.latentSteps.toFixed(1)}</td>
                <td class="number wide">{row.latencyMs.p50 === null ? '–' : whole(Math.round(row.latencyMs.p50))}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {curves.map(figure => (
        <Chart key={figure.name} {...{board, figure}} />
      ))}
      {curvesOfGroup(results, group).map(curve => (
        <Steps key={curveTitle(curve)} {...{board, bench, curve, guess}} />
      ))}
      {first !== undefined && first.subtasks.length > 1 && <Subtasks {...{board, rows, bench}} />}
    </section>
  )
}

/** The checkpoints of one training in their order. */
function Steps({board, bench, curve, guess}: {board: PageBoard; bench: number; curve: Curve; guess: number | null}) {
  return (
    <section aria-label={curveTitle(curve)}>
      <h3>{curveTitle(curve)}</h3>
      <p>{curveSentence(curve)}</p>
      <table class="board">
        <Heads
          of={[
            [curve.unit, 'number rank'],
            ['Score, %', 'number'],
            ['95 % interval', 'line'],
            ['n', 'number wide'],
          ]}
        />
        <tbody>
          {curve.points.map(({step, row, score, low, high, n}) => (
            <tr key={step}>
              <th scope="row" class="number rank">
                <a href={linkTo('samples', {bench, arm: columnOf(board, board.results.rows[row]!)})}>{whole(step)}</a>
              </th>
              <Score {...{score, low, high}} />
              <td class="line">{score !== null && <Interval {...{score, low, high, guess}} />}</td>
              <td class="number wide">{whole(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** A score and, in small, its interval. */
function Score({score, low, high}: Pick<ResultRow, 'score' | 'low' | 'high'>) {
  return (
    <td class="number score">
      <strong>{percent(score)}</strong>
      {low !== null && (
        <span class="bounds">
          {percent(low)}–{percent(high)}
        </span>
      )}
    </td>
  )
}

function rankOf({rankLow, rankHigh}: ResultRow): string {
  if (rankLow === null || rankHigh === null) return '–'
  return rankLow === rankHigh ? String(rankLow) : `${rankLow}–${rankHigh}`
}

function Subtasks({board, rows, bench}: {board: PageBoard; rows: readonly ResultRow[]; bench: number}) {
  return (
    <details>
      <summary>Subtasks</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <section class="scroll" aria-label="Scores by subtask" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Subtask</th>
              {rows.map(row => (
                <th scope="col" class="number" key={`${row.run} ${row.arm}`}>
                  <ArmName column={board.columns[columnOf(board, row)]!} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows[0]!.subtasks.map(({name, headline}) => (
              <tr key={name}>
                <th scope="row">
                  <a href={linkTo('samples', {bench, subtask: name})}>{subtaskName(name)}</a>
                  {!headline && <span class="quiet"> not in the headline</span>}
                </th>
                {rows.map(row => {
                  const part = row.subtasks.find(subtask => subtask.name === name)
                  return (
                    <td class="number" key={`${row.run} ${row.arm}`}>
                      {percent(part?.score ?? null)}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}
