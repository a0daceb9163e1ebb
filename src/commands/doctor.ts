// Is this machine ready? Prints what was checked, and how to fix what is missing.
import chalk from 'chalk'
import {BaseCommand} from '../cli/base-command.js'
import {checkMachine} from '../cli/machine-checks.js'
import {terminal} from '../cli/terminal.js'
import {exitCodes} from '../core/errors.js'
import {labelled} from '../reports/formats/layout.js'

const tints = {ok: chalk.green, note: chalk.yellow, failed: chalk.red}

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Is this machine ready? Node, onnxruntime, caches, disk, network, tokens.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<unknown> {
    const checks = await checkMachine(process.env)
    const {width} = terminal()
    const names = Math.max(...checks.map(check => check.name.length))
    const indent = ' '.repeat(names + 2)
    for (const {name, status, found, remedy} of checks) {
      // Marks are coloured after the lines are cut: escape codes have no width.
      const [first, ...rest] = labelled(`${name.padEnd(names)}  ${status}  `, found, width)
      this.log([first!.replace(`  ${status}  `, `  ${tints[status](status)}  `), ...rest].join('\n'))
      if (remedy !== null)
        this.log(labelled(`${indent}try `, remedy, width).join('\n').replace('try', chalk.dim('try')))
    }
    const exitCode = checks.some(check => check.status === 'failed') ? exitCodes.doctor : 0
    process.exitCode = exitCode
    return {checks, ok: exitCode === 0, exitCode, verdict: exitCode === 0 ? 'done' : 'infrastructure'}
  }
}
