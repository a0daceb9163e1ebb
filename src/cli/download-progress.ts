// Shows a download on stderr: what is fetched, what is tried again, and how far it is (byte-progress.ts).
import chalk from 'chalk'
import type {DownloadEvent} from '../hub/download-files.js'
import {byteProgress, type ProgressStream, size} from './byte-progress.js'

/** A consumer of the events of one download; `now` in milliseconds. */
export function downloadProgress(
  stream: ProgressStream,
  title: string,
  now: () => number = Date.now,
): (event: DownloadEvent) => void {
  const live = stream.isTTY === true
  const show = byteProgress(stream, live, now)
  return event => {
    switch (event.type) {
      case 'plan':
        stream.write(
          `${title}  ${event.files} files, ${size(event.bytes)}${event.present > 0 ? `, ${size(event.present)} here already` : ''}\n`,
        )
        return show(title, {done: event.present, total: event.bytes})
      case 'retry':
        stream.write(`${live ? '\r\u001B[2K' : ''}${chalk.yellow('retry')} ${event.file}: ${event.reason}\n`)
        return
      case 'progress':
        show(title, event)
    }
  }
}
