// The embedded bitmap font: only the glyphs that cards need, 7 x 9 pixels each. System fonts are never read.

const glyphWidth = 7

/** Glyphs side by side, two columns apart; the key names them from left to right. */
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

/** The rows of a glyph; `#` marks ink. Throws RangeError for a character that is not in the font. */
export function glyph(character: string): readonly string[] {
  const rows = glyphs.get(character)
  if (rows === undefined) throw new RangeError(`The embedded font has no "${character}".`)
  return rows
}
