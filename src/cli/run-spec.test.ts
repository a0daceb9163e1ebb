import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type RunValues, toSpec} from './run-spec.js'
import {labelAndRef} from './settings/asked.js'

it.each([
  ['LanteRn 3B=./checkpoint', 'LanteRn 3B', './checkpoint'],
  ['gpt=openai:gpt-4o', 'gpt', 'openai:gpt-4o'],
  ['a=b=c', 'a', 'b=c'],
  ['./runs/k=8', undefined, './runs/k=8'],
  ['replay:k=8.jsonl', undefined, 'replay:k=8.jsonl'],
  ['replay:run#m|latent=1', undefined, 'replay:run#m|latent=1'],
  ['hub:owner/name@v=1', undefined, 'hub:owner/name@v=1'],
  ['=x', undefined, '=x'],
  ['x=', undefined, 'x='],
])('%s is the label %s and the reference %s', (given, label, ref) => {
  expect(labelAndRef(given)).toEqual(label === undefined ? {ref} : {label, ref})
})

it('takes a path that exists for a reference, though it reads as a label', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'label-'))
  const before = process.cwd()
  try {
    process.chdir(folder)
    await writeFile('k=8', '')
    const values = {
      ...{model: ['k=8', 'k=9'], bench: ['vstar'], timeout: 1, options: {kind: 'file'}},
    } as unknown as RunValues
    expect((await toSpec(values, {})).models).toMatchObject([{ref: 'k=8'}, {label: 'k', ref: '9'}])
  } finally {
    process.chdir(before)
    await rm(folder, {recursive: true})
  }
})
