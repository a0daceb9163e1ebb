// Small marks and figures in words that several views share.
import type {Outcome} from '../src/core/outcome.js'
import type {PageBoard, PageColumn, PageFigure} from '../src/reports/pages/shapes.js'

export const percent = (value: number | null): string => (value === null ? '–' : (100 * value).toFixed(1))

export const signed = (value: number): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(100 * value).toFixed(1)}`

export const whole = (value: number): string => value.toLocaleString('en')

export function pValue(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

const signs: Readonly<Record<Outcome, string>> = {
  correct: '●',
  wrong: '✕',
  unanswered: '○',
  truncated: '⋯',
  refused: '⊘',
  'not-engaged': '◇',
  unscored: '?',
  error: '!',
}

const kindOf = (outcome: Outcome | null) => (outcome === 'correct' ? 'good' : outcome === 'wrong' ? 'bad' : 'other')

/** An outcome as a sign that differs in shape, with its name for those who do not see it. */
export function Sign({outcome, name}: {outcome: Outcome | null; name?: string}) {
  const words = `${name ? `${name}: ` : ''}${outcome ?? 'no answer'}`
  return (
    <span class={`sign ${kindOf(outcome)}`} role="img" aria-label={words} title={words}>
      {outcome === null ? '·' : signs[outcome]}
    </span>
  )
}

export function OutcomeName({outcome}: {outcome: Outcome}) {
  return (
    <span class={`outcome ${kindOf(outcome)}`}>
      <span aria-hidden="true">{signs[outcome]}</span> {outcome}
    </span>
  )
}

/**
 * Text from outside with every character that is not seen, or that turns others around, as a sign of its own: no text
 * may look like another one. As long as before, so that places in it hold.
 */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g,
    letter => (letter === '\r' ? ' ' : letter < ' ' ? String.fromCharCode(0x2400 + letter.charCodeAt(0)) : '\ufffd'),
  )
}

/** The name of a subtask. */
export const subtaskName = (name: string): string => visible(name.replaceAll('_', ' '))

/** An arm in two lines: the model, and how it was asked. */
export function ArmName({column}: {column: PageColumn}) {
  return (
    <span class="arm">
      <span class="arm-name">{column.name}</span>
      {column.detail !== '' && <span class="arm-detail">{column.detail}</span>}
    </span>
  )
}

export const armLabel = ({name, detail}: PageColumn): string => (detail === '' ? name : `${name} · ${detail}`)

/** The heads of a table's columns, each with its class where it has one; `pick` is heard, not seen. */
export function Heads({of}: {of: readonly (string | readonly [name: string, kind: string])[]}) {
  return (
    <thead>
      <tr>
        {of.map(head => {
          const [name, kind] = typeof head === 'string' ? [head, undefined] : head
          return (
            <th scope="col" class={kind} key={name}>
              {kind === 'pick' ? <span class="hidden">{name}</span> : name}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

/** A score with its interval on a line from 0 to 1; the tick is guessing. */
export function Interval({
  score,
  low,
  high,
  guess,
}: {
  score: number
  low: number | null
  high: number | null
  guess: number | null
}) {
  const at = (value: number) => `${(100 * value).toFixed(2)}%`
  return (
    <svg class="interval" aria-hidden="true" focusable="false">
      <line class="axis" x1="0%" x2="100%" y1="50%" y2="50%" />
      {guess !== null && <line class="guess" x1={at(guess)} x2={at(guess)} y1="15%" y2="85%" />}
      {low !== null && high !== null && <line class="range" x1={at(low)} x2={at(high)} y1="50%" y2="50%" />}
      <circle class="point" cx={at(score)} cy="50%" r="4" />
    </svg>
  )
}

export function Problem({children}: {children: preact.ComponentChildren}) {
  return (
    <p class="problem" role="status">
      {children}
    </p>
  )
}

/** A figure for the colours of the reader. While runs go on, its address changes with the answers. */
export function Chart({board: {live, answers}, figure}: {board: PageBoard; figure: PageFigure}) {
  const {title, description, light, dark} = figure
  const now = live ? `?answers=${answers}` : ''
  return (
    <figure class="chart">
      <picture>
        <source srcset={`${dark}${now}`} media="screen and (prefers-color-scheme: dark)" />
        <img src={`${light}${now}`} alt={`${title}. ${description}`} />
      </picture>
    </figure>
  )
}
