// JSON lines, and a JSON list (alone, or as the one list of records in an object), record by record.
import {LanternError} from '../../core/errors.js'
import type {ByteWindow} from './byte-window.js'
import {afterSpace, parseRecord, valueEnd} from './json-text.js'
import type {TextFile, TextRecord} from './text-file.js'

const lineFeed = 10

/** JSON lines. Empty lines count and give nothing. `name` is the name of the file in messages. */
export function jsonLinesFile(path: string, name: string): TextFile {
  const where: TextFile['where'] = ({line}) => `${name}:${line}`
  return {
    header: undefined,
    where,
    parse: (record, wanted) => parseRecord(record, {path, where: where(record), wanted}),
    async *scan(window) {
      for (let line = 1; ; line++) {
        let end = window.bytes.indexOf(lineFeed)
        while (end === -1) {
          const seen = window.bytes.length
          if (!(await window.more())) break
          end = window.bytes.indexOf(lineFeed, seen)
        }
        const {bytes, offset} = window
        const length = end === -1 ? bytes.length : end
        if (afterSpace(bytes, 0) < length)
          yield {bytes: bytes.subarray(0, length), offset, number: line, line, complete: end !== -1}
        if (end === -1) return
        window.drop(end + 1)
      }
    },
  }
}

/** A list of objects, or an object with one such list among its members. */
export function jsonListFile(path: string, name: string): TextFile {
  const where: TextFile['where'] = ({number}) => `${name}#${number}`
  return {
    header: undefined,
    where,
    parse: (record, wanted) => parseRecord(record, {path, where: where(record), wanted}),
    scan: window => scanList(window, name),
  }
}

const advice = 'Give a list of objects ([{...}, {...}]), or an object with one such list.'

async function* scanList(window: ByteWindow, name: string): AsyncGenerator<TextRecord | LanternError> {
  const bad = (what: string, hint = advice) => new LanternError('bad-file', `${name} ${what}.`, hint)
  const first = await next(window)
  if (first === '[') {
    yield* elements(window, name)
    return
  }
  if (first !== '{') {
    yield bad(first === '' ? 'is empty' : 'is not JSON')
    return
  }
  window.drop(1)
  let found: string | undefined
  for (let sign = await next(window); sign !== '}'; sign = await next(window)) {
    if (sign === ',') {
      window.drop(1)
      continue
    }
    const key = sign === '"' ? await value(window) : undefined
    if (key === undefined || (await next(window)) !== ':') {
      yield bad('is not a whole JSON file', 'Fetch the file again.')
      return
    }
    window.drop(1)
    const member = key
    if ((await next(window)) === '[' && (await startsWithObject(window))) {
      if (found !== undefined) {
        yield bad(`holds two lists of records, ${found} and ${member}`, 'Give a file with one of them.')
        return
      }
      found = member
      yield* elements(window, name)
    } else if ((await value(window)) === undefined) {
      yield bad('is not a whole JSON file', 'Fetch the file again.')
      return
    }
  }
  window.drop(1)
  const rest = await next(window)
  if (rest !== '') yield bad('goes on after its object', 'JSON lines are named .jsonl.')
  else if (found === undefined) yield bad('holds no list of records')
}

/** The first sign that is not white space, now at the start of the window; empty at the end of the file. */
async function next(window: ByteWindow): Promise<string> {
  for (;;) {
    window.drop(afterSpace(window.bytes, 0))
    if (window.bytes.length > 0) return String.fromCharCode(window.bytes[0]!)
    if (!(await window.more())) return ''
  }
}

/** Takes the value at the start of the window; its first 200 characters, or undefined when it does not end. */
async function value(window: ByteWindow): Promise<string | undefined> {
  const end = await endOf(window)
  if (end <= 0) return undefined
  const text = window.bytes.toString('utf8', 0, Math.min(end, 200))
  window.drop(end)
  return text
}

async function endOf(window: ByteWindow): Promise<number> {
  let end = valueEnd(window.bytes, 0, window.ended)
  while (end === -1 && (await window.more())) end = valueEnd(window.bytes, 0, window.ended)
  return end === -1 ? valueEnd(window.bytes, 0, true) : end
}

async function startsWithObject(window: ByteWindow): Promise<boolean> {
  let at = afterSpace(window.bytes, 1)
  while (at >= window.bytes.length && (await window.more())) at = afterSpace(window.bytes, 1)
  return window.bytes[at] === 0x7b
}

/** The elements of the list at the start of the window. */
async function* elements(window: ByteWindow, name: string): AsyncGenerator<TextRecord | LanternError> {
  window.drop(1)
  if ((await next(window)) === ']') {
    window.drop(1)
    return
  }
  for (let number = 1; ; number++) {
    const cut = new LanternError(
      'bad-file',
      `${name}#${number} is incomplete: the file ends in the middle of it, or is not JSON.`,
      'Correct that record, or fetch the file again.',
    )
    await next(window)
    const end = await endOf(window)
    if (end <= 0) {
      yield cut
      return
    }
    yield {bytes: window.bytes.subarray(0, end), offset: window.offset, number, line: number, complete: true}
    window.drop(end)
    const sign = await next(window)
    if (sign !== ',' && sign !== ']') {
      yield cut
      return
    }
    window.drop(1)
    if (sign === ']') return
  }
}
