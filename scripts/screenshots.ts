// Writes the README's pictures of the pages: the built-in models, looked at with `view` in Chromium.
//
//   npm run build && npm run screenshots
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Page} from 'playwright-core'
import sharp from 'sharp'
import {openBrowser, openPage} from '../test/support/chromium.js'
import {cli, root} from '../test/support/cli.js'
import {startView} from '../test/support/served-pages.js'

const into = join(root, 'results', 'published', 'pages')
const asked = ['--bench', 'hops', '--model', 'builtin:nano-latent', '--intervention', 'own,zeros,oracle']

/** What is shown, by the name of its picture: where it stands, and what is waited for. */
const views: readonly {name: string; at: string; until: string; height: number}[] = [
  {name: 'results', at: '#/', until: 'table', height: 620},
  {name: 'sample', at: '#/samples?subtask=hops-2&flip=0,1&row=80', until: 'figure, canvas, img', height: 1000},
]

const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-screenshots-'))
try {
  const run = join(folder, 'run')
  const {code, stderr} = await cli(['run', ...asked, '--save-latents', '--out', run])
  if (code !== 0) throw new Error(stderr)
  const served = startView([run], {cwd: folder})
  const [browser, url] = await Promise.all([openBrowser(), served.url])
  try {
    for (const view of views)
      for (const theme of ['light', 'dark'] as const) {
        const {page} = await openPage(browser, 1280, theme)
        await shoot(page, url, view, join(into, `${view.name}${theme === 'dark' ? '.dark' : ''}.webp`))
      }
  } finally {
    await browser.close()
    served.child.kill('SIGINT')
    await served.ended
  }
} finally {
  await rm(folder, {recursive: true, force: true})
}

async function shoot(page: Page, url: string, {at, until, height}: (typeof views)[number], file: string) {
  await page.setViewportSize({width: 1280, height})
  await page.goto(url + at)
  await page.locator(until).first().waitFor()
  await page.waitForLoadState('networkidle')
  await sharp(await page.screenshot())
    .webp({quality: 80, effort: 6})
    .toFile(file)
  console.log(`wrote ${file}`)
}
