// A request that cannot be served, in the form of OpenAI's errors.

/** A status and a sentence for the client. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The field of the body that is wrong. */
    readonly param: string | null = null,
    readonly code: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }
}

/** For what comes too late. */
export function stoppingRefusal(): Refusal {
  return new Refusal(503, 'The server is stopping.', null, null, {connection: 'close'})
}

/** The body of an error, as OpenAI's clients read it. */
export function errorBody({status, message, param, code}: Refusal) {
  const types: Readonly<Record<number, string>> = {401: 'authentication_error', 429: 'rate_limit_error'}
  const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error')
  return {error: {message, type, param, code}}
}
