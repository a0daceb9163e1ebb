// Pieces of specifications that several figures share: axes of scores, lines with intervals, cells.
import {modes} from '../../core/generation.js'
import {type Datum, paperWidth, perCent} from './figure.js'

/** The height of a band with a label of two lines. */
export const band = {step: 34} as const

/** A figure as wide as the text of a page, labels included. */
export const fitted = {width: paperWidth, autosize: {type: 'fit-x', contains: 'padding'}} as const

/** The colour or the shape of an arm's mode. Its whole domain is given, so that all layers share one legend. */
export function modeOf(data: readonly Datum[]): Record<string, unknown> {
  const present = new Set(data.map(datum => datum['mode']))
  return {field: 'mode', type: 'nominal', title: null, scale: {domain: modes.filter(one => present.has(one))}}
}

function named(field: string, data: readonly Datum[]): Record<string, unknown> {
  return {field, type: 'nominal', title: null, scale: {domain: [...new Set(data.map(datum => datum[field]))]}}
}

/** The place of a score. Layers share an axis, so all of them have to give the same title. */
export function share(field: string, title: string) {
  return {field, type: 'quantitative', title, axis: perCent, scale: {zero: false, nice: true}}
}

export const scoreTitle = 'score, 95 % interval'

/**
 * Lines with intervals over a numeric x. Each series has a colour, a dash and a shape of its own, and stands a little
 * beside the others where they share an x.
 */
export function curveSpec(
  {field, title}: {field: string; title: string},
  data: readonly Datum[],
): Record<string, unknown> {
  const names = [...new Set(data.map(({series}) => series))]
  const series = {...named('series', data), legend: {columns: 1}}
  const x = {
    ...{field, type: 'quantitative', title},
    ...{axis: {grid: false, tickMinStep: 1, format: ',d'}, scale: {zero: false, padding: 16}},
  }
  const y = share('score', scoreTitle)
  const gap = Math.min(6, 24 / names.length)
  return {
    ...fitted,
    height: 280,
    layer: names.flatMap((name, k) => {
      const transform = [{filter: {field: 'series', equal: name}}]
      const xOffset = gap * (k - (names.length - 1) / 2)
      return [
        {
          transform,
          mark: {type: 'rule', strokeWidth: 1.5, opacity: 0.6, xOffset},
          encoding: {x, y: share('low', scoreTitle), y2: {field: 'high'}, color: series},
        },
        {
          transform,
          mark: {type: 'line', xOffset},
          encoding: {x, y, color: series, strokeDash: {...series, legend: null}},
        },
        {transform, mark: {type: 'point', xOffset}, encoding: {x, y, color: series, shape: series}},
      ]
    }),
  }
}

interface Heat {
  readonly x: Record<string, unknown>
  readonly y: Record<string, unknown>
  /** The field that the colour shows. */
  readonly value: string
  /** The expression of what is written into a cell. */
  readonly text: string
  readonly scale: Record<string, unknown>
  /** Above this value the cells are light and their text is black. */
  readonly turn: number
}

/** Cells with their values written in them. */
export function heatSpec({x, y, value, text, scale, turn}: Heat): Record<string, unknown> {
  return {
    ...fitted,
    height: band,
    encoding: {x, y},
    layer: [
      {mark: {type: 'rect'}, encoding: {color: {field: value, type: 'quantitative', scale, legend: null}}},
      {
        transform: [{calculate: text, as: 'written'}],
        mark: {type: 'text', fontSize: 10},
        encoding: {
          text: {field: 'written', type: 'nominal'},
          color: {condition: {test: `datum.${value} > ${turn}`, value: '#000000'}, value: '#ffffff'},
        },
      },
    ],
  }
}

/** `1 arm`, `2 arms`. */
export function count(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`
}
