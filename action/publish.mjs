// Publishes what the run left: the job's summary, the annotations, and one comment on the pull request, which later
// runs bring up to date. A token that may not comment, as on pull requests from forks, is told and is no failure.
import {appendFileSync, existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {ApiError, notice, pages, request, warning} from './github.mjs'

/** GitHub takes comments of 65,536 characters and summaries of 1 MiB, where a character may take three bytes. */
const longestComment = 60_000
const longestSummary = 340_000
/** Of one benchmark, and of all together. */
const mostFlips = 40
const mostFlipsOfAll = 120

export async function main(env = process.env) {
  const folder = env.LANTERN_FOLDER
  appendFileSync(env.GITHUB_STEP_SUMMARY, `${body(folder, env, longestSummary)}\n`)
  const annotations = join(folder, 'annotations.txt')
  if (existsSync(annotations)) process.stdout.write(commands(readFileSync(annotations, 'utf8')))
  const number = env.LANTERN_PULL_REQUEST ?? ''
  if (env.LANTERN_COMMENT === 'false' || !/^\d+$/.test(number)) return
  const marker = `<!-- lantern-eval ${(env.LANTERN_ARTIFACT ?? '').replaceAll(/[^\w.-]/g, '-')} -->`
  try {
    await comment(number, marker, `${marker}\n${body(folder, env, longestComment)}`, env)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const denied = [401, 403, 404].includes(error.status)
    if (denied)
      notice(
        `No comment was written: ${error.message} The job needs "pull-requests: write"; forks have no such token. The table is in the job's summary.`,
      )
    else warning(`No comment was written: ${error.message}`)
  }
}

/** Changes the comment with the marker that we wrote ourselves, or writes one. */
async function comment(number, marker, text, env) {
  const repo = `/repos/${env.GITHUB_REPOSITORY}`
  for await (const one of pages(`${repo}/issues/${number}/comments`, {env})) {
    // Anybody can write the marker into a comment; only that of a bot is ours to change.
    if (!one.body?.startsWith(marker) || one.user?.type !== 'Bot') continue
    await request(`${repo}/issues/comments/${one.id}`, {method: 'PATCH', body: {body: text}, env})
    return
  }
  await request(`${repo}/issues/${number}/comments`, {method: 'POST', body: {body: text}, env})
}

/** Only lines that annotate: what else a runner would obey in the file is left out. */
function commands(text) {
  return text
    .split('\n')
    .filter(line => /^::(error|warning|notice) /.test(line))
    .map(line => `${line}\n`)
    .join('')
}

/** The text, of which the table alone is cut: the verdict, the flips and the link to the run are always there. */
function body(folder, env, longest) {
  const table = join(folder, 'table.md')
  const code = env.LANTERN_EXIT_CODE ?? ''
  const link = `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`
  const head = `## ${plain(env.LANTERN_TITLE || 'lantern-eval')}\n\n${verdict(code)}`
  const rest = existsSync(table) ? readFileSync(table, 'utf8') : 'The run left no table; its log says why.'
  const foot = `${flips(folder)}\n[Run](${link}) of \`${String(env.GITHUB_SHA).slice(0, 12)}\`.`
  return `${head}\n\n${cut(unaddressed(rest.trim()), longest - head.length - foot.length)}\n${foot}`
}

/** Markdown in which a name such as @somebody notifies nobody. Code within a line is never read for names. */
function unaddressed(markdown) {
  return markdown.replaceAll(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)|@(?=[\w-])/g, found =>
    found === '@' ? '@<!-- -->' : found,
  )
}

const meanings = {
  0: 'The evaluation is done.',
  1: '**The gate failed**: a loss beyond the margin is shown.',
  3: '**Inconclusive**: the samples cannot rule out a loss of the margin.',
  5: '**Not comparable**: the baseline or an earlier run has other samples, prompts or settings; the log says which.',
}

function verdict(code) {
  return meanings[code] ?? `**The evaluation ended with exit code ${plain(code) || 'unknown'}.**`
}

/** The samples that changed, folded away. */
function flips(folder) {
  const file = join(folder, 'result.json')
  if (!existsSync(file)) return ''
  const pairs = JSON.parse(readFileSync(file, 'utf8')).comparison?.pairs ?? []
  const flipped = pairs.filter(pair => pair.flips.length > 0)
  const most = Math.min(mostFlips, Math.ceil(mostFlipsOfAll / flipped.length))
  return flipped
    .map(pair => {
      const rows = pair.flips.slice(0, most).map(({id, from, to}) => `| ${plain(id)} | ${from} | ${to} |`)
      const changed = pair.wins + pair.losses
      const more =
        changed > rows.length ? `\n\n${changed - rows.length} more are in \`result.json\` of the artifact.` : ''
      const summary = `${plain(pair.bench)}: ${pair.losses} lost, ${pair.wins} won`
      return `\n<details><summary>${summary}</summary>\n\n| sample | before | now |\n| --- | --- | --- |\n${rows.join('\n')}${more}\n\n</details>\n`
    })
    .join('')
}

/** Text from outside in Markdown: no markup, no mention, one line. */
function plain(text) {
  return String(text)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ')
    .replaceAll(/[\\`*_[\]|<>&@#!~]/g, letter => `&#${letter.codePointAt(0)};`)
    .slice(0, 200)
}

/** Whole lines, with every fold closed. */
function cut(text, longest) {
  if (text.length <= longest) return text
  const kept = text.slice(0, Math.max(0, text.lastIndexOf('\n', longest - 200)))
  const open = kept.split('<details').length - kept.split('</details>').length
  return `${kept}\n${'\n</details>\n'.repeat(Math.max(0, open))}\n… The rest is in the artifact.`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
