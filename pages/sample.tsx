// One sample: what was asked, and every answer to it side by side.
import {useState} from 'preact/hooks'
import type {PageAnswer, PageBoard, PagePicture, SampleDetail} from '../src/reports/pages/shapes.js'
import {Latents} from './latents.js'
import {useLoaded} from './loaded.js'
import {ArmName, armLabel, OutcomeName, Problem} from './marks.js'
import type {Source} from './source.js'

export function Sample({board, source, row}: {board: PageBoard; source: Source; row: number}) {
  const {value: sample, problem} = useLoaded(() => source.detail(row), [row, board.answers])
  if (problem !== undefined) return <Problem>{problem}</Problem>
  if (sample === undefined) return <p class="waiting">Reading …</p>
  if (sample === null) return <Problem>There is no such sample.</Problem>
  return <Shown key={sample.row} {...{board, sample}} />
}

function Shown({board, sample}: {board: PageBoard; sample: SampleDetail}) {
  const {id, bench, subtask, question, options, gold, pictures, boxes, prompts, answers} = sample
  return (
    <article>
      <header>
        <h2>{id}</h2>
        <p class="quiet">
          {board.benches[bench]?.title} · {subtask.replaceAll('_', ' ')}
        </p>
      </header>
      <div class="asked">
        <div class="pictures">
          {pictures.map((picture, k) => (
            <Picture key={picture.source + String(k)} picture={picture} boxes={k === 0 ? boxes : []} />
          ))}
        </div>
        <div>
          {question !== null && <p class="question">{question}</p>}
          <ol class="options">
            {options.map(({letter, text}) => (
              <li key={letter} class={letter === gold ? 'gold' : ''}>
                <span class="letter">{letter}</span> {text}
                {letter === gold && <span class="gold-mark">right answer</span>}
              </li>
            ))}
          </ol>
          {options.length === 0 && <p>Right answer: {gold ?? 'hidden'}</p>}
          {prompts.length > 0 && (
            <details class="small">
              <summary>The prompt</summary>
              {prompts.map(({columns, text}) => (
                <div key={text}>
                  {prompts.length > 1 && (
                    <p class="quiet">{columns.map(column => armLabel(board.columns[column]!)).join(', ')}</p>
                  )}
                  <pre class="text">{text}</pre>
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
  return (
    <section class="answer">
      <h3>
        <ArmName column={board.columns[column]!} />
        {repeat !== null && <span class="arm-detail">repeat {repeat}</span>}
      </h3>
      <p class="result">
        <OutcomeName outcome={outcome} />
        <span>answer {answer.answer ?? 'none'}</span>
        {answer.score !== null && answer.score > 0 && answer.score < 1 && <span>score {answer.score.toFixed(2)}</span>}
      </p>
      {error !== null && <Problem>{error}</Problem>}
      {steps.map((step, k) => (
        <pre class="text step" key={k}>
          {step.text}
        </pre>
      ))}
      <Text text={text} span={span} />
      <p class="quiet small">{rule === null ? extractor : `${extractor} read it by ${rule}`}</p>
      {readings.length > 0 && (
        <details class="small">
          <summary>Extractors do not agree</summary>
          <ul class="readings">
            {readings.map(reading => (
              <li key={reading.extractor}>
                <span class="letter">{reading.answer ?? '–'}</span> {reading.extractor}
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
              <dd>{value}</dd>
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
  if (span === null) return <pre class="text">{text}</pre>
  const [start, end] = span
  return (
    <pre class="text">
      {text.slice(0, start)}
      <mark>{text.slice(start, end)}</mark>
      {text.slice(end)}
    </pre>
  )
}
