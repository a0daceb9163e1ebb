// The figures of documents, in the order in which a page shows them. Draw one with `svgOf`.
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import type {ResultDocument} from '../schemas/result.js'
import {comparisonFigures, contrastFigures} from './contrasts.js'
import {costFigures} from './costs.js'
import {curveFigures} from './curves.js'
import {type Figure, withOwnNames} from './figure.js'
import {geometryFigures} from './geometry.js'
import {resultFigures} from './results.js'

export {curveFigures} from './curves.js'
export {type Figure, withOwnNames} from './figure.js'
export {type ArmScores, flipFigure} from './flips.js'
export {svgOf, wholeSpec} from './svg.js'
export {themes} from './theme.js'

/**
 * Figures of a result document or of a comparison made into one. None without rows. The flip matrix needs the samples:
 * `flipFigure`.
 */
export function figuresOf(document: ResultDocument): Figure[] {
  const {comparison} = document
  return withOwnNames([
    ...resultFigures(document),
    ...curveFigures(document),
    ...(comparison === undefined ? [] : comparisonFigures(comparison)),
  ])
}

/** Figures of a diagnosis: its contrasts, the cost of every arm, and the shape of the latents. */
export function diagnosisFigures(document: DiagnosisDocument): Figure[] {
  return withOwnNames([...contrastFigures(document), ...costFigures(document), ...geometryFigures(document)])
}
