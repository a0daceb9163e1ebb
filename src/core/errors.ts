// The one error class of the project and the table of exit codes. Not for control flow inside a module.

/** The kinds of error, as words that scripts can match, and the exit code of each. */
export const exitCodes = {
  'gate-failed': 1,
  usage: 2,
  'bad-config': 2,
  'bad-file': 2,
  'bad-checkpoint': 2,
  unsupported: 2,
  inconclusive: 3,
  'data-absent': 4,
  endpoint: 4,
  'error-rate': 4,
  'budget-reached': 4,
  'nothing-evaluated': 4,
  'incomplete-merge': 4,
  device: 4,
  doctor: 4,
  disk: 4,
  'hold-lost': 4,
  provenance: 5,
  bug: 20,
  interrupted: 130,
} as const

export type ErrorCode = keyof typeof exitCodes

/** An error the user can act on: a code, a sentence that says what happened and why, and a suggestion of what to do. */
export class LanternError extends Error {
  /** A plug-in may throw the class of another copy of this package, so it is recognised by its name and code. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const {name, code} = value as Partial<LanternError>
    return name === 'LanternError' && typeof code === 'string' && Object.hasOwn(exitCodes, code)
  }

  override readonly name = 'LanternError'
  readonly code: ErrorCode
  readonly suggestion: string | undefined

  constructor(code: ErrorCode, message: string, suggestion?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.suggestion = suggestion
  }

  /** The process exit code of this error (design/contract.md, "Exit codes"). */
  get exitCode(): number {
    return exitCodes[this.code]
  }
}

/** The message of anything thrown. Node's own errors may come from another realm, where `instanceof Error` fails. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message)
  return String(thrown)
}

/** The `code` of a Node system error (`ENOENT`, `EEXIST`, ...), or undefined. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string')
    return thrown.code
  return undefined
}
