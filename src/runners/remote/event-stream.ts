// Reads a completion sent as server-sent events, even if no stream was requested. The pieces of its first choice are
// joined into the reply that would have been sent without streaming.
import {setImmediate as nextTurn} from 'node:timers/promises'
import {jsonOrNothing} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import {at, firstOf, listOf} from './fields.js'
import {reasonIn} from './finish.js'
import {saidIn} from './message-text.js'
import {errorIn} from './said-error.js'

/** Whether a body is an event stream (WHATWG HTML, 9.2), whatever its header says. */
export function isEventStream(body: string): boolean {
  return /^\s*(?:(?:data|event|id|retry):|:)/.test(body)
}

/**
 * The reply as one value; undefined if the stream ends before its last event, so that half an answer does not count.
 * Events that are not JSON, and unknown fields, are skipped.
 */
export async function joinedEvents(body: string): Promise<unknown> {
  const said = {text: '', thoughts: '', refusal: ''}
  let usage: unknown
  let reason: string | undefined
  let ended = false
  let pieces = 0
  let count = 0
  let broken = 0
  for (const data of eventsIn(body)) {
    if (data === '[DONE]') {
      ended = true
      continue
    }
    // A stream of a few MB has a hundred thousand events, so the loop yields to other work from time to time.
    if (++count % eventsPerTurn === 0) await nextTurn()
    const event = data.startsWith('{') ? jsonOrNothing(data) : undefined
    if (event === undefined && ++broken > limits.brokenEvents) return undefined
    const choice = listOf(at(event, 'choices')).find(one => (at(one, 'index') ?? 0) === 0)
    const error = firstOf(event, 'error') ?? firstOf(choice, 'error')
    if (errorIn(error) !== undefined) return {error}
    usage = firstOf(event, 'usage') ?? usage
    if (choice === undefined) continue
    // Some servers send the whole message in one event.
    const whole = at(choice, 'message')
    const piece = saidIn(whole ?? at(choice, 'delta'))
    pieces++
    said.text = whole === undefined ? said.text + piece.text : piece.text
    said.thoughts += piece.thoughts
    said.refusal += piece.refusal
    reason = reasonIn(choice) ?? reason
  }
  if (pieces === 0 || (!ended && reason === undefined)) return undefined
  const message = {content: said.text, reasoning_content: said.thoughts, refusal: said.refusal}
  return {choices: [{message, finish_reason: reason ?? null}], usage}
}

const eventsPerTurn = 2_000

/** The data of each event; comments, which keep a connection open, hold none. */
function* eventsIn(body: string): Generator<string> {
  let data: string[] = []
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) yield data.join('\n').trim()
      data = []
    } else if (line.startsWith('data:')) {
      const text = line.slice(5)
      // Some servers leave out the empty line between events.
      if (data.length === 1 && data[0]!.endsWith('}') && jsonOrNothing(data[0]!) !== undefined) {
        yield data[0]!.trim()
        data = []
      }
      data.push(text)
    }
  }
  if (data.length > 0) yield data.join('\n').trim()
}
