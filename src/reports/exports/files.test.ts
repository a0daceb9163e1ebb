// Where outputs go: beside what stands there already, and into descriptors without harm to what else is printed there.
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {writePieces, writeThrough} from './files.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-files-'))
})
afterEach(() => {
  rmSync(folder, {recursive: true, force: true})
})

const ways: readonly [string, (path: string, text: string) => Promise<unknown>][] = [
  ['pieces', (path, text) => writePieces(path, [text])],
  ['a whole file', (path, text) => writeThrough(path, async draft => writeFileSync(draft, text))],
]

describe.each(ways)('%s', (_, write) => {
  it('go between what is printed before and after, where a descriptor is open on a file', async () => {
    const file = join(folder, 'printed.txt')
    const fd = openSync(file, 'w')
    try {
      const {ino} = statSync(file)
      writeSync(fd, 'before\n')
      await write(`/dev/fd/${fd}`, 'output\n')
      writeSync(fd, 'after\n')
      expect(readFileSync(file, 'utf8')).toBe('before\noutput\nafter\n')
      expect(statSync(file).ino).toBe(ino)
    } finally {
      closeSync(fd)
    }
  })

  it('replace the file behind a link, and keep the link', async () => {
    const file = join(folder, 'file.txt')
    const link = join(folder, 'link.txt')
    writeFileSync(file, 'old')
    symlinkSync(file, link)
    await write(link, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
    writeFileSync(file, 'newer')
    expect(readFileSync(link, 'utf8')).toBe('newer')
  })

  it('are refused where a folder stands', async () => {
    await expect(write(folder, 'text')).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringMatching(/it is a folder/),
    })
  })
})
