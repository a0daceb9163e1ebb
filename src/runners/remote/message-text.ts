// Separates the text of a message from its thoughts. Servers send text, parts, and thoughts under several names; all
// these forms are read.
import {at, firstOf} from './fields.js'

export interface Said {
  readonly text: string
  /** Thoughts that the server returns separately from the answer. */
  readonly thoughts: string
  /** The model's refusal, if the server marks it as such. */
  readonly refusal: string
}

/** Types of parts that are thoughts: OpenRouter, Mistral, Anthropic, Gemini through gateways. */
const thoughtTypes = /reason|think|thought/i

/** A message, or the delta of a stream. */
export function saidIn(message: unknown): Said {
  const content = typeof message === 'string' ? message : at(message, 'content')
  const apart = firstOf(
    message,
    'reasoning_content',
    'reasoning',
    'reasoning_details',
    'thinking',
    'thoughts',
    'thought',
  )
  return {
    text: textOf(content),
    thoughts: everyText(apart) + thoughtsOf(content),
    refusal: everyText(at(message, 'refusal')),
  }
}

/** Parts within parts: Mistral puts text into thoughts. No server nests deeper than this. */
const deepest = 6

/** The text of a message's content, without thoughts and parts that are not text. */
function textOf(content: unknown, depth = 0): string {
  if (typeof content === 'string') return content
  if (typeof content === 'number' || typeof content === 'boolean') return String(content)
  if (typeof content !== 'object' || content === null || depth > deepest || isThought(content)) return ''
  if (Array.isArray(content)) return content.map(part => textOf(part, depth + 1)).join('')
  return textOf(firstOf(content, 'text', 'content', 'value'), depth + 1)
}

function thoughtsOf(content: unknown): string {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content]
  return parts
    .filter(isThought)
    .map(part => everyText(part))
    .join('')
}

function isThought(part: unknown): boolean {
  const type = at(part, 'type')
  return (typeof type === 'string' && thoughtTypes.test(type)) || at(part, 'thought') === true
}

/** All text of a value: the value itself, or the text of its parts under any of the names in use. */
function everyText(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || depth > deepest) return ''
  const parts: readonly unknown[] = Array.isArray(value) ? value : textNames.map(name => at(value, name))
  return parts.map(part => everyText(part, depth + 1)).join('')
}

const textNames = ['text', 'content', 'thinking', 'reasoning', 'summary']
