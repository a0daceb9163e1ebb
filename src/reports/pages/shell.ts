// The page itself and its script and style, which `npm run build` makes of pages/.
import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {LanternError} from '../../core/errors.js'

export const shellFiles = ['app.js', 'app.css', 'icon.svg'] as const
export type ShellFile = (typeof shellFiles)[number]

/** A built file of the pages. Throws `bug` where the package was not built. */
export async function shellFile(name: ShellFile): Promise<Buffer> {
  // Beside the compiled code, or in dist where the sources run.
  for (const place of ['../../pages/', '../../../dist/pages/']) {
    const path = fileURLToPath(new URL(`${place}${name}`, import.meta.url))
    if (existsSync(path)) return readFile(path)
  }
  throw new LanternError('bad-config', `The pages of this package are not built: ${name}.`, 'Run `npm run build`.')
}

/** Nothing but what `from` names; no form, no frame, nothing from elsewhere. */
const policyOf = ({
  script,
  style,
  image,
  connect,
}: Readonly<Record<'script' | 'style' | 'image' | 'connect', string>>) =>
  `default-src 'none'; script-src ${script}; style-src ${style}; img-src ${image}; connect-src ${connect}; base-uri 'none'; form-action 'none'`

/** Nothing but our own files; no inline script or style. */
export const contentPolicy = policyOf({script: "'self'", style: "'self'", image: "'self'", connect: "'self'"})

/** The page. `source` says where its data come from: a server, or files beside it. */
export function pageHtml(source: 'server' | 'files'): string {
  const head = `<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="app.css">
<script src="app.js" defer></script>`
  return `${start(source, contentPolicy, head)}${end}`
}

/**
 * The page as one file, piece by piece. Its data are JSON in elements that no browser runs; of scripts and styles the
 * policy allows the two that are ours, by their hashes.
 */
export async function* wholePage(data: AsyncIterable<readonly [name: string, value: unknown]>): AsyncGenerator<string> {
  const [script, style, icon] = await Promise.all(shellFiles.map(name => shellFile(name)))
  // What stands between the tags, and what the hashes are of. A script that names its own end would end there.
  const code = script!.toString().replaceAll('</script', '<\\/script')
  const rules = style!.toString()
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = policyOf({script: hash(code), style: hash(rules), image: 'data:', connect: "'none'"})
  yield start(
    'page',
    policy,
    `<link rel="icon" href="${dataAddress('image/svg+xml', icon!)}">\n<style>${rules}</style>`,
  )
  for await (const [name, value] of data)
    yield `<script type="application/json" id="data-${name}">${inertJson(value)}</script>\n`
  yield `<script>${code}</script>\n${end}`
}

export function dataAddress(type: string, content: string | Uint8Array): string {
  return `data:${type};base64,${Buffer.from(content).toString('base64')}`
}

/** JSON that is also JavaScript in any file, whatever the texts hold, and that ends no element of HTML. */
export function inertJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

/** By this, a page tells that its folder is a site of ours. */
export const siteMark = 'data-source="files"'

const start = (source: 'server' | 'files' | 'page', policy: string, head: string) => `<!doctype html>
<html lang="en" data-source="${source}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>lantern-eval</title>
${head}
</head>
<body>
<div id="app"><p class="waiting">Reading the runs …</p></div>
<noscript><p class="waiting">This page needs JavaScript. The same figures: <code>lantern-eval leaderboard</code>.</p></noscript>
`

const end = `</body>
</html>
`
