// oclif's hook for a command that does not exist: exit 2 with the nearest name, as for every other misuse
// (design/contract.md, "Exit codes").
import type {Hook} from '@oclif/core'
import {closest} from '../core/closest.js'
import {LanternError} from '../core/errors.js'
import {jsonAsked} from './settings/resolve.js'
import {errorDocument, errorLines} from './tell-error.js'
import {honourNoColor} from './terminal.js'
import {tooMany} from './usage-error.js'

const hook: Hook.CommandNotFound = async function ({config, id, argv = []}) {
  const ids = config.commands.filter(command => !command.hidden).map(command => command.id)
  // oclif joins what it cannot place into the id: `docto --x` arrives as `docto`, `bench lst` as `bench:lst`.
  const typed = id.replaceAll(':', ' ')
  // `bench vrify hops` is one id here, so as many of its words are compared as a command has.
  const near = [2, 1]
    .map(count => {
      const sized = ids.filter(one => one.split(':').length === count)
      return closest(id.split(':').slice(0, count).join(':'), sized)
    })
    .find(one => one !== undefined)
    ?.replaceAll(':', ' ')
  // For a command without arguments, oclif takes what follows as a part of its name: `run extra` arrives as
  // `run:extra`.
  const command = ids.find(one => id.startsWith(`${one}:`))
  const topic = config.findTopic(id.split(':')[0]!)?.name
  const list = `\`lantern-eval ${topic === undefined ? '' : `${topic} `}--help\` lists the commands.`
  const error =
    command === undefined
      ? new LanternError(
          'usage',
          typed.startsWith('-')
            ? `${typed} is not a command; flags come after the command.`
            : `There is no command "${typed}".`,
          near === undefined ? list : `Did you mean \`lantern-eval ${near}\`? ${list}`,
        )
      : tooMany(command.replaceAll(':', ' '), typed.slice(command.length + 1))
  honourNoColor(process.env)
  if (jsonAsked(argv, process.env)) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`)
  else process.stderr.write(errorLines(error, false))
  this.exit(error.exitCode)
}

export default hook
