import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import Import from '../src/commands/import.js'

const root = fileURLToPath(new URL('..', import.meta.url))

it('import prints the table, how much of the score depends on extraction, and what differs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lantern-import-'))
  try {
    const {stdout} = await captureOutput(async () =>
      Import.run([join(root, 'fixtures/import/inspect.eval'), '--out', join(folder, 'run'), '--json'], root),
    )
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({
      ...{
        exitCode: 0,
        verdict: 'done',
        rows: [{bench: 'blink', score: 0.5, n: 3, peer: {score: expect.closeTo(1 / 6), ours: 0.5, n: 3, differ: 1}}],
      },
      imported: {samples: 5, errors: 1, differences: 2, formats: ['inspect']},
    })
    expect(document.rows[0].notes).toContain("the peer's own score 16.7%, ours 50.0% on the same 3; 1 differ")
    expect(document.warnings.join(' ')).toContain('On 2 of 5 samples')
  } finally {
    await rm(folder, {recursive: true})
  }
})
