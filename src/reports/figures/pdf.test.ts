// PDF by each of the programs that this machine has.
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {pdfProgram, writePdf} from './pdf.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-pdf-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="120"><path d="M0 0L400 120" stroke="#000"/></svg>'

for (const name of ['rsvg-convert', 'inkscape', 'chromium']) {
  const program = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(place => join(place, name))
    .find(existsSync)
  if (program === undefined) {
    test.skip(`${name} writes a page of the size of the picture (skipped: there is no ${name} here)`, () => undefined)
    continue
  }
  test(`${name} writes a page of the size of the picture`, async () => {
    const alone = join(folder, name)
    mkdirSync(alone)
    symlinkSync(program, join(alone, name))
    const file = join(alone, 'figure.pdf')
    await writePdf(svg, file, alone)
    const text = readFileSync(file, 'latin1')
    expect(text).toMatch(/^%PDF-1\.\d/)
    expect(text.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)
    const [, width, height] = /MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)/.exec(text)!
    // Three quarters of a point for each pixel.
    expect([Number(width), Number(height)]).toEqual([300, 90])
  }, 150_000)
}

test('names the programs where none of them is on the PATH', () => {
  expect(() => pdfProgram(folder)).toThrow('--format pdf needs rsvg-convert, inkscape, chromium: none')
})
