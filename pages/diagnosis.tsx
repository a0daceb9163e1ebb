// The diagnosis: its verdict, the contrasts that led to it, what was asked, and whether the guards held.
import type {PageBoard} from '../src/reports/pages/shapes.js'
import type {DiagnosisDocument} from '../src/reports/schemas/diagnosis.js'
import {useLoaded} from './loaded.js'
import {Chart, Heads, Problem, percent, pValue, subtaskName, whole} from './marks.js'
import {linkTo} from './route.js'
import type {Source} from './source.js'

type Row = DiagnosisDocument['results'][number]
type Effect = Row['effects'][number]

export function Diagnosis({board, source}: {board: PageBoard; source: Source}) {
  const {value, problem} = useLoaded(() => source.diagnosis(), [board.answers])
  const title = <h1>Do the latents bear the load?</h1>
  const why = problem ?? (value !== undefined && 'problem' in value ? value.problem : null)
  if (why !== null)
    return (
      <>
        {title}
        <Problem>{why}</Problem>
      </>
    )
  if (value === undefined || 'problem' in value) return <p class="waiting">Judging the latents …</p>
  const {document, figures} = value
  return (
    <>
      {title}
      <p class="quiet facts">
        {document.model !== null && <span>{document.model}</span>}
        {document.protocol !== null && <span>{document.protocol}</span>}
        {document.suite !== null && <span>suite {document.suite}</span>}
      </p>
      {document.warnings.map(warning => (
        <p class="note" key={warning}>
          {warning}
        </p>
      ))}
      {document.results
        .filter(({subtask}) => subtask === null)
        .map(row => (
          <Headline key={row.bench} {...{board, row}} />
        ))}
      {figures.map(figure => (
        <Chart key={figure.name} {...{board, figure}} />
      ))}
      <Conditions {...{board, document}} />
      <Subtasks rows={document.results.filter(({subtask}) => subtask !== null)} />
    </>
  )
}

function Headline({board, row}: {board: PageBoard; row: Row}) {
  const title = board.benches.find(({id}) => id === row.bench)?.title ?? row.bench
  // What the verdict rests on is in sight: accuracy under the reading that was judged.
  const isPlain = ({scale, reading}: Effect) => scale === 'accuracy' && reading === row.reading
  const [plain, further] = [row.effects.filter(isPlain), row.effects.filter(effect => !isPlain(effect))]
  return (
    <section aria-label={title}>
      <h2>
        {title} <span class="quiet">n {whole(row.n)}</span>
      </h2>
      <p class="verdict">
        <strong>{row.verdict}</strong>
        {row.verdictAll !== row.verdict && <span class="quiet"> ({row.verdictAll} over all samples)</span>}
      </p>
      <p class="statement">{row.statement}</p>
      {row.notes.map(note => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <h3>Guards</h3>
      <ul class="guards">
        {row.guards.map(({name, ok, detail, todo}) => (
          <li key={name}>
            <span class={`sign ${ok === true ? 'good' : ok === false ? 'bad' : 'other'}`} aria-hidden="true">
              {ok === true ? '●' : ok === false ? '✕' : '○'}
            </span>
            <span>
              <strong>{name}</strong> {ok === null ? 'not checked' : ok ? 'holds' : 'fails'}: {detail}
              {todo !== undefined && <span class="quiet"> {todo}</span>}
            </span>
          </li>
        ))}
      </ul>
      <h3>Contrasts {row.reading === 'forced' && <span class="quiet">of teacher-forced answers</span>}</h3>
      <Contrasts effects={plain} caption={`Contrasts of ${title}`} />
      {further.length > 0 && (
        <details>
          <summary>{further.length} more contrasts: other readings, log probabilities, steering</summary>
          <Contrasts told effects={further} caption={`More contrasts of ${title}`} />
        </details>
      )}
    </section>
  )
}

/** `told`: with the scale and the reading of each. */
function Contrasts({effects, caption, told = false}: {effects: readonly Effect[]; caption: string; told?: boolean}) {
  return (
    <table>
      <caption class="hidden">{caption}</caption>
      <Heads of={['Effect', ['Difference', 'number'], ['Interval', 'number'], ['p, adjusted', 'number wide']]} />
      <tbody>
        {effects.map(effect => (
          <tr key={`${effect.name} ${effect.contrast} ${effect.scale} ${effect.reading}`}>
            <th scope="row">
              {effect.name}
              <span class="arm-detail">
                {effect.contrast.join(' − ')}
                {told && ` · ${effect.scale} · ${effect.reading}`}
              </span>
            </th>
            <td class="number">{amount(effect, effect.difference)}</td>
            <td class="number">
              {amount(effect, effect.low)} to {amount(effect, effect.high)}
            </td>
            <td class="number wide">{pValue(effect.pAdjusted)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Points, or nats where the scale is in nats. */
function amount({scale}: Effect, value: number): string {
  const nats = scale === 'gold-margin' || scale === 'log-prob'
  const shown = nats ? value : 100 * value
  return `${shown > 0 ? '+' : shown < 0 ? '−' : ''}${Math.abs(shown).toFixed(nats ? 2 : 1)}`
}

function Conditions({board, document}: {board: PageBoard; document: DiagnosisDocument}) {
  return (
    <section aria-label="Conditions">
      <h2>Conditions</h2>
      <table>
        <Heads of={['Fed as latents', ['Score, %', 'number'], ['n', 'number wide'], ['Run', 'wide']]} />
        <tbody>
          {document.conditions.map(({condition, run, arm}) => {
            const column = board.columns.findIndex(one => one.run === run && one.arm === arm)
            const result = board.results.rows.find(one => one.run === run && one.arm === arm)
            return (
              <tr key={`${condition} ${run} ${arm}`}>
                <th scope="row">
                  {column < 0 ? condition : <a href={linkTo('samples', {arm: column})}>{condition}</a>}
                </th>
                <td class="number">{percent(result?.score ?? null)}</td>
                <td class="number wide">{result === undefined ? '–' : whole(result.n)}</td>
                <td class="wide run">{run}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

function Subtasks({rows}: {rows: readonly Row[]}) {
  if (rows.length < 2) return null
  return (
    <section aria-label="Subtasks">
      <h2>Subtasks</h2>
      <table>
        <Heads of={['Subtask', 'Verdict', ['n', 'number']]} />
        <tbody>
          {rows.map(({bench, subtask, verdict, n}) => (
            <tr key={`${bench} ${subtask}`}>
              <th scope="row">{subtaskName(subtask!)}</th>
              <td>{verdict}</td>
              <td class="number">{whole(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
