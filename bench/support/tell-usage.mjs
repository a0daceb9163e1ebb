// Preloaded into a process that is measured: at its end it writes its processor time and its peak memory, start-up
// included, to BENCH_USAGE.
import {writeFileSync} from 'node:fs'

process.on('exit', () => {
  const {user, system} = process.cpuUsage()
  writeFileSync(
    process.env.BENCH_USAGE,
    JSON.stringify({cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024}),
  )
})
