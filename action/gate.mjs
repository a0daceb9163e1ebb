// The last step: the job ends as the evaluation did, after everything is published.
import {pathToFileURL} from 'node:url'
import {failure} from './github.mjs'

const meanings = {
  1: 'The gate failed: a loss beyond the margin is shown.',
  3: 'The gate is undecided: the samples cannot rule out a loss of the margin. More samples or a wider margin decide it; on-inconclusive: pass accepts it.',
  5: 'The baseline is not comparable: it has other benchmarks, samples, prompts or settings, as the log says. The next run on the base branch makes a new one; base-branch: "" evaluates without.',
}

/** The exit code of the step. A run that did not say how it ended has failed. */
export function main(env = process.env) {
  const given = env.LANTERN_EXIT_CODE ?? ''
  const code = /^\d+$/.test(given) ? Number(given) : 1
  if (code !== 0)
    failure(
      given === ''
        ? 'The evaluation did not finish.'
        : (meanings[code] ?? `lantern-eval ended with exit code ${code}.`),
    )
  return code
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main()
