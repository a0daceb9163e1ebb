// The samples, filtered, and the one that was picked beside them.
import {useEffect, useRef, useState} from 'preact/hooks'
import {outcomes} from '../src/core/outcome.js'
import {queryOf} from '../src/reports/pages/select.js'
import type {PageBoard, SampleLine} from '../src/reports/pages/shapes.js'
import {armLabel, Problem, Sign, subtaskName, visible, whole} from './marks.js'
import {goTo, linkTo} from './route.js'
import {Sample} from './sample.js'
import type {Source} from './source.js'

const pageSize = 100
/** While extractors are at work, the list is asked for again this often. */
const scanMs = 700

interface Props {
  readonly board: PageBoard
  readonly source: Source
  readonly query: URLSearchParams
}

export function Samples({board, source, query}: Props) {
  const [lines, setLines] = useState<readonly SampleLine[]>([])
  const [total, setTotal] = useState<number | null>(null)
  const [scanned, setScanned] = useState(1)
  const [problem, setProblem] = useState<string | null>(null)
  const [shown, setShown] = useState(pageSize)
  const fields = Object.fromEntries(query)
  const {row: _row, ...filter} = fields
  const key = JSON.stringify(filter)
  const asked = queryOf(query, {columns: board.columns.length, benches: board.benches.length})
  const row = query.has('row') ? Number(query.get('row')) : null

  useEffect(() => setShown(pageSize), [key])
  useEffect(() => {
    let wanted = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      try {
        const page = await source.samples(asked, 0, shown)
        if (!wanted) return
        setLines(page.lines)
        setTotal(page.total)
        setScanned(page.scanned)
        setProblem(null)
        if (page.scanned < 1) timer = setTimeout(load, scanMs)
      } catch (error) {
        if (wanted) setProblem(String((error as Error).message))
      }
    }
    void load()
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [key, shown, board.answers])

  const pick = (next: number) => goTo(linkTo('samples', {...fields, row: next}), row !== null)
  const move = (by: number) => {
    const at = lines.findIndex(line => line.row === row)
    const next = lines[at < 0 ? 0 : at + by]
    if (next !== undefined) pick(next.row)
    else if (by > 0 && total !== null && lines.length < total) setShown(shown + pageSize)
  }
  const moving = useRef(move)
  moving.current = move
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || document.querySelector('dialog[open]')) return
      if (event.key === 'j') moving.current(1)
      else if (event.key === 'k') moving.current(-1)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({block: 'nearest'}), [row, lines])

  return (
    <div class={row === null ? 'samples' : 'samples with-detail'}>
      <section class="list" aria-label="Samples">
        <h1>Samples</h1>
        <Filters {...{board, fields}} />
        <p class="quiet" role="status">
          {total === null ? 'Reading …' : `${whole(total)} of ${whole(board.samples)} samples`}
          {scanned < 1 && `, ${Math.floor(100 * scanned)} % of the answers read by all extractors`}
        </p>
        {problem !== null && <Problem>{problem}</Problem>}
        {total === 0 && scanned === 1 && key !== '{}' && (
          <p>
            No sample has all of this. <a href={linkTo('samples')}>Show all samples</a>
          </p>
        )}
        <ol ref={list}>
          {lines.map(line => (
            <li key={line.row}>
              <a
                href={linkTo('samples', {...fields, row: line.row})}
                aria-current={line.row === row ? 'true' : undefined}
              >
                <span class="id">{visible(line.id)}</span>
                <span class="quiet subtask">{subtaskName(line.subtask)}</span>
                <span class="signs">
                  {board.benches[line.bench]!.columns.map(column => (
                    <Sign
                      key={column}
                      outcome={line.outcomes[column] ?? null}
                      name={armLabel(board.columns[column]!)}
                    />
                  ))}
                </span>
              </a>
            </li>
          ))}
        </ol>
        {total !== null && lines.length < total && (
          <button type="button" onClick={() => setShown(shown + pageSize)}>
            Show more
          </button>
        )}
      </section>
      {row !== null && (
        <section class="detail" aria-label="Sample">
          <p class="back">
            <a href={linkTo('samples', filter)}>Back to the list</a>
          </p>
          <Sample {...{board, source, row}} first={asked.flip ?? (asked.arm === undefined ? [] : [asked.arm])} />
        </section>
      )}
    </div>
  )
}

