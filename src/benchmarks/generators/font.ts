// The embedded bitmap font: the glyphs that cards need, 7 x 9 pixels each. Not a general font; no system font is ever
// read.

export const glyphWidth = 7
export const glyphHeight = 9

/** Rows of glyphs side by side, two blanks apart; the key names them from left to right. */
const sheets: Readonly<Record<string, string>> = {
  EFGHJ: `
#######  #######  .######  ##...##  ....###
#######  #######  #######  ##...##  .....##
##.....  ##.....  ##.....  ##...##  .....##
##.....  ##.....  ##.....  ##...##  .....##
######.  ######.  ##..###  #######  .....##
##.....  ##.....  ##...##  ##...##  .....##
##.....  ##.....  ##...##  ##...##  ##...##
#######  ##.....  #######  ##...##  #######
#######  ##.....  .#####.  ##...##  .#####.`,
  KLMNP: `
##...##  ##.....  ##...##  ##...##  ######.
##..##.  ##.....  ###.###  ###..##  #######
##.##..  ##.....  #######  ###..##  ##...##
####...  ##.....  #######  ####.##  ##...##
###....  ##.....  ##.#.##  ##.#.##  #######
####...  ##.....  ##...##  ##.####  ######.
##.##..  ##.....  ##...##  ##..###  ##.....
##..##.  #######  ##...##  ##..###  ##.....
##...##  #######  ##...##  ##...##  ##.....`,
  RSTVX: `
######.  .######  #######  ##...##  ##...##
#######  #######  #######  ##...##  ##...##
##...##  ##.....  ..###..  ##...##  .##.##.
##...##  ##.....  ..###..  ##...##  ..###..
#######  .#####.  ..###..  .##.##.  ...#...
######.  .....##  ..###..  .##.##.  ..###..
##.##..  .....##  ..###..  .##.##.  .##.##.
##..##.  #######  ..###..  ..###..  ##...##
##...##  ######.  ..###..  ...#...  ##...##`,
  ZAB12: `
#######  ..###..  ######.  ..##...  .#####.
#######  .#####.  #######  .###...  #######
....##.  ##...##  ##...##  ####...  ##...##
....##.  ##...##  ##...##  ..##...  .....##
...##..  #######  ######.  ..##...  ...###.
..##...  #######  ##...##  ..##...  ..##...
.##....  ##...##  ##...##  ..##...  .##....
#######  ##...##  #######  ######.  #######
#######  ##...##  ######.  ######.  #######`,
}

const glyphs: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(sheets).flatMap(([names, art]) => {
    const rows = art.trim().split('\n')
    return [...names].map((name, k): [string, string[]] => [
      name,
      rows.map(row => row.slice(k * (glyphWidth + 2)).slice(0, glyphWidth)),
    ])
  }),
)

/** The rows of a glyph, `#` where it is inked. Throws RangeError for a character the font does not have. */
export function glyph(character: string): readonly string[] {
  const rows = glyphs.get(character)
  if (rows === undefined) throw new RangeError(`The embedded font has no "${character}".`)
  return rows
}
