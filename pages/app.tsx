// The pages of `view` and `report`: one frame around the views.
import {render} from 'preact'
import {useEffect, useRef, useState} from 'preact/hooks'
import type {PageBoard} from '../src/reports/pages/shapes.js'
import {Board} from './board.js'
import {Compare} from './compare.js'
import {Diagnosis} from './diagnosis.js'
import {Problem} from './marks.js'
import {goTo, linkTo, useRoute} from './route.js'
import {isTyping, Samples} from './samples.js'
import {openSource} from './source.js'

/** A run that goes on is asked after this often. */
const followMs = 3000

const keys = [
  ['j', 'next sample or row'],
  ['k', 'previous sample or row'],
  ['/', 'filter the samples'],
  ['Esc', 'leave: the filter, the sample, this list'],
  ['?', 'these keys'],
] as const

const source = openSource()

function App() {
  const [board, setBoard] = useState<PageBoard | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const {view, query} = useRoute()
  const help = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    source.board().then(setBoard, error => setProblem(String(error.message)))
  }, [])
  useEffect(() => {
    if (board?.live !== true) return
    const timer = setInterval(async () => {
      try {
        const now = document.hidden ? null : await source.changed(board.answers)
        setProblem(null)
        if (now !== null) setBoard(now)
      } catch (error) {
        setProblem(String((error as Error).message))
      }
    }, followMs)
    return () => clearInterval(timer)
  }, [board])
  useEffect(() => {
    const names: Readonly<Record<string, string>> = {samples: 'Samples', compare: 'Compare', diagnosis: 'Diagnosis'}
    document.title = `${names[view] ?? 'Results'} · lantern-eval`
  }, [view])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => onPageKey(event, help.current!)
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  const link = (name: string, words: string) => (
    <a href={linkTo(name)} aria-current={view === name ? 'page' : undefined}>
      {words}
    </a>
  )
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <header class="top">
        <p class="brand">lantern-eval</p>
        <nav aria-label="Views">
          {link('', 'Results')}
          {link('samples', 'Samples')}
          {(board?.columns.length ?? 0) > 1 && link('compare', 'Compare')}
          {board?.diagnosed && link('diagnosis', 'Diagnosis')}
        </nav>
        <button type="button" class="keys" aria-label="Keys" onClick={() => help.current?.showModal()}>
          ?
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {problem !== null && <Problem>{problem}</Problem>}
        {board !== null && board.problem !== null && (
          <Problem>{board.problem} What is shown was read before; `lantern-eval view` reads the runs anew.</Problem>
        )}
        {board === null && problem === null && <p class="waiting">Reading the runs …</p>}
        {board !== null &&
          (view === 'samples' ? (
            <Samples {...{board, source, query}} />
          ) : view === 'compare' ? (
            <Compare {...{board, source, query}} />
          ) : view === 'diagnosis' ? (
            <Diagnosis {...{board, source}} />
          ) : (
            <Board board={board} />
          ))}
      </main>
      <footer class="quiet">
        {board !== null &&
          `lantern-eval ${board.version} · ${[...new Set(board.columns.map(({run}) => run))].join(', ')}`}
      </footer>
      <dialog ref={help} aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl>
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <button type="button" onClick={() => help.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  )
}

function onPageKey(event: KeyboardEvent, help: HTMLDialogElement): void {
  const {key, target} = event
  if (key === 'Escape' && !help.open) {
    if (isTyping(event) && target instanceof HTMLElement) {
      target.blur()
      return
    }
    const [, query] = location.hash.split('?')
    const fields = Object.fromEntries(new URLSearchParams(query))
    if (fields['row'] !== undefined) goTo(linkTo('samples', {...fields, row: undefined}))
    return
  }
  if (isTyping(event) || help.open) return
  if (key === '?') help.showModal()
  else if (key === '/') {
    event.preventDefault()
    const field = () => document.getElementById('filter')?.focus()
    if (document.getElementById('filter') === null) goTo(linkTo('samples'))
    setTimeout(field, 50)
  } else if (key === 'j' || key === 'k') moveFocus(key === 'j' ? 1 : -1)
}

/** In tables, j and k go from row to row. */
function moveFocus(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('.row-link')]
  const at = links.indexOf(document.activeElement as HTMLElement)
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus()
}

const root = document.getElementById('app')!
root.textContent = ''
render(<App />, root)
