// The page itself and its script and style, which `npm run build` makes of pages/.
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

/** Nothing but our own files; no inline script or style, no form, no frame. */
export const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"

/** The page. `source` says where its data come from: a server, or files beside it. */
export function pageHtml(source: 'server' | 'files'): string {
  return `<!doctype html>
<html lang="en" data-source="${source}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<title>lantern-eval</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="app.css">
<script src="app.js" defer></script>
</head>
<body>
<div id="app"><p class="waiting">Reading the runs …</p></div>
<noscript><p class="waiting">This page needs JavaScript. The same figures: <code>lantern-eval leaderboard</code>.</p></noscript>
</body>
</html>
`
}
