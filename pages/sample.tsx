// One sample: what was asked, and every answer to it side by side.
import {useState} from 'preact/hooks'
import type {PageAnswer, PageBoard, PagePicture, SampleDetail} from '../src/reports/pages/shapes.js'
import {Latents} from './latents.js'
import {useLoaded} from './loaded.js'
import {ArmName, armLabel, OutcomeName, Problem, subtaskName, visible} from './marks.js'
import type {Source} from './source.js'

interface Props {
  readonly board: PageBoard
  readonly source: Source
  readonly row: number
  /** The columns whose answers come first: those that the reader picked. */
  readonly first: readonly number[]
}

export function Sample({board, source, row, first}: Props) {
  const {value: sample, problem} = useLoaded(() => source.detail(row), [row, board.answers])
  if (problem !== undefined) return <Problem>{problem}</Problem>
  if (sample === undefined) return <p class="waiting">Reading …</p>
  if (sample === null) return <Problem>There is no such sample.</Problem>
  return <Shown key={sample.row} {...{board, sample, first}} />
}

function Shown({board, sample, first}: Pick<Props, 'board' | 'first'> & {sample: SampleDetail}) {
  const {id, bench, subtask, question, options, gold, pictures, boxes, prompts} = sample
  const place = (answer: PageAnswer) => (first.includes(answer.column) ? first.indexOf(answer.column) : first.length)
  const answers = [...sample.answers].sort((a, b) => place(a) - place(b))
  return (
    <article>
      <header>
        <h2>{visible(id)}</h2>
        <p class="quiet">
          {board.benches[bench]?.title} · {subtaskName(subtask)}
        </p>
      </header>
      <div class="asked">
        <div class="pictures">
          {pictures.map((picture, k) => (
            <Picture key={picture.source + String(k)} picture={picture} boxes={k === 0 ? boxes : []} />
          ))}
        </div>
        <div>
          {question !== null && <p class="question">{visible(question)}</p>}
          <ol class="options">
            {options.map(({letter, text}) => (
              <li key={letter} class={letter === gold ? 'gold' : ''}>
                <span class="letter">{letter}</span> {visible(text)}
                {letter === gold && <span class="gold-mark">right answer</span>}
              </li>
            ))}
          </ol>
          {options.length === 0 && <p>Right answer: {gold === null ? 'hidden' : visible(gold)}</p>}
          {prompts.length > 0 && (
            <details class="small">
              <summary>The prompt</summary>
              {prompts.map(({columns, text}) => (
                <div key={text}>
                  {prompts.length > 1 && (
                    <p class="quiet">{columns.map(column => armLabel(board.columns[column]!)).join(', ')}</p>
                  )}
                  <Long text={text} />
                </div>
              ))}
            </details>
          )}
        </div>
      </div>
      {answers.length === 0 && <p class="quiet">No answer yet.</p>}
      <div class="answers">
        {answers.map(answer => (
          <Answer key={`${answer.column} ${answer.repeat}`} {...{board, answer, picture: pictures[0], boxes}} />
        ))}
      </div>
    </article>
  )
}

function Picture({picture, boxes}: {picture: PagePicture; boxes: SampleDetail['boxes']}) {
  const {url, source, problem, turned} = picture
  const [size, setSize] = useState(
    picture.width !== null && picture.height !== null ? {width: picture.width, height: picture.height} : null,
  )
  if (url === null)
    return (
      <p class="no-picture">
        <span>{problem ?? 'Pictures are not part of this report.'}</span>
        <span class="quiet">{source}</span>
      </p>
    )
  return (
    <figure>
      <div class="frame">
        <img
          class={turned ? '' : 'as-stored'}
          src={url}
          alt={source}
          onLoad={event => {
            const {naturalWidth, naturalHeight} = event.currentTarget
            if (size === null) setSize({width: naturalWidth, height: naturalHeight})
          }}
        />
        {size !== null && boxes.length > 0 && (
          <svg class="boxes" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true" focusable="false">
            {boxes.map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => (
              <rect key={`${x1} ${y1} ${x2} ${y2}`} x={x1} y={y1} width={x2 - x1} height={y2 - y1} />
            ))}
          </svg>
        )}
      </div>
      <figcaption class="quiet">
        {source}
        {boxes.length > 0 && `, ${boxes.length === 1 ? 'a box' : `${boxes.length} boxes`} from the data`}
      </figcaption>
    </figure>
  )
}

interface AnswerProps {
  readonly board: PageBoard
  readonly answer: PageAnswer
  readonly picture: PagePicture | undefined
  readonly boxes: SampleDetail['boxes']
}

function Answer({board, answer, picture, boxes}: AnswerProps) {
  const {column, repeat, outcome, text, span, rule, extractor, readings, error, facts, steps, latents} = answer
  const read =
    answer.answer === null
      ? `${extractor} read no answer`
      : rule === null
        ? `read by ${extractor}`
        : `${extractor} read it by ${rule}`
  return (
    <section class="answer">
      <h3>
        <ArmName column={board.columns[column]!} />
        {repeat !== null && <span class="arm-detail">repeat {repeat}</span>}
      </h3>
      <p class="result">
        <OutcomeName outcome={outcome} />
        <span class="read">answer {answer.answer === null ? 'none' : visible(answer.answer)}</span>
        {answer.score !== null && answer.score > 0 && answer.score < 1 && <span>score {answer.score.toFixed(2)}</span>}
      </p>
      {error !== null && <Problem>{visible(error)}</Problem>}
      {steps.map((step, k) => (
        <Long text={step.text} key={k} />
      ))}
      <Text text={text} span={span} />
      <p class="quiet small">{read}</p>
      {readings.length > 0 && (
        <details class="small">
          <summary>Extractors do not agree</summary>
          <ul class="readings">
            {readings.map(reading => (
              <li key={reading.extractor}>
                <span class="letter">{reading.answer === null ? '–' : visible(reading.answer)}</span>{' '}
                {reading.extractor}
              </li>
            ))}
          </ul>
        </details>
      )}
      {latents !== null && (
        <Latents
          {...{strip: latents, picture, boxes}}
          of={`${armLabel(board.columns[column]!)}${repeat === null ? '' : ` ${repeat}`}`}
        />
      )}
      <details class="small">
        <summary>What was sent and used</summary>
        <dl class="fact-list">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{visible(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  )
}

/** The text as it is, never as markup, with what the extractor read marked. */
function Text({text, span}: {text: string; span: PageAnswer['span']}) {
  if (text === '') return <p class="quiet">No text.</p>
  return <Long text={text} span={span} />
}

/** From this many characters or lines on, a text scrolls in a frame of its own. */
const [longText, longLines] = [2000, 30]

function Long({text, span = null}: {text: string; span?: PageAnswer['span']}) {
  const shown = visible(text)
  const long = text.length > longText || text.split('\n').length > longLines
  const [start, end] = span ?? [shown.length, shown.length]
  return (
    // What scrolls must be reached by keyboard.
    <pre class={long ? 'text long' : 'text'} tabIndex={long ? 0 : undefined}>
      {shown.slice(0, start)}
      {span !== null && <mark>{shown.slice(start, end)}</mark>}
      {shown.slice(end)}
    </pre>
  )
}
