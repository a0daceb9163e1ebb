// Lists and objects that a text holds, as JSON or as Python writes lists (`['a.jpg', 'b.jpg']`).

import {jsonOrNothing} from '../../core/json.js'

/** The list or object, or undefined for a text that is none. */
export function literalIn(text: string): unknown[] | object | undefined {
  const bare = text.trim()
  if (!/^\[[\s\S]*\]$|^\{[\s\S]*\}$/.test(bare)) return undefined
  const value = jsonOrNothing(bare)
  if (value !== undefined) return value as object
  return bare.startsWith('[') ? pythonTexts(bare) : undefined
}

const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|\]$)/sy

/** The texts of a list as Python's `repr` writes it; undefined for anything else. */
function pythonTexts(list: string): string[] | undefined {
  const texts: string[] = []
  item.lastIndex = 1
  for (;;) {
    if (texts.length > 0 && /^\s*\]$/.test(list.slice(item.lastIndex, item.lastIndex + 80))) return texts
    const found = item.exec(list)
    if (found === null) return undefined
    texts.push(unescaped(found[1] ?? found[2]!))
    if (found[3] === ']') return texts
  }
}

const escapes: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r'}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gis, (_, hex, wide, sign) =>
    sign === undefined ? String.fromCharCode(Number.parseInt(hex ?? wide, 16)) : (escapes[sign] ?? sign),
  )
}
