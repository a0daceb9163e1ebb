// Checks what no compiler reads: the prose of Markdown files and the comments of source files.
// - A file that is cited is in the repository, and so is the heading of a Markdown file that is cited with it.
// - A name that is cited with its file in brackets, both in backticks, occurs in that file.
// - No line of prose or comment is wider than 120 columns.
// - Every dependency of package.json has its reason in design/dependencies.json.
// Links and anchors of Markdown are remark-validate-links' business (`npm run lint:links`), code is Biome's.
import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {basename} from 'node:path'
import {unexplained} from './dependencies.mjs'

const width = 120

// Untracked files count too: a note is checked before it is committed. Deleted ones do not.
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {encoding: 'utf8'})
const files = listed.split('\n').filter(path => path !== '' && existsSync(path))
const names = new Set(files.map(path => basename(path)))

/** Pages of others, and pages that a program writes. */
const notOurs = /^(fixtures|results|docs|training\/results)\/|\/goldens\/.*\.md$/
const documents = files.filter(path => path.endsWith('.md') && !notOurs.test(path))
const sources = files.filter(path => /\.(ts|mjs|cjs|js|py|sh)$/.test(path) && !notOurs.test(path))

/** Files that are cited as what a user has or a run writes, not as part of this repository. */
const examples = new Set(['my.mjs', 'result.md', 'sensitivity.md', 't.md', 'table.md'])

/** Hides a match and keeps every offset. */
const blank = match => ' '.repeat(match.length)

const problems = []
const report = (path, line, message) => problems.push(`${path}:${line}: ${message}`)

for (const path of documents) checkText(path, proseOf(path))
for (const path of sources) checkText(path, commentsOf(path))
for (const problem of unexplained()) report('package.json', 1, problem)

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`${problems.length} problems in documents and comments.`)
  process.exit(1)
}
console.log(`Checked ${documents.length} documents and the comments of ${sources.length} source files.`)

/**
 * The lines of a text, each with its number; neighbours of one block are joined before citations are looked for,
 * because a citation may be wrapped.
 */
function checkText(path, lines) {
  for (const {number, text, wide} of lines) {
    const columns = [...wide].length
    if (columns > width && !/https?:\/\/\S{60,}/.test(text)) report(path, number, `${columns} columns, not ${width}`)
  }
  for (const block of blocksOf(lines)) checkCitations(path, block)
}

/** Runs of lines with successive numbers. */
function blocksOf(lines) {
  const blocks = []
  for (const line of lines) {
    const last = blocks.at(-1)?.at(-1)
    if (last && line.number === last.number + 1 && line.text.trim() !== '') blocks.at(-1).push(line)
    else blocks.push([line])
  }
  return blocks
}

function checkCitations(path, block) {
  const text = block.map(line => line.text.trim()).join(' ')
  const at = index => {
    let left = index
    for (const line of block) {
      if (left <= line.text.trim().length) return line.number
      left -= line.text.trim().length + 1
    }
    return block.at(-1).number
  }
  // What belongs to others: URLs, and `owner/repo: path, path`.
  const own = text
    .replace(/https?:\/\/\S+/g, blank)
    .replace(
      /[\w.-]+\/[\w.-]+: `?[\w./{}*<>,-]+\.\w+(?:`?(?:,| and) (?:`?[\w-]+: )?`?[\w.-]*\/[\w./{}*-]+\.\w+)*/g,
      blank,
    )
  for (const match of own.matchAll(/(?<![\w@*-])((?:\.{0,2}\/)?[\w.-]+(?:\/[\w.-]+)*\.(?:md|ts|mjs|cjs))(?![\w/-])/g)) {
    const cited = match[1].replace(/^(\.{1,2}\/)+/, '')
    if (!isThere(cited)) report(path, at(match.index), `there is no ${match[1]}`)
    else if (cited.endsWith('.md')) checkHeading(path, at(match.index), cited, own.slice(match.index + match[0].length))
  }
  for (const match of own.matchAll(/((?:`[\w.]+`(?:, | and ))*`[\w.]+`) \(`([\w/.-]+\.(?:ts|mjs))`\)/g)) {
    const target = files.find(file => file === match[2] || file.endsWith(`/${match[2]}`))
    if (target === undefined) continue
    const code = readFileSync(target, 'utf8')
    for (const [, name] of match[1].matchAll(/`(?:\w+\.)*(\w+)`/g))
      if (!new RegExp(`\\b${name}\\b`).test(code)) report(path, at(match.index), `${match[2]} holds no "${name}"`)
  }
}

