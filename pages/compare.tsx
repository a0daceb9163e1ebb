// Two arms on the samples that both answered: the difference, its test, and what it is made of.

import type {PageBoard} from '../src/reports/pages/shapes.js'
import type {ComparisonPair} from '../src/reports/schemas/comparison.js'
import {useLoaded} from './loaded.js'
import {armLabel, Heads, Problem, percent, pValue, signed, subtaskName, whole} from './marks.js'
import {goTo, linkTo} from './route.js'
import type {Source} from './source.js'

interface Props {
  readonly board: PageBoard
  readonly source: Source
  readonly query: URLSearchParams
}

export function Compare({board, source, query}: Props) {
  const base = Number(query.get('base') ?? 0)
  const next = Number(query.get('new') ?? 1)
  const loaded = useLoaded(() => source.compare(base, next), [base, next, board.answers])
  const choice = (name: 'base' | 'new', label: string, value: number) => (
    <label>
      {label}
      <select
        aria-label={label}
        value={value}
        onChange={event => goTo(linkTo('compare', {base, new: next, [name]: event.currentTarget.value}))}
      >
        {board.columns.map((column, k) => (
          <option key={`${column.run} ${column.arm}`} value={k}>
            {armLabel(column)}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <>
      <h1>Compare</h1>
      <div class="controls">
        {choice('base', 'From', base)}
        {choice('new', 'To', next)}
        <button type="button" onClick={() => goTo(linkTo('compare', {base: next, new: base}))}>
          Swap
        </button>
      </div>
      {loaded.problem !== undefined && <Problem>{loaded.problem}</Problem>}
      {loaded.value !== undefined && 'problem' in loaded.value && <Problem>{loaded.value.problem}</Problem>}
      {loaded.value !== undefined && 'comparison' in loaded.value && (
        <>
          <p class="verdict">
            <strong>{loaded.value.comparison.verdict}</strong> at a margin of {percent(loaded.value.comparison.margin)}{' '}
            points, level {loaded.value.comparison.alpha}
          </p>
          {loaded.value.comparison.pairs.map(pair => (
            <Pair key={pair.bench} {...{board, pair, base, next}} />
          ))}
          {loaded.value.comparison.warnings.map(warning => (
            <p class="note" key={warning}>
              {warning}
            </p>
          ))}
        </>
      )}
    </>
  )
}

function Pair({board, pair, base, next}: {board: PageBoard; pair: ComparisonPair; base: number; next: number}) {
  const bench = board.benches.findIndex(({id, columns}) => id === pair.bench && columns.includes(base))
  const flips = linkTo('samples', {bench, flip: `${base},${next}`})
  const sum = Math.max(1, pair.wins + pair.losses + pair.ties)
  const share = (count: number) => `${((100 * count) / sum).toFixed(2)}%`
  return (
    <section aria-label={board.benches[bench]?.title ?? pair.bench}>
      <h2>{board.benches[bench]?.title ?? pair.bench}</h2>
      <p class="figure-line">
        <span class="big">{signed(pair.difference)}</span> points{' '}
        <span class="quiet">
          ({signed(pair.low)} to {signed(pair.high)}), p {pValue(pair.p)}, {pair.test}, n {whole(pair.n)} {pair.unit}s
        </span>
      </p>
      <svg class="shares" aria-hidden="true" focusable="false">
        <rect class="good" x="0" width={share(pair.wins)} height="100%" />
        <rect class="tie" x={share(pair.wins)} width={share(pair.ties)} height="100%" />
        <rect class="bad" x={share(pair.wins + pair.ties)} width={share(pair.losses)} height="100%" />
      </svg>
      <dl class="counts">
        <div>
          <dt>wins</dt>
          <dd>{whole(pair.wins)}</dd>
        </div>
        <div>
          <dt>ties</dt>
          <dd>{whole(pair.ties)}</dd>
        </div>
        <div>
          <dt>losses</dt>
          <dd>{whole(pair.losses)}</dd>
        </div>
        <div>
          <dt>detectable</dt>
          <dd>{percent(pair.mde)} points</dd>
        </div>
      </dl>
      <p>
        <a href={flips}>Samples that flip</a>
      </p>
      {pair.subtasks.length > 1 && (
        <table>
          <caption class="hidden">Differences by subtask</caption>
          <Heads
            of={[
              'Subtask',
              ['Difference', 'number'],
              ['95 % interval', 'number wide'],
              ['Wins', 'number'],
              ['Losses', 'number'],
              ['p, adjusted', 'number'],
            ]}
          />
          <tbody>
            {pair.subtasks.map(part => (
              <tr key={part.name}>
                <th scope="row">
                  <a href={linkTo('samples', {bench, subtask: part.name, flip: `${base},${next}`})}>
                    {subtaskName(part.name)}
                  </a>
                </th>
                <td class="number">{signed(part.difference)}</td>
                <td class="number wide">
                  {signed(part.low)} to {signed(part.high)}
                </td>
                <td class="number">{part.wins}</td>
                <td class="number">{part.losses}</td>
                <td class="number">{pValue(part.holm)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
