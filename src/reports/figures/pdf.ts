// SVG to PDF by a program of this machine, since no library here writes PDF: rsvg-convert, Inkscape or a Chromium, in
// this order. All of them keep lines and letters as lines and letters.
import {execFile} from 'node:child_process'
import {accessSync, constants, statSync} from 'node:fs'
import {copyFile, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {promisify} from 'node:util'
import {LanternError, messageOf} from '../../core/errors.js'

interface Program {
  readonly names: readonly string[]
  /** `svg` and `page` hold the picture, alone and as an HTML page of its size; `folder` is an empty one. */
  args(files: {readonly svg: string; readonly page: string; readonly pdf: string; readonly folder: string}): string[]
}

const programs: readonly Program[] = [
  {names: ['rsvg-convert'], args: ({svg, pdf}) => ['--format=pdf', `--output=${pdf}`, svg]},
  {names: ['inkscape'], args: ({svg, pdf}) => [svg, '--export-type=pdf', `--export-filename=${pdf}`]},
  {
    names: ['chromium', 'chromium-browser', 'google-chrome', 'chrome'],
    args: ({page, pdf, folder}) => [
      ...['--headless', '--disable-gpu', '--no-pdf-header-footer', `--user-data-dir=${folder}`],
      // The page is one file that this process wrote, without scripts. As root, Chromium has no sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...[`--print-to-pdf=${pdf}`, pathToFileURL(page).href],
    ],
  },
]

/** A start of Chromium on a busy machine takes seconds. */
const mostMs = 120_000

/**
 * Writes a picture as a PDF of one page of its size, by a program from the folders of `among`. Throws `usage` without
 * one, `disk` where it fails.
 */
export async function writePdf(svg: string, path: string, among?: string): Promise<void> {
  const {program, command} = pdfProgram(among)
  const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-pdf-'))
  try {
    const files = {svg: join(folder, 'figure.svg'), page: join(folder, 'figure.html'), pdf: join(folder, 'figure.pdf')}
    await writeFile(files.svg, svg)
    await writeFile(files.page, pageOf(svg))
    await promisify(execFile)(command, program.args({...files, folder: join(folder, 'profile')}), {timeout: mostMs})
    await copyFile(files.pdf, path)
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'disk',
      `${command} cannot write a PDF: ${messageOf(error).trim().split('\n').at(-1)}.`,
      'Write --format svg=DIR and convert it yourself.',
    )
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** The first program that is on the PATH. Throws `usage` where there is none. */
export function pdfProgram(among = process.env['PATH'] ?? ''): {readonly program: Program; readonly command: string} {
  for (const program of programs)
    for (const name of program.names)
      for (const folder of among.split(delimiter)) {
        const command = join(folder, name)
        if (folder !== '' && isExecutable(command)) return {program, command}
      }
  throw new LanternError(
    'usage',
    `--format pdf needs ${programs.map(({names}) => names[0]).join(', ')}: none of them is on the PATH.`,
    'Install one (Debian: librsvg2-bin), or write --format svg=DIR.',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    // A folder is executable too.
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** A page of the size of the picture, and nothing else. */
function pageOf(svg: string): string {
  const [, width] = /<svg[^>]* width="([\d.]+)"/.exec(svg) ?? []
  const [, height] = /<svg[^>]* height="([\d.]+)"/.exec(svg) ?? []
  const style = `@page{size:${width}px ${height}px;margin:0}html,body{margin:0}svg{display:block}`
  return `<!doctype html><meta charset="utf-8"><style>${style}</style>${svg}`
}
