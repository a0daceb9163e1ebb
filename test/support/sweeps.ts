// What tests of sweeps share: the records of a merged run, and the folder of a sweep.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'

/** The merged records of one run without their times, in one order. */
export async function mergedRecords(dir: string, run: string): Promise<string[]> {
  const text = await readFile(join(dir, 'runs', run, 'log.jsonl'), 'utf8')
  const lines = text.split('\n').filter(line => line !== '')
  return lines
    .map(line => {
      const {timing: _timing, time: _time, startedAt: _started, finishedAt: _finished, ...rest} = JSON.parse(line)
      return JSON.stringify(rest)
    })
    .sort()
}
