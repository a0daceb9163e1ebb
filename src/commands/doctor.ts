// Is this machine ready? Prints what was looked at, and the remedy for what is missing.
import chalk from 'chalk'
import {BaseCommand} from '../cli/base-command.js'
import {checkMachine} from '../cli/machine-checks.js'

const marks = {ok: chalk.green('ok'), note: chalk.yellow('note'), failed: chalk.red('failed')}

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Is this machine ready? Node, onnxruntime, caches, disk, network, tokens.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<unknown> {
    const checks = await checkMachine(process.env)
    const width = Math.max(...checks.map(check => check.name.length))
    for (const {name, status, found, remedy} of checks) {
      this.log(`${name.padEnd(width)}  ${marks[status]}  ${found}`)
      if (remedy !== null) this.log(`${' '.repeat(width)}  ${chalk.dim('try')} ${remedy}`)
    }
    const exitCode = checks.some(check => check.status === 'failed') ? 4 : 0
    process.exitCode = exitCode
    return {checks, ok: exitCode === 0, exitCode, verdict: exitCode === 0 ? 'done' : 'infrastructure'}
  }
}
