// What a recipe sends, for `recipe show`: the request of each benchmark, with names in place of the sample's own texts.
import {loadBenchmark} from '../benchmarks/index.js'
import type {Mode} from '../core/generation.js'
import {defaultPromptStyle, type PromptStyle} from '../core/prompt-form.js'
import {letterOf, type Sample} from '../core/sample.js'
import {askedForm, buildPrompt} from '../modes/prompts.js'
import {protocolNamed} from '../modes/protocols.js'
import {type OpenRecipe, recipeSettings} from './recipes.js'
import {looksLikePath} from './settings/asked.js'

/** One request, as the model's chat template receives it. */
export interface ShownRequest {
  readonly bench: string
  /** Where an open benchmark has questions of both kinds. */
  readonly question?: 'open' | 'with options'
  /** Null: none, or the template's own. */
  readonly system: string | null
  /** The user's turn: `[picture]` for each picture, and texts with `{question}`, `{option 1}`, `{prompt}`. */
  readonly user: readonly string[]
  readonly stop?: readonly string[]
  /** What the protocol deletes from the rendered prompt, and the texts and latents that it appends. */
  readonly deleted?: readonly string[]
  readonly appended?: string
}

const picture = {source: '[picture]', orientation: 'ignore', bytes: async () => new Uint8Array()} as const

/**
 * The first request of a recipe for each of its benchmarks. `{prompt}` is the text that a benchmark's data carry.
 * Throws like `recipeSettings`.
 */
export async function requestsOf(opened: OpenRecipe): Promise<readonly ShownRequest[]> {
  const ofEach = Object.entries(opened.recipe.benchmarks).map(async ([bench, {subtasks}]) => {
    const [benchmark, settings] = await Promise.all([loadBenchmark(bench), recipeSettings(opened, [bench])])
    const given = <T>(name: string) => settings.get(name) as T | undefined
    const [mode = 'direct'] = given<readonly Mode[]>('mode') ?? []
    const [system, stop] = [given<string>('system'), given<readonly string[]>('stop')]
    const own = {...(system !== undefined && {system}), ...(stop !== undefined && {stop})}
    // A row of pictures is one picture here.
    const {join: _row, ...form} = askedForm(benchmark, given<PromptStyle>('prompt-style') ?? defaultPromptStyle, own)
    const protocol = mode === 'latent' ? given<string>('protocol') : undefined
    // An open benchmark may have items with options, which are asked differently.
    const kinds = form.choices === undefined ? [undefined] : (['open', 'with options'] as const)
    return kinds.map(kind => {
      const prompt = buildPrompt(example(bench, subtasks?.[0] ?? '', kind !== 'open'), mode, form)
      return {
        bench,
        ...(kind && {question: kind}),
        system: prompt.system,
        user: prompt.parts.map(part => (part.type === 'image' ? part.image.source : part.text)),
        ...(form.stop !== undefined && {stop: form.stop}),
        ...(protocol !== undefined && !looksLikePath.test(protocol) && edits(protocol)),
      }
    })
  })
  return (await Promise.all(ofEach)).flat()
}

function example(benchmark: string, subtask: string, withOptions: boolean): Sample {
  const options = ['{option 1}', '{option 2}']
  return {
    id: '{id}',
    benchmark,
    subtask,
    images: [picture],
    question: '{question}',
    officialPrompt: '{prompt}',
    ...(withOptions && {options, letters: options.map((_, index) => letterOf(index))}),
    gold: null,
  }
}

/** What a protocol does to the rendered prompt. */
function edits(name: string): Pick<ShownRequest, 'deleted' | 'appended'> {
  const {deletedFromPrompt, discretePrefix, prefixLatents, tokens} = protocolNamed(name)
  const texts = discretePrefix.map(({text, times = 1}) => {
    const filled = text.replace(
      /\{(start|pad|end)\}/g,
      (place, role: 'start' | 'pad' | 'end') => tokens?.[role] ?? place,
    )
    return times === 1 ? filled : `${filled} (${times} times) `
  })
  const latents = prefixLatents > 0 ? [`[${prefixLatents} latents]`] : []
  const appended = [...texts, ...latents].join('')
  return {
    ...(deletedFromPrompt.length > 0 && {deleted: deletedFromPrompt}),
    ...(appended !== '' && {appended}),
  }
}
