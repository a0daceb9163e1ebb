// The words of a prompt, as the run asked them: built again from the sample and the lock, and only where the hash of
// the form in the lock says that it is the same one.
import {loadBenchmark} from '../../benchmarks/index.js'
import type {Mode} from '../../core/generation.js'
import {promptStyles} from '../../core/prompt-form.js'
import type {Sample} from '../../core/sample.js'
import {askedForm, buildPrompt, promptsSha256} from '../../modes/prompts.js'
import type {Lock} from '../../run-folder/lock.js'

/**
 * The prompt of a sample in a mode; pictures are named by their place. Null where it cannot be known: the mode `crop`,
 * whose requests follow from answers, a template or a style that is not at hand, imported answers.
 */
export async function askedText(lock: Lock, bench: string, mode: Mode, sample: Sample): Promise<string | null> {
  const locked = lock.benchmarks.find(({id}) => id === bench)
  const style = promptStyles.find(one => one === lock.prompts.style)
  if (locked === undefined || style === undefined || mode === 'crop') return null
  const {system, stop, promptsSha256: hash} = locked
  try {
    const form = askedForm(await loadBenchmark(bench), style, {system, stop})
    if (promptsSha256(form) !== hash) return null
    const prompt = buildPrompt(sample, mode, form)
    let pictures = 0
    const parts = prompt.parts.map(part => (part.type === 'text' ? part.text : `[picture ${++pictures}]`))
    return [...(prompt.system === null ? [] : [`[system] ${prompt.system}`]), ...parts].join('\n')
  } catch {
    // A prompt that cannot be built is not shown; the answers beside it are.
    return null
  }
}