/** A bare name is there when any file bears it; a path, when any file's path ends with it. */
function isThere(cited) {
  if (examples.has(basename(cited))) return true
  if (!cited.includes('/')) return names.has(cited)
  return files.some(path => path === cited || path.endsWith(`/${cited}`)) || cited.startsWith('dist/')
}

/** A name is followed by `, "Heading"` or by the number of a section, further ones after "and" included. */
function checkHeading(path, number, cited, rest) {
  const target = files.find(file => file === cited || file.endsWith(`/${cited}`))
  const headings = () => proseLines(target).flatMap(line => /^#+ (.*)$/.exec(line)?.[1] ?? [])
  const named = /^`?, "([^"]+)"/.exec(rest)?.[1]
  if (named !== undefined && !headings().some(heading => heading.toLowerCase() === named.toLowerCase()))
    report(path, number, `${cited} has no heading "${named}"`)
  for (const section of /^`? (\d+(?:\.\d+)*(?:(?:,| and) \d+(?:\.\d+)*)*)/.exec(rest)?.[1].split(/, | and /) ?? [])
    if (!headings().some(heading => heading.startsWith(`${section} `) || heading.startsWith(`${section}. `)))
      report(path, number, `${cited} has no section ${section}`)
}

/** Lines of a Markdown file, fenced code blank. */
function proseLines(path) {
  let fence = false
  return readFileSync(path, 'utf8')
    .split('\n')
    .map(line => {
      const edge = /^\s*```/.test(line)
      if (edge) fence = !fence
      return edge || fence ? '' : line
    })
}

/** Prose of a Markdown file: generated parts and fenced code are left out; of a table only citations are checked. */
function proseOf(path) {
  let generated = false
  return proseLines(path).flatMap((line, index) => {
    const open = /^<!-- (table|usage|commands|generated)\b/.test(line)
    if (open) generated = true
    if (/^<!-- (table|usage|commands|generated)stop/.test(line)) generated = false
    if (generated) return []
    return [{number: index + 1, text: line, wide: /^\s*(\||!\[)/.test(line) ? '' : line}]
  })
}

/**
 * Comments of a source file, found line by line: whole lines, docstrings, and what follows code. A string that holds
 * ` // ` is taken for a comment, which costs nothing unless it cites a file.
 */
function commentsOf(path) {
  const python = /\.(py|sh)$/.test(path)
  const whole = python ? /^\s*#(?!!)\s?(.*)$/ : /^\s*(?:\/\/|\/\*\*?|\*(?!\/))\s?(.*?)(?:\*\/)?$/
  const after = python ? /\s\s#\s(.*)$/ : /\s\/\/\s(.*)$/
  /** In which kind of Python's long strings a line stands: a docstring is a comment, another string is not. */
  let open = null
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      if (python) {
        const marks = line.split('"""').length - 1
        const kind = open ?? (marks === 0 ? null : /^\s*r?"""/.test(line) ? 'docstring' : 'string')
        if (marks === 1) open = open === null ? kind : null
        if (kind === 'docstring') return [{number: index + 1, text: line.replaceAll('"""', ''), wide: line}]
        if (kind === 'string') return []
      }
      const comment = whole.exec(line)
      if (comment) return [{number: index + 1, text: comment[1], wide: line}]
      const tail = after.exec(line)
      return tail ? [{number: index + 1, text: tail[1], wide: ''}] : []
    })
}
