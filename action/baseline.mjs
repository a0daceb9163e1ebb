// Fetches the run to compare with: the artifact of the newest successful run of this workflow on the base branch.
// Without one the evaluation goes on ungated, and says so.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {ApiError, notice, output, pages, request} from './github.mjs'

/** How many runs are looked at before it is given up. */
const most = 20

/** Sets the output `run`: the folder of the baseline, or nothing. */
export async function main(env = process.env) {
  const given = env.LANTERN_BASELINE ?? ''
  if (given !== '') return output('run', given, env)
  const branch = env.LANTERN_BASE_BRANCH ?? ''
  if (branch === '') {
    notice('There is no base branch, so there is nothing to compare with.')
    return output('run', '', env)
  }
  let folder = ''
  try {
    folder = await fetchBaseline(branch, env)
  } catch (error) {
    if (!(error instanceof ApiError) || ![401, 403, 404, 410].includes(error.status)) throw error
    notice(
      `The baseline cannot be read (${error.message} The job needs the permission "actions: read"), so there is no gate.`,
    )
  }
  output('run', folder, env)
}

async function fetchBaseline(branch, env) {
  const repo = env.GITHUB_REPOSITORY
  const workflow = workflowFile(env)
  const name = env.LANTERN_ARTIFACT
  const query = new URLSearchParams({branch, status: 'success', exclude_pull_requests: 'true'})
  let seen = 0
  for await (const run of pages(`/repos/${repo}/actions/workflows/${encodeURIComponent(workflow)}/runs?${query}`, {
    pick: answer => answer.workflow_runs,
    env,
  })) {
    // A pull request from a fork may call its branch as ours: only runs of this repository are a baseline.
    if (run.head_repository?.full_name !== repo || run.event === 'pull_request') continue
    if (++seen > most) break
    const {artifacts} = await (
      await request(`/repos/${repo}/actions/runs/${run.id}/artifacts?name=${encodeURIComponent(name)}`, {env})
    ).json()
    const artifact = artifacts.find(one => one.name === name && !one.expired)
    if (artifact === undefined) continue
    const folder = await unpacked(
      await (await request(`/repos/${repo}/actions/artifacts/${artifact.id}/zip`, {env})).arrayBuffer(),
      env,
    )
    const found = [join(folder, 'run'), folder].find(place => existsSync(join(place, 'lock.json')))
    if (found === undefined) continue
    notice(`The baseline is the run of ${branch} at ${String(run.head_sha).slice(0, 12)}.`)
    return found
  }
  notice(`No run of ${branch} has left the artifact ${name} yet, so there is no gate.`)
  return ''
}

/** `owner/name/.github/workflows/evaluate.yml@refs/heads/main` -> `evaluate.yml`. */
function workflowFile({GITHUB_WORKFLOW_REF: ref = ''}) {
  return ref.split('@')[0].split('/').at(-1)
}

async function unpacked(bytes, env) {
  const folder = resolve(env.RUNNER_TEMP, 'lantern-eval-baseline')
  rmSync(folder, {recursive: true, force: true})
  mkdirSync(folder, {recursive: true})
  const archive = `${folder}.zip`
  writeFileSync(archive, Buffer.from(bytes))
  // Every runner has one of them; tar of macOS and Windows reads zip files.
  const [command, ...args] =
    process.platform === 'linux'
      ? ['unzip', '-q', '-o', archive, '-d', folder]
      : [systemTar(env), '-xf', archive, '-C', folder]
  execFileSync(command, args, {stdio: ['ignore', 'ignore', 'inherit']})
  rmSync(archive)
  return folder
}

/** On Windows the steps run in Git's bash, whose own tar comes first and reads no zip files. */
function systemTar({SystemRoot: root}) {
  return process.platform === 'win32' ? join(root ?? 'C:\\Windows', 'System32', 'tar.exe') : 'tar'
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
