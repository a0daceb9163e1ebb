// Pictures in a terminal that can draw them: kitty's protocol, iTerm's, or sixels. Pipes and other terminals get none.
import type {ImageRef} from '../core/sample.js'

export type Graphics = 'kitty' | 'iterm2' | 'sixel'

/**
 * How a stream can show pictures, or null. Multiplexers say the name of the terminal around them but pass no picture
 * on.
 */
export async function graphicsOf(stream: {readonly isTTY?: boolean}): Promise<Graphics | null> {
  const {env} = process
  if (!stream.isTTY || env['TMUX'] || env['STY'] || env['TERM'] === 'dumb') return null
  const {createSupportsTerminalGraphics} = await import('supports-terminal-graphics')
  const supported = createSupportsTerminalGraphics({isTTY: true})
  return (['kitty', 'iterm2', 'sixel'] as const).find(one => supported[one]) ?? null
}

/** Pixels; a terminal has about 10 x 20 for a character. */
const mostPixels = {width: 1200, height: 480}
const characterWidth = 10

/**
 * The characters that draw a picture, reduced to fit `columns`. The file is decoded and written anew, so it cannot hold
 * commands to the terminal. Throws what reading or decoding throws.
 */
export async function drawnPicture(
  {bytes, orientation}: Pick<ImageRef, 'bytes' | 'orientation'>,
  graphics: Graphics,
  columns: number,
): Promise<string> {
  const {default: sharp} = await import('sharp')
  const width = Math.min(mostPixels.width, columns * characterWidth)
  const file = sharp(await bytes())
  const picture = (orientation === 'apply' ? file.autoOrient() : file).resize({
    ...{width, height: mostPixels.height},
    ...{fit: 'inside', withoutEnlargement: true},
  })
  if (graphics === 'sixel') {
    const {image2sixel} = await import('sixel')
    const {data, info} = await picture.toColourspace('srgb').ensureAlpha().raw().toBuffer({resolveWithObject: true})
    return image2sixel(new Uint8Array(data), info.width, info.height)
  }
  const png = await picture.png().toBuffer()
  if (graphics === 'kitty') return kittyPicture(png)
  const {image} = await import('ansi-escapes')
  return image(png)
}

/** Characters of base64 in one command (sw.kovidgoyal.net/kitty/graphics-protocol, "Remote client"). */
const kittyChunk = 4096

/**
 * Transmits and displays a PNG: `a=T,f=100`, in chunks of which all but the last say `m=1`; `q=2` asks for no reply.
 */
function kittyPicture(png: Buffer): string {
  const chunks = png.toString('base64').match(new RegExp(`.{1,${kittyChunk}}`, 'g')) ?? []
  return chunks
    .map((chunk, index) => {
      const more = index < chunks.length - 1 ? 1 : 0
      return `\u001b_G${index === 0 ? 'a=T,f=100,q=2,' : ''}m=${more};${chunk}\u001b\\`
    })
    .join('')
}
