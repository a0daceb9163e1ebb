// Bring peers' outputs into a run of ours.
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {thisMachine} from '../cli/bench-data.js'
import {dataFlag, dataFolders, withVariables} from '../cli/flags.js'
import {terminal} from '../cli/terminal.js'
import {modes} from '../core/generation.js'
import {defaultExtractor, extractorNames} from '../metrics/extraction/index.js'

export default class Import extends BaseCommand<typeof Import> {
  static override summary = 'Turn other harnesses’ outputs into a run of ours, our score beside theirs.'
  static override description =
    'Reads inspect .eval logs, lmms-eval samples_<task>.jsonl, VLMEvalKit XLSX, TSV or JSON (predictions or _result), BLINK’s saved outputs or predictions, and any JSONL, CSV, TSV or XLSX with an id and an answer a sample; what was taken for what is told. A folder gives every file in it that is one of these. Samples on which the two scores are not the same are marked "differs" in the log.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> logs/2026-08-22_blink.eval --out results/inspect-blink',
    '<%= config.bin %> <%= command.id %> logs/model/*_samples_blink_*.jsonl --out results/lmms-blink',
    '<%= config.bin %> <%= command.id %> outputs/Qwen2.5-VL-7B --out results/vlmevalkit',
    '<%= config.bin %> <%= command.id %> answers.csv --bench mybench --model my-model --out results/mine',
    '<%= config.bin %> <%= command.id %> saved_outputs/GPT4o --out results/gpt4o --extractor-panel',
  ]
  static override strict = false
  static override args = {file: Args.string({required: true, description: 'Files or folders of peers, any number.'})}
  static override flags = withVariables({
    out: Flags.string({required: true, summary: 'The run folder to write.', helpValue: 'DIR'}),
    bench: Flags.string({summary: 'Benchmark, where the files name it otherwise or not at all.', helpValue: 'ID'}),
    model: Flags.string({summary: 'Name of the model, where the files do not say it.', helpValue: 'NAME'}),
    mode: Flags.option({options: modes})({
      summary: 'How the peer asked the model; files do not say.',
      default: 'direct' as const,
    }),
    split: Flags.string({
      summary: 'Split of the samples; the default is the benchmark’s usual one.',
      helpValue: 'NAME',
    }),
    data: dataFlag,
    extractor: Flags.string({
      summary: 'Extractor of our score.',
      options: extractorNames,
      default: defaultExtractor,
      helpValue: 'NAME',
    }),
    'extractor-panel': Flags.boolean({summary: 'Show the range over all extractors.'}),
  })

  async run(): Promise<unknown> {
    const {out, bench, model, mode, split, data, extractor, 'extractor-panel': panel} = this.flags
    const {importRun} = await import('../evaluation/import/index.js')
    const imported = await importRun({
      paths: this.operands,
      out,
      extractor,
      bench,
      model,
      mode,
      split,
      data: dataFolders(data),
      machine: thisMachine(),
    })
    const {runDir, samples, errors, warnings} = imported
    const {publishRun} = await import('../reports/publish.js')
    const end = {
      runDir,
      total: samples,
      settled: samples - errors,
      errors,
      verdict: 'done',
      exitCode: 0,
      reason: null,
    } as const
    const document = await publishRun(end, {outputs: [], panel})
    const {formats} = await import('../reports/formats/index.js')
    this.log(formats.terminal.render(document, terminal()))
    const per = (score: number | null) => (score === null ? '-' : (100 * score).toFixed(1))
    this.log(
      `${samples} samples in ${runDir}; over ${imported.bothScored} scored by both: the peer ${per(imported.peerScore)}, ours ${per(imported.ourScore)}.`,
    )
    for (const warning of warnings) this.tell('warn', warning)
    return {...document, warnings: [...document.warnings, ...warnings], imported}
  }
}
