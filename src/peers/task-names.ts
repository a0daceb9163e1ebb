// Which benchmark of ours a peer's task or data set is, by the names that the adapters declare.
import {benchmarkAliases} from '../benchmarks/index.js'

type Aliases = Readonly<Record<string, readonly string[]>>

const plain = (name: string) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/**
 * The benchmark that a name contains, or undefined: `VStarBench` and `v_star` are both V*. If a name contains several
 * aliases, the longest counts.
 */
export async function knownBench(task: string, aliases?: Aliases): Promise<string | undefined> {
  const name = plain(task)
  const found = Object.entries(aliases ?? (await benchmarkAliases()))
    .flatMap(([bench, names]) => names.map(alias => ({bench, alias: plain(alias)})))
    .filter(({alias}) => alias !== '' && name.includes(alias))
    .sort((a, b) => b.alias.length - a.alias.length)
  return found[0]?.bench
}

/** Our id of the benchmark that a peer's task or data set name means; else the name itself. */
export async function benchOf(task: string, aliases?: Aliases): Promise<string> {
  return (await knownBench(task, aliases)) ?? task.replace(/[^\w.-]+/g, '_')
}
