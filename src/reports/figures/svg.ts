// Draws a figure as SVG, in Node and without a canvas. The same figure gives the same bytes on every machine.
import {type Figure, linesOf} from './figure.js'
import {configOf, type Theme} from './theme.js'

/** The specification with its data and a theme: what vega-embed or the Vega editor takes. */
export function wholeSpec({title, description, spec, data}: Figure, theme: Theme): Record<string, unknown> {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...{title: linesOf(title), description, ...spec},
    // A copy, since Vega numbers the rows that it is given.
    datasets: {rows: data.map(datum => ({...datum}))},
    data: {name: 'rows'},
    config: configOf(theme),
  }
}

/**
 * The figure as an SVG element: a title and a description for readers who do not see it, no script, no style sheet, no
 * font or picture from elsewhere. All its ids begin with its name, so several fit in one page.
 */
export async function svgOf(figure: Figure, theme: Theme): Promise<string> {
  const vega = await import('vega')
  const {compile} = await import('vega-lite')
  // The estimate of Vega is 0.8 em for every letter, which leaves half of a figure to its labels.
  ;(vega as unknown as {textMetrics: {width: typeof textWidth}}).textMetrics.width = textWidth
  const {spec} = compile(wholeSpec(figure, theme) as unknown as Parameters<typeof compile>[0], {
    // What it warns of is in our specifications, where the tests find it; users can do nothing about it.
    logger: silent,
  })
  const view = new vega.View(vega.parse(spec), {renderer: 'none', logLevel: vega.Error})
  try {
    return described(ownIds(await view.toSVG(), `${figure.name}-${theme}`), figure, `${figure.name}-${theme}`)
  } finally {
    view.finalize()
  }
}

const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
} as unknown as NonNullable<NonNullable<Parameters<typeof import('vega-lite').compile>[1]>['logger']>

/** Vega numbers clip paths and gradients over the whole process; here they are numbered within the figure. */
function ownIds(svg: string, prefix: string): string {
  const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!)
  const names = new Map([...new Set(ids)].map((id, k) => [id, `${prefix}-${k}`]))
  return svg
    .replaceAll(/ id="([^"]+)"/g, (_, id: string) => ` id="${names.get(id)}"`)
    .replaceAll(/url\(#([^)"]+)\)/g, (whole, id: string) => (names.has(id) ? `url(#${names.get(id)})` : whole))
}

function described(svg: string, {title, description}: Figure, id: string): string {
  const label = `<title id="${id}-title">${escaped(title)}</title><desc id="${id}-desc">${escaped(description)}</desc>`
  return `${svg.replace(/^<svg ([^>]*)>/, `<svg $1 role="img" aria-labelledby="${id}-title ${id}-desc">${label}`)}\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

interface TextItem {
  readonly fontSize?: number
  readonly text?: unknown
}

/** The width of a text in pixels, by classes of letters of Helvetica; wide scripts fill their square. */
function textWidth(item: TextItem, text?: string): number {
  const size = item.fontSize ?? 11
  const line = String(text ?? item.text ?? '')
  let em = 0
  for (const letter of line) em += letterWidth(letter)
  return em * size
}

function letterWidth(letter: string): number {
  if (/[ijlft|.,:;'!()[\]/ ]/.test(letter)) return 0.3
  if (/[mwMW@%…—]/.test(letter)) return 0.87
  if (/[A-Z]/.test(letter)) return 0.69
  return letter.codePointAt(0)! >= 0x2e80 ? 1 : 0.56
}
