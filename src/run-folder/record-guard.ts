// A quick check of a log record, for logs of hundreds of thousands of lines. The schema is the rule. Whatever this
// check accepts, the schema accepts too (a property test compares them). Whatever it does not accept is left to the
// schema, which also says what is wrong.
import {stops} from '../core/generation.js'
import {outcomes} from '../core/outcome.js'
import type {LogRecord} from './record.js'

type Fields = Record<string, unknown>

const outcomeNames: ReadonlySet<unknown> = new Set(outcomes)
const stopNames: ReadonlySet<unknown> = new Set(stops)

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isCount = (value: unknown) => value === null || isNumber(value)
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

/** True only for what `logRecordSchema` accepts; not for everything it accepts. */
export function isPlainRecord(value: unknown): value is LogRecord {
  if (!isObject(value)) return false
  const {score, attempts, gold, options, letters, cluster, answer, metrics, usage, timing, seen, error} = value
  const {item, repeat, likeliest, cached, costUsd, question, pictures} = value
  const {tokenIds, latentAt, latentNorm, donor, forced} = value
  return (
    value['type'] === 'sample' &&
    value['schema'] === 1 &&
    value['steps'] === undefined &&
    isText(value['arm']) &&
    isText(value['bench']) &&
    isText(value['subtask']) &&
    isText(value['id']) &&
    (item === undefined || isText(item)) &&
    (repeat === undefined || isWhole(repeat)) &&
    (likeliest === undefined || isText(likeliest)) &&
    (cached === undefined || typeof cached === 'boolean') &&
    (costUsd === undefined || costUsd === null || (isNumber(costUsd) && (costUsd as number) >= 0)) &&
    outcomeNames.has(value['outcome']) &&
    (score === null || (typeof score === 'number' && score >= 0 && score <= 1)) &&
    isObject(metrics) &&
    Object.values(metrics).every(isNumber) &&
    (answer === null || isText(answer)) &&
    (gold === null || isText(gold) || isTexts(gold)) &&
    (question === undefined || isText(question)) &&
    (options === undefined || isTexts(options)) &&
    (pictures === undefined || isTexts(pictures)) &&
    (letters === undefined || isTexts(letters)) &&
    isText(value['text']) &&
    isText(value['extractor']) &&
    (cluster === undefined || isText(cluster)) &&
    isObject(usage) &&
    isCount(usage['promptTokens']) &&
    isCount(usage['imageTokens']) &&
    isCount(usage['textTokens']) &&
    (usage['thoughtTokens'] === undefined || isCount(usage['thoughtTokens'])) &&
    isCount(usage['latentSteps']) &&
    isCount(usage['markerTokens']) &&
    isCount(usage['blocks']) &&
    isObject(timing) &&
    isCount(timing['firstTokenMs']) &&
    isCount(timing['totalMs']) &&
    stopNames.has(value['stop']) &&
    isWhole(attempts) &&
    (seen === null || isSeen(seen)) &&
    (tokenIds === undefined || isWholes(tokenIds)) &&
    (latentAt === undefined || isWholes(latentAt)) &&
    (latentNorm === undefined ||
      (isObject(latentNorm) && isNumber(latentNorm['fed']) && isNumber(latentNorm['own']))) &&
    (donor === undefined || isDonor(donor)) &&
    (forced === undefined || forced === null || (Array.isArray(forced) && forced.every(isNumber))) &&
    (error === null || (isObject(error) && isText(error['code']) && isText(error['message'])))
  )
}

const isWholes = (value: unknown) => Array.isArray(value) && value.every(Number.isSafeInteger)
const isFlag = (value: unknown) => value === undefined || typeof value === 'boolean'

function isDonor(donor: unknown): boolean {
  return (
    isObject(donor) &&
    isText(donor['id']) &&
    ['text', 'letter', 'other'].includes(donor['lift'] as string) &&
    (donor['answer'] === null || isText(donor['answer'])) &&
    (donor['option'] === undefined || Number.isSafeInteger(donor['option'])) &&
    isFlag(donor['sameSubtask']) &&
    isFlag(donor['resized'])
  )
}

function isSeen(seen: unknown): boolean {
  if (!isObject(seen) || !isText(seen['promptSha256']) || !Array.isArray(seen['images'])) return false
  if (seen['dropped'] !== undefined && !isTexts(seen['dropped'])) return false
  return seen['images'].every(
    image =>
      isObject(image) &&
      isText(image['sha256']) &&
      isNumber(image['width']) &&
      isNumber(image['height']) &&
      isNumber(image['sentWidth']) &&
      isNumber(image['sentHeight']),
  )
}
