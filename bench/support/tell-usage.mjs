// Preloaded into a measured process. At exit, writes the process's CPU seconds and peak memory in MB, start-up
// included, to BENCH_USAGE.
import {writeFileSync} from 'node:fs'

process.on('exit', () => {
  const {user, system} = process.cpuUsage()
  writeFileSync(
    process.env.BENCH_USAGE,
    JSON.stringify({cpu: (user + system) / 1e6, rssMb: process.resourceUsage().maxRSS / 1024}),
  )
})