/** Whether a key belongs to what is typed into. */
export function isTyping(event: KeyboardEvent): boolean {
  const {target} = event
  const field = target instanceof HTMLElement && /^(input|select|textarea)$/i.test(target.tagName)
  const checkbox = target instanceof HTMLInputElement && target.type === 'checkbox'
  return (field && !checkbox) || event.ctrlKey || event.metaKey || event.altKey
}

/** The samples are asked for when the reader has paused. */
const pauseMs = 150

/**
 * The part of ids that is looked for. The address follows what is typed, never the other way while it is being typed: on
 * a slow machine it comes late, and would take letters back.
 */
function IdFilter({text, onText}: {text: string; onText: (text: string) => void}) {
  const [typed, setTyped] = useState(text)
  const told = useRef(onText)
  told.current = onText
  const timer = useRef<ReturnType<typeof setTimeout>>()
  useEffect(() => {
    if (timer.current === undefined) setTyped(text)
  }, [text])
  useEffect(() => () => clearTimeout(timer.current), [])
  const type = (value: string) => {
    setTyped(value)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      timer.current = undefined
      told.current(value)
    }, pauseMs)
  }
  return (
    <label>
      Id
      <input
        type="search"
        id="filter"
        aria-label="Id"
        value={typed}
        onInput={event => type(event.currentTarget.value)}
      />
    </label>
  )
}

function Filters({board, fields}: {board: PageBoard; fields: Readonly<Record<string, string>>}) {
  const set = (changes: Readonly<Record<string, string | undefined>>) =>
    goTo(linkTo('samples', {...fields, row: undefined, ...changes}), true)
  const bench = fields['bench'] === undefined ? undefined : board.benches[Number(fields['bench'])]
  const subtasks = [...new Set((bench ? [bench] : board.benches).flatMap(one => one.subtasks))]
  const [a = '', b = ''] = (fields['flip'] ?? '').split(',')
  const there = bench?.columns ?? board.columns.map((_, k) => k)
  const arms = board.columns.map(
    (column, k) =>
      there.includes(k) && (
        <option key={`${column.run} ${column.arm}`} value={k}>
          {armLabel(column)}
        </option>
      ),
  )
  const flip = (first: string, second: string) =>
    set({flip: first !== '' && second !== '' ? `${first},${second}` : undefined})
  return (
    <form class="controls" onSubmit={event => event.preventDefault()}>
      <IdFilter text={fields['text'] ?? ''} onText={text => set({text})} />
      {board.benches.length > 1 && (
        <label>
          Benchmark
          <select
            aria-label="Benchmark"
            value={fields['bench'] ?? ''}
            onChange={event => set({bench: event.currentTarget.value, subtask: undefined})}
          >
            <option value="">all</option>
            {board.benches.map((one, k) => (
              <option key={k} value={k}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
      )}
      {subtasks.length > 1 && (
        <label>
          Subtask
          <select
            aria-label="Subtask"
            value={fields['subtask'] ?? ''}
            onChange={event => set({subtask: event.currentTarget.value})}
          >
            <option value="">all</option>
            {subtasks.map(name => (
              <option key={name} value={name}>
                {subtaskName(name)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        Outcome
        <select
          aria-label="Outcome"
          value={fields['outcome'] ?? ''}
          onChange={event => set({outcome: event.currentTarget.value})}
        >
          <option value="">any</option>
          {outcomes.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        of
        <select
          aria-label="Outcome of"
          value={fields['arm'] ?? ''}
          onChange={event => set({arm: event.currentTarget.value})}
        >
          <option value="">any arm</option>
          {arms}
        </select>
      </label>
      {board.columns.length > 1 && (
        <fieldset>
          <legend>Flips</legend>
          <label>
            <select
              aria-label="Flips between"
              value={a}
              onChange={event => flip(event.currentTarget.value, b === '' ? otherThan(event.currentTarget.value) : b)}
            >
              <option value="">between any</option>
              {arms}
            </select>
          </label>
          <label>
            <select
              aria-label="Flips against"
              value={b}
              onChange={event => flip(a === '' ? otherThan(event.currentTarget.value) : a, event.currentTarget.value)}
            >
              <option value="">and any</option>
              {arms}
            </select>
          </label>
        </fieldset>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={fields['disagree'] === '1'}
          onChange={event => set({disagree: event.currentTarget.checked ? '1' : undefined})}
        />
        extractors disagree
      </label>
    </form>
  )
}

/** Another column than this, to flip against; none without one. */
function otherThan(column: string): string {
  return column === '' ? '' : column === '0' ? '1' : '0'
}
