// What the steps of the action need of GitHub: its API, and the commands and files of a runner. Plain Node, no build.
import {appendFileSync} from 'node:fs'

/** Text as the value of a workflow command: it can neither end the command nor begin another one. */
const escaped = text => String(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

/** Shows a sentence beside the run. It decides nothing. */
export const notice = text => console.log(`::notice title=lantern-eval::${escaped(text)}`)
export const warning = text => console.log(`::warning title=lantern-eval::${escaped(text)}`)
export const failure = text => console.log(`::error title=lantern-eval::${escaped(text)}`)

/** Sets an output of the step. The delimiter is random, so that a value cannot set a second output. */
export function output(name, value, env = process.env) {
  const end = `end_${crypto.randomUUID()}`
  appendFileSync(env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`)
}

/** Whoever reads the answer of GitHub needs its status: 403 and 404 mean something else than a broken network (0). */
export class ApiError extends Error {
  constructor(status, what, message) {
    super(`${what}: GitHub ${status === 0 ? 'did not answer' : `answered ${status}`}${message ? `, ${message}` : ''}.`)
    this.status = status
  }
}

/** One request to GitHub. `path` begins with `/`. Returns the response. Throws ApiError. */
export async function request(
  path,
  {method = 'GET', body, env = process.env, accept = 'application/vnd.github+json'} = {},
) {
  const base = env.GITHUB_API_URL || 'https://api.github.com'
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      accept,
      authorization: `Bearer ${env.GITHUB_TOKEN ?? ''}`,
      'x-github-api-version': '2022-11-28',
      'user-agent': 'lantern-eval',
      ...(body === undefined ? {} : {'content-type': 'application/json'}),
    },
    ...(body === undefined ? {} : {body: JSON.stringify(body)}),
    signal: AbortSignal.timeout(60_000),
  }).catch(error => {
    throw new ApiError(0, `${method} ${path}`, error.cause?.message ?? error.message)
  })
  if (response.ok) return response
  const text = await response.text().catch(() => '')
  let message = text.slice(0, 200)
  try {
    message = JSON.parse(text).message ?? message
  } catch {}
  throw new ApiError(response.status, `${method} ${path}`, message)
}

/** All items of a list that GitHub gives in pages. `pick` takes the list out of an answer. */
export async function* pages(path, {pick = answer => answer, env = process.env} = {}) {
  for (let page = 1; ; page++) {
    const items = pick(
      await (await request(`${path}${path.includes('?') ? '&' : '?'}per_page=100&page=${page}`, {env})).json(),
    )
    yield* items
    if (items.length < 100) return
  }
}
