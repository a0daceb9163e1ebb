// Preloaded into a measured process. At exit, writes the process's CPU time and peak memory, start-up included, to
// BENCH_USAGE.
import {writeFileSync} from 'node:fs'

process.on('exit', () => {
  const {user, system} = process.cpuUsage()
  writeFileSync(
    process.env.BENCH_USAGE,
    JSON.stringify({cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024}),
  )
})
