// The register of latent protocols: the published ones, those of plug-ins, and a user's YAML file.
import {LanternError} from '../core/errors.js'
import {Register} from '../core/register.js'
import {publishedMethods} from './methods.js'
import {defineProtocol, type Protocol, type ProtocolDefinition} from './protocol.js'

const register = new Register<Protocol>('latent protocol', publishedMethods.map(defineProtocol))

/** Names of all registered protocols. */
export function protocolNames(): readonly string[] {
  return register.names()
}

/** Adds a protocol. Throws `bad-config` if it is incomplete or its name is taken. */
export function registerProtocol(protocol: ProtocolDefinition): void {
  const definition = defineProtocol(protocol)
  if (Object.hasOwn(unsupportedProtocols, definition.name))
    throw new LanternError(
      'bad-config',
      `The protocol "${definition.name}" would carry the name of a method that is refused here.`,
      'Give it a name of its own.',
    )
  register.add(definition)
}

/** Methods that are refused, and why. An approximation would carry their name without following their rules. */
export const unsupportedProtocols: Readonly<Record<string, string>> = {
  'ivt-lr':
    'each of its steps inserts the image patches with the highest attention, and the graphs here give no attention maps',
  'latent-sketchpad':
    'its latents come from a regression head with a perceiver, which is not part of a Qwen2.5-VL checkpoint',
  livr: 'its latents are learned prompt tokens and nothing is fed back',
  coconut: 'it is a text-only method whose latents are appended to the prompt',
}

/**
 * The rules of a method, by its name on the command line. Throws `unsupported` for methods that cannot be run and
 * `usage` for unknown names.
 */
export function protocolNamed(name: string): Protocol {
  const reason = Object.hasOwn(unsupportedProtocols, name) ? unsupportedProtocols[name] : undefined
  if (reason)
    throw new LanternError(
      'unsupported',
      `The latent protocol ${name} is not supported: ${reason}.`,
      `Supported: ${protocolNames().join(', ')}.`,
    )
  return register.get(name)
}
