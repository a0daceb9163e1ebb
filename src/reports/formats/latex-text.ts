// Text for LaTeX: escaped, so that names from models and users are letters on paper and never commands.
import {printable} from '../../core/printable.js'

/** Stands for an en dash until hyphens are kept apart. */
const dash = '\u0000'

const commands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '%': '\\%',
  _: '\\_',
  '&': '\\&',
  '#': '\\#',
  $: '\\$',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  "'": '\\textquotesingle{}',
  '`': '\\textasciigrave{}',
  // Behind the end of a row they would be its option, or its star.
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '–': dash,
  '−': '$-$',
  '±': '$\\pm$',
  '·': '\\textperiodcentered{}',
  '…': '\\dots{}',
  '→': '$\\rightarrow$',
  '×': '$\\times$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
}

/** Latin-1, and letters of European names; the T1 fonts have them all. */
const inFonts = /^[ -~¡-ÿĄąĆćČčĎďĘęĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽž]$/u

/**
 * A text that may stand in a paragraph, a cell or a caption, and compiles with pdfLaTeX (utf8, T1, textcomp; all are
 * the kernel's own since 2020 but T1). Letters beyond Latin become their code points, `[U+4E2D]`: pdfLaTeX stops at a
 * letter that its fonts lack.
 */
export function latexText(text: string): string {
  const letters = Array.from(printable(text).normalize('NFC').replaceAll(/\s+/g, ' '), letterOf).join('')
  // Two hyphens would become a dash, two commas a quotation mark.
  return letters.replaceAll(/([-,])(?=\1)/g, '$1{}').replaceAll(dash, '--')
}

function letterOf(letter: string): string {
  const command = commands[letter]
  if (command !== undefined) return command
  if (inFonts.test(letter)) return letter
  return `{[}U+${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}{]}`
}
