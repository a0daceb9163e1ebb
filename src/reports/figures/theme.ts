// Colours of figures, light and dark. The qualitative ones are those of Okabe and Ito (2008, "Color universal design"),
// which people with any common colour blindness tell apart; in the dark its blue and vermilion are lighter. Marks
// differ in shape or dash as well, so that no figure needs its colours.

export const themes = ['light', 'dark'] as const
export type Theme = (typeof themes)[number]

interface Colours {
  readonly background: string
  readonly text: string
  readonly quiet: string
  readonly grid: string
  readonly category: readonly string[]
  /** Of a difference: higher, not shown to differ, lower. */
  readonly signed: readonly [string, string, string]
}

const colours: Readonly<Record<Theme, Colours>> = {
  light: {
    background: '#ffffff',
    text: '#1b1f24',
    quiet: '#57606a',
    grid: '#e4e7eb',
    category: ['#0072b2', '#d55e00', '#009e73', '#b3589a', '#8a6d00', '#3f8fc4', '#4d4d4d'],
    signed: ['#0072b2', '#57606a', '#d55e00'],
  },
  dark: {
    background: '#14171c',
    text: '#e6e8eb',
    quiet: '#a7afb9',
    grid: '#2c323a',
    category: ['#56b4e9', '#ff9a4d', '#2fc79a', '#e39bc9', '#e6c229', '#9ecbff', '#c9ced6'],
    signed: ['#56b4e9', '#a7afb9', '#ff9a4d'],
  },
}

/** Fonts that are on the reader's machine; none is fetched. */
const font = 'Helvetica, Arial, sans-serif'

/** The `config` of Vega-Lite for a theme. */
export function configOf(theme: Theme): Record<string, unknown> {
  const {background, text, quiet, grid, category, signed} = colours[theme]
  return {
    ...{background, font, aria: false, padding: {left: 8, right: 20, top: 8, bottom: 8}},
    view: {stroke: null},
    mark: {color: category[0]},
    // What Vega calls the diverging range is taken by the figures of differences.
    range: {category, diverging: signed},
    axis: {
      ...{labelColor: text, titleColor: quiet, titleFontWeight: 'normal', labelFontSize: 11, titleFontSize: 11},
      ...{
        labelLimit: 0,
        gridColor: grid,
        domainColor: quiet,
        tickColor: quiet,
        labelPadding: 6,
        titlePadding: 8,
        labelFlush: false,
      },
    },
    legend: {
      ...{labelColor: text, titleColor: quiet, titleFontWeight: 'normal', labelFontSize: 11, titleFontSize: 11},
      ...{labelLimit: 0, orient: 'bottom', symbolStrokeWidth: 2, columnPadding: 16, symbolOpacity: 1},
    },
    title: {
      ...{color: text, subtitleColor: quiet, fontSize: 13, subtitleFontSize: 11, fontWeight: 600},
      // From the left edge of the figure, not of its plot: long labels would leave a title half of the width.
      ...{anchor: 'start', frame: 'bounds', offset: 12, subtitlePadding: 4},
    },
    text: {color: text, fontSize: 11},
    rule: {color: quiet},
    rect: {color: quiet},
    point: {size: 64, filled: true, opacity: 1},
    line: {strokeWidth: 2},
    style: {
      reference: {color: quiet, stroke: quiet, strokeDash: [4, 4], strokeWidth: 1},
      // Behind a text that may lie over lines.
      halo: {color: background, stroke: background, strokeWidth: 4, strokeJoin: 'round'},
    },
  }
}
