// `bench init`: writes the definition that was recognised in a data file, and shows samples as a model would be asked.
import {existsSync} from 'node:fs'
import {basename} from 'node:path'
import {Args} from '@oclif/core'
import type {DataSet} from '../../benchmarks/benchmark.js'
import {benchmarkIds} from '../../benchmarks/index.js'
import {BaseCommand} from '../../cli/base-command.js'
import {openBench} from '../../cli/bench-data.js'
import {openedBenchmark} from '../../cli/own-benchmarks.js'
import {ownMeanings} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {LanternError} from '../../core/errors.js'
import type {Sample} from '../../core/sample.js'

/** Samples that are shown: the first, the middle and the last. */
const shown = 3

export default class BenchInit extends BaseCommand<typeof BenchInit> {
  static override summary = 'Write a definition of your own data, and show how a model would be asked.'
  static override description =
    'Columns are recognised by their usual names; the file says what was taken for what, and may be changed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> items.jsonl --out mybench.yaml',
    '<%= config.bin %> run --bench ./mybench.yaml --model openai:NAME --limit 20',
  ]
  static override args = {
    file: Args.string({description: 'Data: .jsonl, .json, .csv, .tsv or .parquet.', required: true}),
  }
  static override flags = flagsOf({
    out: ownMeanings.definitionOut,
    id: ownMeanings.newId,
    force: ownMeanings.force,
    ...pick(settings, 'image-root'),
  })

  async run() {
    const {out, force} = this.flags
    if (!/\.ya?ml$/i.test(out)) throw new LanternError('usage', `${out} is no .yaml file.`, 'Give --out mybench.yaml.')
    if (existsSync(out) && !force)
      throw new LanternError('usage', `${out} is there already.`, 'Give another --out, or replace it with --force.')
    const id = this.flags.id ?? idFrom(basename(out))
    if (benchmarkIds().includes(id))
      throw new LanternError('usage', `There is a benchmark "${id}" already.`, 'Give yours another id with --id.')
    const {draftDefinition} = await import('../../benchmarks/definition/draft.js')
    const {writeText} = await import('../../reports/publish.js')
    const text = await draftDefinition(id, this.args.file, out)
    await writeText(out, text)
    this.log(text)
    const data = await openBench(await openedBenchmark(out), this.flags)
    for (const note of data.notes) this.tell('info', note)
    const samples = await this.show(data)
    this.log(`Written to ${out}. Next: lantern-eval bench verify ${out}`)
    return {out, id, samples, notes: data.notes}
  }

  private async show(data: DataSet) {
    const {askedForm, buildPrompt} = await import('../../modes/prompts.js')
    const form = askedForm(data.benchmark, 'lantern-eval')
    const documents = []
    for (const sample of await this.some(data)) {
      const {parts} = buildPrompt(sample, 'direct', form)
      const prompt = parts.map(part => (part.type === 'text' ? part.text : `[picture ${part.image.source}]`)).join('\n')
      this.log(`--- ${sample.id} (${sample.subtask})\n${prompt}`)
      this.log(`--- right: ${sample.gold === null ? 'hidden' : [sample.gold].flat().join(' | ')}\n`)
      documents.push({id: sample.id, subtask: sample.subtask, prompt, gold: sample.gold})
    }
    return documents
  }

  /** Samples from all over the data. What cannot be used is told, and the others are shown. */
  private async some(data: DataSet): Promise<Sample[]> {
    const ids: string[] = []
    const read = async (only: ReadonlySet<string> | undefined, take: (sample: Sample) => void) => {
      try {
        for await (const sample of data.samples(only)) take(sample)
      } catch (error) {
        if (!(error instanceof LanternError)) throw error
        if (only === undefined) this.tell('warn', `${error.message} ${error.suggestion}`)
      }
    }
    await read(undefined, ({id}) => ids.push(id))
    const places = Array.from({length: shown}, (_, index) => ids[Math.round((index * (ids.length - 1)) / (shown - 1))])
    const samples: Sample[] = []
    await read(new Set(places.filter(id => id !== undefined)), sample => samples.push(sample))
    return samples.slice(0, shown)
  }
}

/** `My Bench.yaml` -> `my-bench`. */
function idFrom(name: string): string {
  const id = name
    .replace(/\.ya?ml$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  if (id !== '') return id
  throw new LanternError('usage', `The name ${name} makes no id.`, 'Give one with --id mybench.')
}
