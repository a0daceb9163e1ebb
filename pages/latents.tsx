// The latents of one answer, step by step: where each points in the picture, how long it is, and what it is near.
import {useEffect, useRef, useState} from 'preact/hooks'
import type {LatentStep, LatentStrip, PagePicture, SampleDetail} from '../src/reports/pages/shapes.js'

interface Props {
  /** Whose latents they are. */
  readonly of: string
  readonly strip: LatentStrip
  readonly picture: PagePicture | undefined
  readonly boxes: SampleDetail['boxes']
}

export function Latents({of, strip, picture, boxes}: Props) {
  const [what, setWhat] = useState<'cells' | 'boxes'>('cells')
  const steps = strip.blocks.flat()
  if (steps.length === 0) return null
  const mapped = steps.some(({heat}) => heat !== null)
  // One scale for all steps of the strip, so that they compare.
  const peak = Math.max(1, ...steps.flatMap(({heat}) => heat ?? []).map(Math.abs))
  return (
    <section class="latents" aria-label={`Latents of ${of}`}>
      <div class="latents-head">
        <h4>Latents</h4>
        {mapped && boxes.length > 0 && (
          <label class="small">
            Show
            <select value={what} onChange={event => setWhat(event.currentTarget.value as 'cells' | 'boxes')}>
              <option value="cells">cosine to each cell</option>
              <option value="boxes">the box</option>
            </select>
          </label>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <section class="strip scroll" aria-label={`Steps of ${of}`} tabIndex={0}>
        {strip.blocks.map((block, b) =>
          block.map((step, k) => (
            <Step
              key={`${b} ${k}`}
              {...{strip, step, picture, boxes, what, peak}}
              name={strip.blocks.length > 1 ? `${b + 1}.${k + 1}` : String(k + 1)}
            />
          )),
        )}
      </section>
      {mapped && (
        <p class="quiet small">
          Blue cells are nearer to the latent than the mean cell, orange ones farther; full colour is a centred cosine
          of {(peak / 100).toFixed(2)}.
        </p>
      )}
      {strip.lens !== null && (
        <p class="quiet small">
          Tokens{strip.lens.of === 'state' ? ' of the state behind it' : ''}: {strip.lens.warning}
        </p>
      )}
    </section>
  )
}

interface StepProps extends Omit<Props, 'of'> {
  readonly step: LatentStep
  readonly name: string
  readonly what: 'cells' | 'boxes'
  readonly peak: number
}

function Step({strip, step, name, picture, boxes, what, peak}: StepProps) {
  const {norm, ownNorm, toOwn, toOracle, toBox, heat, tokens} = step
  const fact = (label: string, value: number | null, digits = 2) =>
    value === null ? null : (
      <div>
        <dt>{label}</dt>
        <dd>{value.toFixed(digits)}</dd>
      </div>
    )
  return (
    <div class="latent-step">
      <p class="step-name">{name}</p>
      {heat !== null && picture?.url != null && (
        <div class="frame">
          <img class="as-stored" src={picture.url} alt="" />
          {what === 'cells' ? (
            <Heat {...{heat, peak, rows: strip.rows, columns: strip.columns}} />
          ) : (
            <svg
              class="boxes"
              viewBox={`0 0 ${picture.width ?? 1} ${picture.height ?? 1}`}
              aria-hidden="true"
              focusable="false"
            >
              {boxes.map(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => (
                <rect key={`${x1} ${y1} ${x2} ${y2}`} x={x1} y={y1} width={x2 - x1} height={y2 - y1} />
              ))}
            </svg>
          )}
        </div>
      )}
      <dl class="fact-list small">
        {fact('norm', norm)}
        {fact('own norm', ownNorm)}
        {fact('to own', toOwn)}
        {fact('to oracle', toOracle)}
        {fact('to the box', toBox)}
      </dl>
      {tokens.length > 0 && (
        <ul class="tokens small" aria-label="Likeliest tokens">
          {tokens.map(({token, p}) => (
            <li key={token}>
              <code>{token}</code> <span class="quiet">{p.toFixed(2)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Heat({heat, rows, columns, peak}: {heat: readonly number[]; rows: number; columns: number; peak: number}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context || heat.length !== rows * columns) return
    const image = context.createImageData(columns, rows)
    for (const [k, value] of heat.entries()) {
      const [red, green, blue] = value > 0 ? [0, 114, 255] : [255, 110, 0]
      image.data.set([red, green, blue, Math.round((200 * Math.abs(value)) / peak)], 4 * k)
    }
    context.putImageData(image, 0, 0)
  }, [heat, rows, columns, peak])
  return (
    <canvas
      class="heat"
      ref={canvas}
      width={columns}
      height={rows}
      role="img"
      aria-label="Cosine to each cell of the picture"
    />
  )
}
