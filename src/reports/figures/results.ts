// Figures of a result document: one set for each group of comparable rows. Pure.
import {groupTitle, rowsOf} from '../formats/words.js'
import type {ResultDocument, ResultGroup, ResultRow} from '../schemas/result.js'
import {costFigure} from './costs.js'
import {type Datum, type Figure, figureName, short, twoLines} from './figure.js'
import {band, count, curveSpec, fitted, heatSpec, modeOf, scoreTitle, share} from './marks.js'
import {decodeSteps, rowLabels, unique, whole} from './rows.js'

/** Scores, costs, latent sizes and subtasks of every group, as far as its rows have them. */
export function resultFigures(document: ResultDocument): Figure[] {
  return document.groups.flatMap(group => {
    const rows = rowsOf(document, group).filter(({score}) => score !== null)
    const title = short(groupTitle(document, group), 70)
    const context = {group, rows, title, labels: rowLabels(rows)}
    return [scores(context), costs(context), latentSizes(context), subtasks(context)].filter(one => one !== null)
  })
}

interface Context {
  readonly group: ResultGroup
  /** Rows with a score, best first. */
  readonly rows: readonly ResultRow[]
  readonly title: string
  readonly labels: readonly string[]
}

const nameOf = (what: string, {bench, split}: ResultGroup) => figureName(what, bench, split)

function scores({group, rows, title, labels}: Context): Figure | null {
  if (rows.length === 0) return null
  const data = rows.map(
    (row, k): Datum => ({
      ...{arm: labels[k]!, ...whole(row), mode: row.mode, score: row.score, low: row.low, high: row.high, n: row.n},
      ...{tier: row.tier, random: row.baselines.random},
    }),
  )
  const y = {field: 'arm', type: 'nominal', sort: null, title: null, axis: {...twoLines, ticks: false, grid: true}}
  const guessing = rows[0]!.baselines.random
  const mode = modeOf(data)
  return {
    name: nameOf('scores', group),
    title: `${title}: scores`,
    description: `Scores of ${count(rows.length, 'arm')} with 95 % intervals, best first${guessing === null ? '' : '; the dashed line is guessing'}.`,
    data,
    spec: {
      ...fitted,
      height: band,
      layer: [
        ...(guessing === null
          ? []
          : [{mark: {type: 'rule', style: 'reference'}, encoding: {x: {aggregate: 'max', field: 'random'}}}]),
        {
          mark: {type: 'rule', strokeWidth: 2},
          encoding: {y, x: share('low', scoreTitle), x2: {field: 'high'}, color: mode},
        },
        {mark: {type: 'point'}, encoding: {y, x: share('score', scoreTitle), color: mode, shape: mode}},
      ],
    },
  }
}

function costs({group, rows, title, labels}: Context): Figure | null {
  const points = rows.flatMap((row, k) => {
    const steps = decodeSteps(row)
    return steps === null
      ? []
      : [{label: labels[k]!, ...whole(row), mode: row.mode, steps, score: row.score!, low: row.low, high: row.high}]
  })
  return costFigure({name: nameOf('cost', group), title: `${title}: score against cost`, points})
}

/** The score over the number of latents, for each model, protocol and intervention asked at several. */
function latentSizes({group, rows, title}: Context): Figure | null {
  const series = new Map<string, ResultRow[]>()
  for (const row of rows) {
    if (row.mode !== 'latent' || row.latentSize === null) continue
    const {model, protocol, intervention, differences, run} = row
    const key = JSON.stringify([model, protocol, intervention, differences['run'] === undefined ? null : run])
    series.set(key, [...(series.get(key) ?? []), row])
  }
  const several = [...series.values()].filter(own => new Set(own.map(({latentSize}) => latentSize)).size > 1)
  if (several.length === 0) return null
  const names = unique(
    several.map(([row]) =>
      [short(row!.label ?? row!.model, 34), row!.protocol, row!.intervention].filter(Boolean).join(' · '),
    ),
  )
  const data = several.flatMap((own, k) =>
    own
      .toSorted((a, b) => a.latentSize! - b.latentSize!)
      .map(
        (row): Datum => ({
          ...{series: names[k]!, ...whole(row), size: row.latentSize},
          ...{score: row.score, low: row.low, high: row.high, n: row.n},
        }),
      ),
  )
  return {
    name: nameOf('latent-sizes', group),
    title: `${title}: score over the number of latents`,
    description: `Score over the number of latents, with 95 % intervals, of ${count(several.length, 'series', 'series')}.`,
    data,
    spec: curveSpec({field: 'size', title: 'latents per block'}, data),
  }
}

/** A cell for each arm and subtask. */
function subtasks({group, rows, title, labels}: Context): Figure | null {
  const names = [...new Set(rows.flatMap(row => row.subtasks.map(({name}) => name)))]
  const columns = unique(names.map(name => short(name.replaceAll('_', ' '), 30)))
  const data = rows.flatMap((row, k) =>
    row.subtasks
      .filter(({score}) => score !== null)
      .map(
        ({name, score, low, high, n}): Datum => ({
          ...{arm: labels[k]!, ...whole(row), subtask: name, column: columns[names.indexOf(name)]!},
          ...{score, low, high, n},
        }),
      ),
  )
  if (new Set(data.map(({subtask}) => subtask)).size < 2) return null
  return {
    name: nameOf('subtasks', group),
    title: `${title}: subtasks, per cent`,
    description: `Score of ${count(rows.length, 'arm')} on each subtask, in per cent.`,
    data,
    spec: heatSpec({
      x: {
        field: 'column',
        type: 'nominal',
        sort: null,
        title: null,
        axis: {labelAngle: -40, ticks: false, domain: false},
      },
      y: {field: 'arm', type: 'nominal', sort: null, title: null, axis: {...twoLines, ticks: false, domain: false}},
      value: 'score',
      text: "format(100 * datum.score, '.0f')",
      scale: {scheme: 'cividis', domain: [0, 1]},
      most: 1,
      columns: new Set(data.map(({subtask}) => subtask)).size,
    }),
  }
}
