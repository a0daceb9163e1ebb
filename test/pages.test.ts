/// <reference lib="dom" />
// `view` and `report` as a user has them: the compiled command, and Chromium on what it serves and writes.
import type {ChildProcess} from 'node:child_process'
import {appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile} from 'node:fs/promises'
import {request} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import axe from 'axe-core'
import type {Browser, Page} from 'playwright-core'
import {describeInBrowser, openBrowser, openPage} from './support/chromium.js'
import {cli} from './support/cli.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from './support/run-folders.js'
import {startView} from './support/served-pages.js'

/** Turns what follows around, in what honours it. */
const turned = '\u202e'
const hostile = '<script>globalThis.taken = 1</script><img src=x onerror="globalThis.taken = 1"> The answer is (B).'
const second = 50
const longName = 'x'.repeat(300)

let folder: string
let study: string
let texts: string
let site: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-pages-'))
  study = join(folder, 'study')
  const asked = [
    '--bench',
    'hops',
    '--model',
    'builtin:nano-latent',
    '--intervention',
    'own,zeros,matched-noise,oracle',
  ]
  const {code, stderr} = await cli(['run', ...asked, '--save-latents', '--limit', '24', '--out', study])
  if (code !== 0) throw new Error(stderr)
  texts = writeTexts(join(folder, 'texts'))
  site = join(folder, 'site')
  const written = await cli(['report', study, texts, '--out', site, '--pictures', '--json'])
  if (written.code !== 0) throw new Error(written.stderr)
})
afterAll(() => rm(folder, {recursive: true, force: true}))

/** A run of two arms over 120 samples: answers of the first are hostile, every other one of the second is wrong. */
function writeTexts(dir: string): string {
  const arms = [arm('first', 'direct'), arm('second', 'direct')]
  const names = ['Counting', longName]
  const records = names.flatMap(subtask =>
    Array.from({length: 60}, (_, k) =>
      arms.map(({id: armId}, a) => {
        const right = a === 0 || k % 2 === 0
        const [outcome, answer] = right ? (['correct', 'B'] as const) : (['wrong', 'A'] as const)
        const more = {score: Number(right), answer, gold: 'B', options: ['one', 'two'], letters: ['A', 'B']}
        const text = a === 0 ? `${hostile}${turned}` : `(${answer})${'\n'.repeat(k === 0 ? 200 : 0)}`
        return record(
          {arm: armId, bench: 'blink', subtask, id: `${subtask}_${k + 1}`, outcome},
          {...more, text, question: 'How many?'},
        )
      }),
    ).flat(),
  )
  return writeRun(dir, lockOf(arms, [lockBenchmark('blink', {Counting: 60, [longName]: 60})]), records)
}

const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** Starts `view` and waits for its address. */
async function view(...runs: string[]) {
  const {child, ended, url} = startView(runs)
  running.push(child)
  return {url: await url, child, ended}
}

