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
  const places = [...new Set(data.map(datum => Number(datum[field])))]
  const x = {
    ...{field, type: 'quantitative', title},
    axis: {
      ...{grid: false, format: ',d', labelOverlap: 'greedy'},
      // Where something was measured; a rounder place, as -1 latents, may not exist.
      ...(places.length <= mostTicks ? {values: places} : {tickMinStep: 1}),
    },
    scale: {zero: false, nice: false, padding: 16},
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
          // As a channel the dashes would get into the legend, where they fray its symbols.
          mark: {type: 'line', xOffset, strokeDash: dashes[k % dashes.length]},
          encoding: {x, y, color: series},
        },
        {transform, mark: {type: 'point', xOffset}, encoding: {x, y, color: series, shape: series}},
      ]
    }),
  }
}

const mostTicks = 12

/** Pixels drawn and left out. Their number and that of the colours have no common divisor. */
const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
  [4, 4],
] as const

interface Heat {
  readonly x: Record<string, unknown>
  readonly y: Record<string, unknown>
  /** The field that the colour shows. */
  readonly value: string
  /** The expression of what is written into a cell. */
  readonly text: string
  readonly scale: Record<string, unknown>
  /** The value that has the lightest colour. */
  readonly most: number
  /** How many cells lie beside each other. */
  readonly columns: number
}

/** The share of the scale cividis from which black text has more contrast than white; both have 4.5 there. */
const turn = 0.47

/** What the labels of the rows leave to the cells, in pixels, at the least. */
const cellsWidth = 400

/** Three digits fit into their cell; null where they would be too small to read. */
function cellText(columns: number): number | null {
  const size = Math.min(10, Math.floor(cellsWidth / columns / 1.8))
  return size < 5 ? null : size
}

/** Cells with their values written in them. */
export function heatSpec({x, y, value, text, scale, most, columns}: Heat): Record<string, unknown> {
  const fontSize = cellText(columns)
  return {
    ...fitted,
    height: band,
    encoding: {x, y},
    layer: [
      {
        transform: [{filter: `datum.${value} !== null`}],
        mark: {type: 'rect'},
        encoding: {color: {field: value, type: 'quantitative', scale, legend: null}},
      },
      ...(fontSize === null
        ? []
        : [
            {
              transform: [{filter: `datum.${value} !== null`}, {calculate: text, as: 'written'}],
              mark: {type: 'text', fontSize},
              encoding: {
                text: {field: 'written', type: 'nominal'},
                color: {condition: {test: `datum.${value} > ${turn * most}`, value: '#000000'}, value: '#ffffff'},
              },
            },
          ]),
    ],
  }
}

/** `1 arm`, `2 arms`. */
export function count(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`
}
