// Which answer counts where a sample has several.
import {sha256} from '../core/hash.js'
import {badFile, type PeerAnswer} from './peer.js'

/**
 * One answer for each sample, repeat, benchmark and model. Equal answers count once. An error counts only where there
 * is no answer. Answers are yielded as they are read, errors at the end. Memory holds a hash of each answer.
 * Throws `bad-file` naming both places of two answers that differ.
 */
export async function* settled<Answer extends PeerAnswer>(answers: AsyncIterable<Answer>): AsyncGenerator<Answer> {
  const seen = new Map<string, {where: string; said: string; peer: number | null}>()
  const errors = new Map<string, Answer>()
  for await (const answer of answers) {
    const {bench, model, arm, id, repeat = 0, text, stop, error, peer, where} = answer
    const key = JSON.stringify([bench, model, arm, id, repeat])
    if (error !== undefined || stop === 'error') {
      if (!seen.has(key) && !errors.has(key)) errors.set(key, answer)
      continue
    }
    errors.delete(key)
    const said = sha256(`${stop} ${text}`)
    const before = seen.get(key)
    if (before === undefined) {
      seen.set(key, {where, said, peer})
      yield answer
    } else if (before.said !== said || (before.peer !== null && peer !== null && before.peer !== peer))
      throw badFile(
        `${where.replace(/,$/, '')} and ${before.where.replace(/,$/, '')}`,
        `are two ${before.said === said ? 'scores' : 'answers'} for one sample, ${id}${repeat > 0 ? `, repeat ${repeat}` : ''}`,
        'Keep one of them, or give the files one at a time.',
      )
  }
  yield* errors.values()
}