function ask(
  url: string,
  options: {method?: string; host?: string} = {},
): Promise<{status: number; headers: NodeJS.Dict<string | string[]>; body: string}> {
  return new Promise((resolve, reject) => {
    const {method = 'GET', host} = options
    const sent = request(url, {method, headers: host === undefined ? {} : {host}}, reply => {
      let body = ''
      reply.on('data', chunk => {
        body += chunk
      })
      reply.on('end', () => resolve({status: reply.statusCode!, headers: reply.headers, body}))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('view', () => {
  it('answers only under its secret address and its own name, and ends at Ctrl-C with exit 0', async () => {
    const {url, child, ended} = await view(texts)
    const {origin, port} = new URL(url)
    expect((await ask(url)).status).toBe(200)
    expect((await ask(`${origin}/`)).status).toBe(403)
    expect((await ask(`${origin}/${'x'.repeat(32)}/data/board`)).status).toBe(403)
    expect((await ask(url, {host: `evil.example:${port}`})).status).toBe(403)
    expect((await ask(url, {method: 'POST'})).status).toBe(405)
    expect((await ask(`${url}../../etc/passwd`)).status).toBe(403)
    expect((await ask(`${url}picture?row=999999&index=0`)).status).toBe(404)
    const {headers, body} = await ask(url)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(body).not.toMatch(/<script>|style=/)
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
  })

  it('follows a run that goes on, reading only what was appended', async () => {
    const dir = join(folder, 'growing')
    const one = arm('m', 'direct')
    const answer = (k: number) =>
      record({arm: one.id, bench: 'blink', subtask: 'Counting', id: `Counting_${k}`, outcome: 'correct'})
    writeRun(dir, lockOf([one], [lockBenchmark('blink', {Counting: 3})]), [answer(1)])
    const {url} = await view(dir)
    const answers = async () => JSON.parse((await ask(`${url}data/board`)).body).answers
    expect(await answers()).toBe(1)
    const log = join(dir, 'log.jsonl')
    const line = `${JSON.stringify(answer(2))}\n`
    await appendFile(log, line.slice(0, second))
    await new Promise(resolve => setTimeout(resolve, 600))
    expect(await answers()).toBe(1)
    await appendFile(log, line.slice(second))
    await new Promise(resolve => setTimeout(resolve, 600))
    expect(await answers()).toBe(2)
    const {lines, total} = JSON.parse((await ask(`${url}data/samples?outcome=correct`)).body)
    expect([total, lines.map(({id}: {id: string}) => id)]).toEqual([2, ['Counting_1', 'Counting_2']])
  })

  it('goes on, and says what is wrong, when a log is cut or gone and when an address names what is not there', async () => {
    const dir = join(folder, 'lost')
    await cp(texts, dir, {recursive: true})
    const {url, child} = await view(dir)
    for (const path of ['detail?row=1.5', 'detail?row=-1', 'samples?flip=0,99', 'samples?arm=9&outcome=wrong'])
      expect((await ask(`${url}data/${path}`)).status).toBe(200)
    expect((await ask(`${url}picture?row=1.5&index=0`)).status).toBe(404)
    const log = join(dir, 'log.jsonl')
    await truncate(log, 40)
    expect((await ask(`${url}data/detail?row=3`)).body).toContain('is shorter than it was')
    await rm(dir, {recursive: true})
    expect((await ask(`${url}data/detail?row=3`)).body).toContain('is no longer there')
    // The extractors' reading goes on behind the answers; what it meets is told by a later one.
    const scan = async (): Promise<string> => {
      const {status, body} = await ask(`${url}data/samples?disagree=1`)
      return status === 200 ? scan() : body
    }
    expect(await scan()).toContain('is no longer there')
    await new Promise(resolve => setTimeout(resolve, 600))
    const {problem, samples} = JSON.parse((await ask(`${url}data/board`)).body)
    expect([problem, samples]).toEqual([`${log} is no longer there.`, 120])
    expect(child.exitCode).toBeNull()
  })

  it('says which port is in use', async () => {
    const {url} = await view(texts)
    const {code, stderr} = await cli(['view', texts, '--no-open', '--port', new URL(url).port])
    expect(code).toBe(2)
    expect(stderr).toContain('is in use')
  })
})

describe('report', () => {
  it('is below 2 MB without pictures for the built-in run, and holds nothing from elsewhere', async () => {
    const [run, out] = [join(folder, 'builtin'), join(folder, 'plain')]
    const page = join(folder, 'page.html')
    expect((await cli(['run', '--out', run, '--format', `html=${page}`])).code).toBe(0)
    expect((await stat(page)).size).toBeLessThan(2e6)
    expect((await cli(['report', run, '--out', out])).code).toBe(0)
    let bytes = 0
    for (const name of await readdir(out, {recursive: true})) {
      const file = join(out, name)
      const found = await stat(file)
      if (!found.isFile()) continue
      bytes += found.size
      expect(name).not.toMatch(/\.(jpe?g|png)$/)
      if (/\.(html|css)$/.test(name)) expect(await readFile(file, 'utf8')).not.toMatch(/https?:|\/\/[a-z]/)
    }
    expect(bytes).toBeLessThan(2e6)
  })
})

it('report leaves a page that is not its own alone', async () => {
  const taken = join(folder, 'taken')
  await mkdir(taken)
  await writeFile(join(taken, 'index.html'), '<p>mine</p>')
  const {code, stderr} = await cli(['report', texts, '--out', taken])
  expect([code, stderr]).toEqual([2, expect.stringContaining('is no page of ours')])
  expect(await readdir(taken)).toEqual(['index.html'])
})

describeInBrowser('the pages in Chromium', () => {
  let browser: Browser
  let url: string
  let served: Awaited<ReturnType<typeof view>>
  beforeAll(async () => {
    browser = await openBrowser()
    served = await view(study, texts)
    // The browser's tests share it.
    running.splice(0)
    url = served.url
  })
  afterAll(async () => {
    served?.child.kill('SIGKILL')
    await browser?.close()
  })

  const places = {
    view: () => url,
    report: () => pathToFileURL(join(site, 'index.html')).href,
  }

  /** What axe finds wrong: rule, and the first element. */
  async function faults(page: Page): Promise<string[]> {
    await page.evaluate(axe.source)
    const {violations} = await page.evaluate(() =>
      (globalThis as unknown as {axe: typeof axe}).axe.run({preload: false}),
    )
    return violations.map(({id, nodes}) => `${id}: ${nodes[0]?.html}`)
  }

  const go = async (page: Page, place: keyof typeof places, hash: string) => {
    await page.goto(`${places[place]()}#${hash}`)
    await page.locator('main :is(h1, h2):visible').first().waitFor()
  }

  for (const place of ['view', 'report'] as const) {
    for (const [width, scheme] of [
      [360, 'light'],
      [1280, 'dark'],
      [1920, 'light'],
    ] as const) {
      it(`${place} at ${width} px, ${scheme}: every view and control works, without faults of access`, async () => {
        const {page, wrong} = await openPage(browser, width, scheme)
        const wide = async () => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
          expect(await faults(page)).toEqual([])
        }
        await go(page, place, '/')
        await page.locator('summary').first().click()
        await wide()
        // Two rows to a comparison, which is swapped and changed.
        await page.getByRole('checkbox', {name: /own/}).check()
        await page.getByRole('checkbox', {name: /zeros/}).check()
        await page.getByRole('button', {name: 'Compare'}).click()
        await page
          .getByText(/mcnemar|sign-flip|tango|paired/)
          .first()
          .waitFor()
        const before = page.url()
        await wide()
        await page.getByRole('button', {name: 'Swap'}).click()
        await page.waitForFunction(was => location.href !== was, before)
        await page.getByLabel('To', {exact: true}).selectOption('4')
        await page.getByText(/share no benchmark/).waitFor()
        // Filters.
        await go(page, place, '/samples')
        const status = page.locator('.list [role=status]')
        await page.getByLabel('Benchmark').selectOption('1')
        await status.getByText('120 of 144').waitFor()
        await page.getByLabel('Subtask').selectOption('Counting')
        await status.getByText('60 of 144').waitFor()
        await page.getByLabel('Outcome', {exact: true}).selectOption('wrong')
        await page.getByLabel('Outcome of').selectOption('5')
        await status.getByText('30 of 144').waitFor()
        await page.getByLabel('Outcome', {exact: true}).selectOption('')
        await page.getByLabel('Flips between').selectOption('4')
        await page.getByLabel('Flips against').selectOption('5')
        await status.getByText('30 of 144').waitFor()
        await page.getByLabel('Id', {exact: true}).fill('Counting_10')
        await status.getByText('1 of 144').waitFor()
        await wide()
        await go(page, place, '/samples?bench=1')
        await page.getByRole('button', {name: 'Show more'}).click()
        await page.waitForFunction(() => document.querySelectorAll('.list li').length === 120)
        await page.getByLabel('extractors disagree').check()
        await page.waitForFunction(() =>
          /^\d+ of 144 samples$/.test(document.querySelector('.list [role=status]')?.textContent ?? ''),
        )
        // A sample: its picture with boxes, its latents, its facts.
        await go(page, place, '/samples?row=2')
        await page.locator('.pictures img').waitFor()
        expect(
          await page.locator('.pictures img').evaluate(img => (img as HTMLImageElement).naturalWidth),
        ).toBeGreaterThan(0)
        expect(await page.locator('.pictures .boxes rect').count()).toBeGreaterThan(0)
        await page.locator('.answer mark').first().waitFor()
        await page.locator('.heat').first().waitFor()
        await page.getByLabel('Show').first().selectOption('boxes')
        await page.locator('.latent-step .boxes').first().waitFor()
        await page.getByText('What was sent and used').first().click()
        await page.getByText('prompt sha256').first().waitFor()
        await page.getByText('The prompt').click()
        const question = await page.locator('.question').textContent()
        expect(await page.locator('.asked pre').textContent()).toContain(question)
        expect(await page.locator('.asked pre').textContent()).toContain('[picture 1]')
        await wide()
        await go(page, place, '/diagnosis')
        await page.getByText('content').first().waitFor()
        const chart = page.locator('.chart img').first()
        await page.waitForFunction(() => (document.querySelector('.chart img') as HTMLImageElement)?.naturalWidth > 0)
        expect(await chart.getAttribute('alt')).toContain('contrast')
        expect(await chart.evaluate(img => (img as HTMLImageElement).currentSrc)).toContain(`-${scheme}.svg`)
        await wide()
        await page.emulateMedia({media: 'print'})
        expect(await page.locator('nav').isVisible()).toBe(false)
        expect(wrong).toEqual([])
        await page.context().close()
      })
    }

    it(`${place}: text of a model stays text`, async () => {
      const {page, wrong} = await openPage(browser, 1280)
      await go(page, place, '/samples?bench=1&row=24')
      await page.locator('.answer .text').first().waitFor()
      expect(await page.locator('.answer .text').first().textContent()).toBe(`${hostile}\ufffd`)
      expect(await page.locator('.answer script, .answer img').count()).toBe(0)
      expect(await page.evaluate(() => 'taken' in globalThis)).toBe(false)
      expect(wrong).toEqual([])
      await page.context().close()
    })

    it(`${place}: everything is reached by keyboard`, async () => {
      const {page} = await openPage(browser, 1280)
      await go(page, place, '/')
      const {keyboard} = page
      await keyboard.press('j')
      await keyboard.press('j')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('builtin:nano-latent')
      await keyboard.press('Enter')
      await page.locator('.list li').first().waitFor()
      await keyboard.press('j')
      await page.waitForFunction(() => /row=0/.test(location.hash))
      await keyboard.press('j')
      await page.waitForFunction(() => /row=1/.test(location.hash))
      await keyboard.press('k')
      await page.waitForFunction(() => /row=0/.test(location.hash))
      await keyboard.press('Escape')
      await page.waitForFunction(() => !/row=/.test(location.hash))
      await keyboard.press('?')
      expect(await page.locator('dialog').isVisible()).toBe(true)
      await keyboard.press('Escape')
      expect(await page.locator('dialog').isVisible()).toBe(false)
      await keyboard.press('/')
      await page.waitForFunction(() => document.activeElement?.id === 'filter')
      // On a slow machine the address comes later than the next letter, and must not take it back.
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Emulation.setCPUThrottlingRate', {rate: 20})
      await keyboard.type('hops-1')
      await devtools.send('Emulation.setCPUThrottlingRate', {rate: 1})
      await page.waitForFunction(() => /text=hops-1/.test(location.hash))
      await keyboard.press('Escape')
      expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('filter')
      await page.context().close()
    })
  }

  it('a training has its curve on the page, in the colours of the reader, and says why it is not diagnosed', async () => {
    const arms = [arm('r/step-1', 'direct'), arm('r/step-2', 'direct')]
    const records = arms.flatMap(({id: armId}) =>
      Array.from({length: 8}, (_, k) =>
        record({arm: armId, bench: 'blink', subtask: 'Counting', id: `${k}`, outcome: 'correct'}, {score: 1}),
      ),
    )
    const steps = writeRun(join(folder, 'steps'), lockOf(arms, [lockBenchmark('blink', {Counting: 8})]), records)
    const {url} = await view(steps, texts)
    const file = join(folder, 'steps.html')
    expect((await cli(['leaderboard', steps, texts, '--format', `html=${file}`])).code).toBe(0)
    for (const address of [url, pathToFileURL(file).href])
      for (const colours of ['light', 'dark'] as const) {
        const {page, wrong} = await openPage(browser, 360, colours)
        await page.goto(address)
        const image = page.locator('.chart img')
        await image.waitFor()
        await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.chart img')!.naturalWidth > 600)
        expect(await image.getAttribute('alt')).toContain('blink val, checkpoints of a training')
        expect(await image.evaluate(node => (node as HTMLImageElement).currentSrc)).toMatch(
          address === url ? new RegExp(`-${colours}\\.svg\\?answers=\\d+$`) : /^data:image/,
        )
        const names = await page.locator('main > section').evaluateAll(all => all.map(one => one.ariaLabel))
        expect(new Set(names).size).toBe(names.length)
        expect(names.length).toBeGreaterThan(1)
        await page.goto(`${address}#/diagnosis`)
        await page.locator('h1', {hasText: 'bear the load'}).waitFor()
        expect(await page.locator('.problem').textContent()).toContain('cannot be diagnosed')
        expect(wrong).toEqual([])
        await page.context().close()
      }
  }, 60_000)

  it('the one file of --format html shows every view under a policy that allows its own script alone', async () => {
    const file = join(folder, 'one.html')
    expect((await cli(['leaderboard', study, texts, '--format', `html=${file}`])).code).toBe(0)
    const {page, wrong} = await openPage(browser, 1280)
    for (const [view, shown] of [
      ['/', 'table.board'],
      ['/samples?bench=1&row=24', '.answer .text'],
      ['/compare?base=4&new=5', '.counts'],
      ['/diagnosis', '.chart img'],
    ]) {
      await page.goto(`${pathToFileURL(file).href}#${view}`)
      await page.locator(shown!).first().waitFor()
    }
    expect(await page.evaluate(() => 'taken' in globalThis)).toBe(false)
    expect(wrong).toEqual([])
    await page.context().close()
  })
})
