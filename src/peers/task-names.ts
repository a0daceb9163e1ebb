// Which benchmark of ours a peer's task or data set stands for.

/** What peers call our benchmarks, without case and signs: `VStarBench` and `v_star` are both `vstar...`. */
const taskNames: Readonly<Record<string, readonly string[]>> = {
  blink: ['blink'],
  vstar: ['vstar'],
  viscot: ['viscot', 'visualcot'],
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** The benchmark of which a name says so, or undefined; of several aliases in a name the longest counts. */
export function knownBench(
  task: string,
  aliases: Readonly<Record<string, readonly string[]>> = taskNames,
): string | undefined {
  const name = plain(task)
  const found = Object.entries(aliases)
    .flatMap(([bench, names]) => names.map(alias => ({bench, alias: plain(alias)})))
    .filter(({alias}) => alias !== '' && name.includes(alias))
    .sort((a, b) => b.alias.length - a.alias.length)
  return found[0]?.bench
}

/** Our id of the benchmark that a peer's task or data set name stands for; else the name itself. */
export function benchOf(task: string, aliases?: Readonly<Record<string, readonly string[]>>): string {
  return knownBench(task, aliases) ?? task.replace(/[^\w.-]+/g, '_')
}
