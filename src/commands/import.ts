// Converts peers' outputs into a run of ours.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {thisMachine} from '../cli/bench-data.js'
import {neededOut, oneBench, ownMeanings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {terminal} from '../cli/terminal.js'
import {wrap} from '../reports/formats/layout.js'

export default class Import extends BaseCommand<typeof Import> {
  static override summary = 'Turn other harnesses’ outputs into a run of ours, our score beside theirs.'
  static override description =
    'Reads inspect .eval logs, lmms-eval samples_<task>.jsonl, VLMEvalKit XLSX, TSV or JSON (predictions or _result), BLINK’s saved outputs or predictions, and any JSONL, CSV, TSV, XLSX, parquet or JSON list with an id and an answer, or a score from 0 to 1, per sample; a column with the condition makes an arm of each. The columns used are reported. From a folder, every such file is read. Samples on which the two scores differ are marked "differs" in the log.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> logs/2026-08-22_blink.eval --out results/inspect-blink',
    '<%= config.bin %> <%= command.id %> logs/model/*_samples_blink_*.jsonl --out results/lmms-blink',
    '<%= config.bin %> <%= command.id %> outputs/Qwen2.5-VL-7B --out results/vlmevalkit',
    '<%= config.bin %> <%= command.id %> answers.csv --bench mybench --model my-model --out results/mine',
    '<%= config.bin %> <%= command.id %> saved_outputs/GPT4o --out results/gpt4o --extractor-panel',
  ]
  static override strict = false
  static override args = {file: Args.string({required: true, description: 'Files or folders of peers, any number.'})}
  static override flags = flagsOf({
    out: neededOut('Run folder to write.'),
    bench: oneBench('Benchmark, where the files name it otherwise or not at all.'),
    model: ownMeanings.peerModel,
    mode: ownMeanings.peerMode,
    ...pick(settings, 'split', 'data', 'extractor', 'extractor-panel'),
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
      data: data ?? {},
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
    const {formatNamed} = await import('../reports/formats/index.js')
    this.log(formatNamed('terminal').render(document, terminal()))
    const per = (score: number | null) => (score === null ? '-' : (100 * score).toFixed(1))
    const told = `${samples} samples in ${runDir}; over ${imported.bothScored} scored by both: the peer ${per(imported.peerScore)}, ours ${per(imported.ourScore)}.`
    this.log(wrap(told, terminal().width).join('\n'))
    for (const warning of warnings) this.tell('warn', warning)
    return {...document, warnings: [...document.warnings, ...warnings], imported}
  }
}
