// Compares numbers: the metric `number` of a definition. Nothing is converted: 12 % is not 0.12, and 5 cm is not 50 mm.
import {type Quantity, quantityIn} from '../core/quantity.js'
import {declared} from './match.js'
import {units} from './normalised-answer.js'

const defaultTolerance = 1e-6

/** The number that an answer states, as a whole or after its last "answer is"; null without exactly one. */
export function statedNumber(answer: string): Quantity | null {
  return quantityIn(answer) ?? quantityIn(declared(answer))
}

/**
 * 1 if a number is within `tolerance`, relative to the gold value, of one of the gold texts, else 0. Units count where
 * both name one that we know; a gold value of 0 is met only by 0.
 */
export function matchNumber(said: Quantity, gold: readonly string[], tolerance: number = defaultTolerance): number {
  const met = gold.some(text => {
    const right = quantityIn(text)
    if (right === null) return false
    const [mine, theirs] = [unitOf(said), unitOf(right)]
    if (mine !== undefined && theirs !== undefined && mine !== theirs) return false
    return Math.abs(said.value - right.value) <= tolerance * Math.abs(right.value)
  })
  return met ? 1 : 0
}

const signs: Readonly<Record<string, string>> = {'%': 'percent', $: 'dollar', '€': 'euro', '£': 'sterling', '¥': 'yen'}

/** A unit by one name for all its writings; undefined for other words beside a number, such as what is counted. */
function unitOf({unit}: Quantity): string | undefined {
  return signs[unit] ?? (unit.startsWith('°') ? unit : units.get(unit))
}
