import sharp from 'sharp'
import {drawnPicture, graphicsOf} from './terminal-pictures.js'

const before = {...process.env}
afterEach(() => {
  process.env = {...before}
})

/** The terminal that a program sees in its environment. */
function terminalIs(env: Readonly<Record<string, string>>): void {
  process.env = {PATH: before['PATH'], ...env}
}

test.each([
  ['kitty', {TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1'}, 'kitty'],
  ['Ghostty', {TERM_PROGRAM: 'ghostty'}, 'kitty'],
  ['iTerm 3.5', {TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.0'}, 'iterm2'],
  ['mlterm', {TERM: 'mlterm'}, 'sixel'],
  ['an ordinary terminal', {TERM: 'xterm-256color'}, null],
  ['tmux within kitty', {TERM: 'screen', KITTY_WINDOW_ID: '1', TMUX: '/tmp/tmux-0/default,1,0'}, null],
] as const)('%s', async (_, env, graphics) => {
  terminalIs(env)
  expect(await graphicsOf({isTTY: true})).toBe(graphics)
  expect(await graphicsOf({})).toBeNull()
})

const size = {width: 900, height: 300}
const picture = sharp({create: {...size, channels: 3, background: '#d02030', noise: {type: 'gaussian', sigma: 30}}})
const bytes = async () => picture.png().toBuffer()

/** Size of the PNG in base64. */
async function sizeOf(base64: string): Promise<object> {
  const {format, width, height} = await sharp(Buffer.from(base64, 'base64')).metadata()
  return {format, width, height}
}

test('kitty gets a PNG in chunks, the last of which says so', async () => {
  const drawn = await drawnPicture({bytes, orientation: 'ignore'}, 'kitty', 60)
  const commands = [...drawn.matchAll(/\u001b_G([^;]*);([A-Za-z0-9+/=]*)\u001b\\/g)]
  expect(commands.map(([whole]) => whole).join('')).toBe(drawn)
  expect(commands.length).toBeGreaterThan(2)
  expect(commands[0]![1]).toBe('a=T,f=100,q=2,m=1')
  expect(commands.slice(1).map(([, control]) => control)).toEqual([...commands.slice(2).map(() => 'm=1'), 'm=0'])
  expect(Math.max(...commands.map(([, , chunk]) => chunk!.length))).toBe(4096)
  expect(await sizeOf(commands.map(([, , chunk]) => chunk).join(''))).toEqual({format: 'png', width: 600, height: 200})
})

test('iTerm gets a PNG in one command', async () => {
  const drawn = await drawnPicture({bytes, orientation: 'ignore'}, 'iterm2', 200)
  const [, base64] = /^\u001b\]1337;File=inline=1;size=\d+:([A-Za-z0-9+/=]+)\u0007$/.exec(drawn)!
  expect(await sizeOf(base64!)).toEqual({format: 'png', ...size})
})

test('others get sixels of the same picture', async () => {
  const plain = sharp({create: {width: 40, height: 30, channels: 3, background: '#2060c0'}})
  const drawn = await drawnPicture({bytes: async () => plain.png().toBuffer(), orientation: 'ignore'}, 'sixel', 80)
  // Raster attributes with the size, one colour in per cent, five bands of six rows, all of it in that colour.
  const [, colour, bands] = /^\u001bP0;0;q"1;1;40;30#0;2;([\d;]+)(.*)\u001b\\$/s.exec(drawn)!
  expect(colour).toBe([0x20, 0x60, 0xc0].map(value => Math.round((value * 100) / 255)).join(';'))
  expect(bands!.split('\n')).toEqual(['#0!40~$-', '#0!40~$-', '#0!40~$-', '#0!40~$-', '#0!40~$'])
})

test('a file that is no picture is an error, not characters', async () => {
  await expect(
    drawnPicture({bytes: async () => Buffer.from('\u001b]0;title\u0007'), orientation: 'ignore'}, 'kitty', 80),
  ).rejects.toThrow()
})
