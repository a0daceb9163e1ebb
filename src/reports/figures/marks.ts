// Pieces of specifications that several figures share: axes of scores, lines with intervals, cells.
import {paperWidth, perCent} from './figure.js'

/** The height of a band with a label of two lines. */
export const band = {step: 34} as const

/** A figure as wide as the text of a page, labels included. */
export const fitted = {width: paperWidth, autosize: {type: 'fit-x', contains: 'padding'}} as const

/** The colour or the shape of an arm's mode. */
export const mode = {field: 'mode', type: 'nominal', title: null} as const

/** The place of a score. */
export function share(field: string, title: string | null = null) {
  return {field, type: 'quantitative', title, axis: perCent, scale: {zero: false, nice: true}}
}

/** Lines with intervals. Each series has a colour, a dash and a shape of its own. */
export function curveSpec({field, title}: {field: string; title: string}): Record<string, unknown> {
  const x = {
    field,
    type: 'quantitative',
    title,
    axis: {grid: false, tickMinStep: 1, format: '~s'},
    scale: {zero: false, padding: 12},
  }
  const series = {field: 'series', type: 'nominal', title: null, sort: null, legend: {columns: 1}}
  return {
    ...fitted,
    height: 280,
    layer: [
      {
        mark: {type: 'line'},
        encoding: {x, y: share('score', 'score, 95 % interval'), color: series, strokeDash: series},
      },
      {
        mark: {type: 'rule', strokeWidth: 1.5, opacity: 0.6},
        encoding: {x, y: share('low'), y2: {field: 'high'}, color: series},
      },
      {mark: {type: 'point'}, encoding: {x, y: share('score'), color: series, shape: series}},
    ],
  }
}

interface Heat {
  readonly x: Record<string, unknown>
  readonly y: Record<string, unknown>
  /** The field that the colour shows. */
  readonly value: string
  readonly text: Record<string, unknown>
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
        mark: {type: 'text', fontSize: 10},
        encoding: {text, color: {condition: {test: `datum.${value} > ${turn}`, value: '#000000'}, value: '#ffffff'}},
      },
    ],
  }
}

/** `1 arm`, `2 arms`. */
export function count(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`
}
