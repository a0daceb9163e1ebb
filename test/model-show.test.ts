// `model show` of every small checkpoint at hand says what issue writers ask for: architecture, method, what was
// recognised by what, what is assumed, memory, recipe and tokens of a picture, within the terminal's width.
import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {cli, root} from './support/cli.js'

const folders = ['fixtures/goldens', 'fixtures/goldens-2']
  .map(folder => join(root, folder, 'checkpoints'))
  .concat(
    ['goldens', 'goldens-2'].map(name =>
      fileURLToPath(new URL(`../../shared/data/${name}/checkpoints`, import.meta.url)),
    ),
  )
  .filter(folder => existsSync(folder))
const checkpoints = new Map(
  folders.flatMap(folder => readdirSync(folder).map(name => [name, join(folder, name)] as const)),
)

const names: Readonly<Record<string, string>> = {
  qwen2_5_vl: 'Qwen2.5-VL',
  qwen2_vl: 'Qwen2-VL',
  qwen3_vl: 'Qwen3-VL',
}

test.each([...checkpoints])('of %s', async (_name, folder) => {
  const [json, narrow, wide] = await Promise.all([
    cli(['model', 'show', folder, '--json']),
    cli(['model', 'show', folder], {env: {COLUMNS: '80'}}),
    cli(['model', 'show', folder], {env: {COLUMNS: '120'}}),
  ])
  const shown = JSON.parse(json.stdout)
  expect(shown.architectureName).toBe(names[shown.architecture])
  expect(shown.latent).toMatchObject({protocol: expect.any(String), recognisedBy: 'config.json'})
  expect(shown.recipe).toMatchObject({name: expect.any(String), by: `the method ${shown.latent.protocol}`})
  expect(Object.keys(shown.memoryMbBy)).toEqual(['fp32', 'fp16', 'q8', 'q4'])
  expect(shown.image.tokensPerMegapixel).toBeGreaterThan(0)
  for (const [{stdout}, width] of [
    [narrow, 80],
    [wide, 120],
  ] as const) {
    const lines = stdout.trimEnd().split('\n')
    expect(lines.filter(line => line.length > width)).toEqual([])
    const text = lines.map(line => line.trim()).join(' ')
    for (const part of [
      `${shown.architectureName}, `,
      `type      ${shown.architecture}, the model_type in config.json`,
      `latents   ${shown.latent.protocol}, ${shown.latent.size} per block`,
      `recipe    ${shown.recipe.name}, by the method`,
      `${shown.image.tokensPerMegapixel} tokens for 1000 x 1000 pixels`,
      `memory    fp32 ${shown.memoryMb} MB`,
      ...shown.assumed,
    ])
      expect(text).toContain(part)
  }
})
