// Debian's Chromium, driven by playwright-core. Every browser that a test opened is closed, whatever fails.
import {existsSync} from 'node:fs'
import {type Browser, chromium, type Page} from 'playwright-core'

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser's path; null where there is none, which a test has to say. */
const chromiumPath: string | null = places.find(place => place !== undefined && existsSync(place)) ?? null

/** `describe` where there is a browser; elsewhere a suite that is skipped under a name that says why. */
export function describeInBrowser(name: string, body: () => void): void {
  if (chromiumPath === null) describe.skip(`${name} (skipped: there is no Chromium here)`, body)
  else describe(name, body)
}

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** Starts the browser with an empty profile of its own. The caller closes it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({executablePath: chromiumPath!, args: flags, timeout: 60_000})
}

/** A page and everything that went wrong in it: errors, failed requests, what its policy refused. */
export async function openPage(
  browser: Browser,
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{page: Page; wrong: string[]}> {
  const context = await browser.newContext({viewport: {width, height: 900}, colorScheme})
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
  })
  page.on('pageerror', error => wrong.push(String(error)))
  page.on('requestfailed', request => wrong.push(`${request.url()} ${request.failure()?.errorText}`))
  return {page, wrong}
}
