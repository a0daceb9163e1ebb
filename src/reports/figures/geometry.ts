// Figures of the shape of stored latents: norms, cosines, and their way over the steps. They describe; none decides.
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import {type Datum, type Figure, figureName, paperWidth} from './figure.js'
import {count} from './marks.js'

type Geometry = DiagnosisDocument['geometry'][number]

/** What is known of the latents of each benchmark. */
export function geometryFigures({geometry}: DiagnosisDocument): Figure[] {
  return geometry.flatMap(one => [norms(one), cosines(one), drift(one)].filter(figure => figure !== null))
}

const dots = {width: paperWidth, autosize: {type: 'fit-x', contains: 'padding'}, height: {step: 24}}

function norms({bench, norm, norms, samples}: Geometry): Figure | null {
  const fed = Object.entries(norms).filter(([condition]) => condition !== 'own')
  if (fed.length === 0) return null
  return {
    name: figureName('norms', bench),
    title: `${bench}: norm of what was fed, over that of own latents`,
    description: `Mean norms of what was fed in place of own latents, divided by that of own latents (${norm.toFixed(2)}), of ${count(samples, 'sample')}.`,
    data: [['own', 1] as const, ...fed].map(([condition, ratio]): Datum => ({condition, ratio})),
    spec: {
      ...dots,
      mark: {type: 'bar', height: {band: 0.6}},
      encoding: {
        y: {field: 'condition', type: 'nominal', sort: null, title: null, axis: {ticks: false}},
        x: {field: 'ratio', type: 'quantitative', title: 'mean norm, own is 1', axis: {grid: true}},
      },
    },
  }
}

const cosineWords = {
  within: 'within a sample',
  adjacent: 'of neighbouring steps',
  across: 'across samples',
  withinCentred: 'within a sample, centred',
  acrossCentred: 'across samples, centred',
} as const

function cosines({bench, cosines, samples}: Geometry): Figure | null {
  const data = (Object.keys(cosineWords) as (keyof typeof cosineWords)[])
    .filter(name => cosines[name] !== null)
    .map((name): Datum => ({between: cosineWords[name], cosine: cosines[name]}))
  if (data.length === 0) return null
  return {
    name: figureName('cosines', bench),
    title: `${bench}: mean cosine between latents`,
    description: `Mean cosines between latents of ${count(samples, 'sample')}; centred ones are without the mean of all.`,
    data,
    spec: {
      ...dots,
      layer: [
        {mark: {type: 'rule', style: 'reference'}, encoding: {x: {datum: 0}}},
        {
          mark: {type: 'bar', height: {band: 0.6}},
          encoding: {
            y: {field: 'between', type: 'nominal', sort: null, title: null, axis: {ticks: false}},
            x: {
              field: 'cosine',
              type: 'quantitative',
              title: 'mean cosine',
              axis: {grid: true},
              scale: {domain: [-1, 1]},
            },
          },
        },
      ],
    },
  }
}

function drift({bench, drift}: Geometry): Figure | null {
  if (drift.length < 2) return null
  const x = {
    field: 'step',
    type: 'quantitative',
    title: 'latent step',
    axis: {tickMinStep: 1, grid: false, format: 'd'},
  }
  return {
    name: figureName('drift', bench),
    title: `${bench}: own against oracle latents, step by step`,
    description: `Mean cosine of own and oracle latents at each step, over ${count(drift.length, 'step')}.`,
    data: drift.map(({step, n, cosine, squaredError}): Datum => ({step, n, cosine, squaredError})),
    spec: {
      ...{width: paperWidth, autosize: {type: 'fit-x', contains: 'padding'}, height: 220},
      mark: {type: 'line', point: true},
      encoding: {
        x,
        y: {field: 'cosine', type: 'quantitative', title: 'mean cosine to the oracle', scale: {zero: false}},
      },
    },
  }
}
