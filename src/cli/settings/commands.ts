// Settings of only one or two commands, and settings of `run` that have another meaning in some commands.
import {modes} from '../../core/generation.js'
import {outcomes} from '../../core/outcome.js'
import {diagnosisSuites} from '../../evaluation/suites.js'
import {cacheFolders} from '../../hub/cache-folders.js'
import {diagnosisVerdicts} from '../../metrics/diagnosis/result.js'
import {whatSettings} from './asked.js'
import {gateSettings, readMargin, resultSettings} from './judged.js'
import {anyText, choice, form, onOrOff, redisUrl, text, wholeNumber, written} from './kinds.js'
import {needed, one, several, withDefault} from './setting.js'

const results = {group: 'RESULTS'} as const
const folderNames = Object.keys(cacheFolders) as (keyof typeof cacheFolders)[]

/** The folder to write, required. The run folder in the configuration file is a different one. */
export const neededOut = (summary: string) => needed(resultSettings.out, summary)

/** `zeros=RUN#ARM`; undefined for anything else. */
function readNamedArm(given: string): {readonly condition: string; readonly run: string} | undefined {
  const at = given.indexOf('=')
  const [condition, run] = [given.slice(0, at).trim(), given.slice(at + 1).trim()]
  return at > 0 && /^[a-z0-9:-]+$/.test(condition) && run !== '' ? {condition, run} : undefined
}

/** The one benchmark of a command. */
export const oneBench = (summary: string) => one(whatSettings.bench.kind, summary, {notInFile: true})

export const commandSettings = {
  // inspect
  outcome: several(choice('OUTCOME', outcomes), 'Only these outcomes.'),
  subtask: several(text('NAME'), 'Only these subtasks.'),
  arm: one(text('ARM'), 'Only this arm; any part of its id that no other arm has is enough.'),
  // leaderboard
  subtasks: withDefault(onOrOff, false, 'Also a table of the subtasks of each benchmark.'),
  // compare
  flips: withDefault(wholeNumber('N', {min: 0}), 200, 'How many changed samples the JSON lists of each benchmark.'),
  allow: several(
    text('WHAT', {near: ['prompts', 'extractor', 'judge', 'labels', 'data', 'metric']}),
    'Compare though this differs: prompts, extractor, judge, labels, data, metric.',
  ),
  // diagnose
  suite: withDefault(
    choice('NAME', diagnosisSuites),
    'standard',
    'Which conditions --model is asked under; quick has those that decide.',
    {group: 'WHAT'},
  ),
  expect: one(
    choice('VERDICT', diagnosisVerdicts),
    'The wanted verdict: exit 0 for it, 3 for inconclusive, 1 for any other.',
    results,
  ),
  // view
  port: withDefault(wholeNumber('N', {min: 0, max: 65_535}), 0, 'Port of the pages; 0 takes a free one.'),
  'no-open': withDefault(onOrOff, false, 'Print the address, and open no browser.'),
  // report
  pictures: withDefault(onOrOff, false, 'Also the pictures, reduced to 480 pixels. Mind the licence of the data.'),
  // merge
  'allow-incomplete': withDefault(onOrOff, false, 'Merge even when samples are missing; the tables then say so.'),
  // extract
  option: several(anyText, 'Text of an option, in the order of the letters; repeatable.', {commas: false}),
  letters: one(
    form('ABCD', /^[A-Z]+$/, 'capital letters without spaces or commas, like ABCD'),
    'Letters of the item.',
    {
      defaultNote: 'A, B, ... for the options, else ABCD',
    },
  ),
  text: one(anyText, 'The response; without it, stdin is read.', {excludes: ['input']}),
  input: one(text('FILE.jsonl'), 'JSONL file with many responses.'),
  // bench make
  n: withDefault(wholeNumber('N', {min: 1}), 500, 'Number of items, shared evenly among the subtasks.'),
  // model show
  probe: withDefault(
    onOrOff,
    false,
    'Load the model and measure how a small change of one latent grows, and what lower precision does.',
  ),
  // cache prune
  only: several(choice('NAME', folderNames), 'Only these folders of the cache.'),
  'older-than': withDefault(wholeNumber('DAYS', {min: 0}), 0, 'Only files last changed at least this many days ago.'),
}

/** Names that `run` uses with another meaning, or that mean nothing in the configuration file. */
export const ownMeanings = {
  serveHost: withDefault(text('HOST'), '127.0.0.1', 'Address to listen at.', {notInFile: true}),
  servePort: withDefault(wholeNumber('N', {min: 0, max: 65_535}), 8000, 'Port; 0 takes a free one.', {notInFile: true}),
  serveModel: needed(
    one(text('REF'), 'The local checkpoint: a folder, hub:owner/name or builtin:NAME.', {notInFile: true}),
  ),
  serveKey: one(form('NAME', /^[A-Za-z_]\w*$/, 'the name of a variable'), 'Variable that holds the key to ask for.', {
    notInFile: true,
  }),
  unitQueue: one(
    redisUrl,
    'Take units as this Redis hands them out, for workers that come and go. LANTERN_EVAL_QUEUE hides a password.',
    {notInFile: true, excludes: ['index'], yieldsTo: ['index']},
  ),
  unitIndex: one(wholeNumber('N', {min: 0}), 'Only this unit, from 0.', {
    notInFile: true,
    defaultNote: 'SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, else free units until none is left',
  }),
  definitionOut: needed(one(text('FILE.yaml'), 'The definition to write.', {notInFile: true})),
  newId: one(form('ID', /^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens'), 'Id of the benchmark.', {
    defaultNote: 'the name of the file',
    notInFile: true,
  }),
  force: withDefault(onOrOff, false, 'Replace a file that is there.', {notInFile: true}),
  shown: withDefault(wholeNumber('N', {min: 0}), 20, 'How many to show; 0 shows all.', {notInFile: true}),
  peerModel: one(text('NAME'), 'Name of the model, if the files do not say it.', {notInFile: true}),
  peerMode: withDefault(choice('MODE', modes), 'direct', 'How the peer asked the model; the files do not say.', {
    notInFile: true,
  }),
  namedArms: several(
    written('NAME=RUN#ARM', 'a condition and an arm, like own=results/x or zeros=results/y#ARM', readNamedArm, {
      pattern: /^[^=]+=.+$/,
    }),
    'An arm of a run that does not know its intervention, and the condition that it is. Repeatable.',
    {group: 'WHAT', notInFile: true, commas: false},
  ),
  alike: one(
    written('Xpp', 'a margin in percentage points, like 3pp', readMargin),
    'Difference up to which two conditions are alike.',
    {...results, notInFile: true, defaultNote: '3pp, or 10pp where there are fewer than 400 samples'},
  ),
  diagnosisAlpha: {...gateSettings.alpha, summary: 'Rate of wrong claims, over a headline and over all subtasks.'},
  diagnosisFormat: several(
    resultSettings.format.kind,
    'Write the diagnosis: markdown, json, github, svg, png or pdf.',
    results,
  ),
  diagnosisOut: one(text('DIR'), 'Where diagnosis.json and diagnosis.md are written.', {
    ...results,
    notInFile: true,
    defaultNote: 'the run folder of --model; nowhere for recorded runs',
  }),
}

const cluster = {notInFile: true} as const
const slurmOnly = {...cluster, needs: ['slurm']} as const
const kubernetesOnly = {...cluster, needs: ['k8s']} as const

/** `CLAIM:/PATH`; undefined for anything else. */
function readVolume(given: string): {readonly claim: string; readonly path: string} | undefined {
  const [, claim, path] = /^([a-z0-9][a-z0-9.-]*):(\/.*)$/.exec(given) ?? []
  return claim === undefined || path === undefined ? undefined : {claim, path}
}

/** Settings of `sweep script`. */
export const scriptSettings = {
  slurm: withDefault(onOrOff, false, 'A batch script for sbatch: an array job.', {...cluster, excludes: ['k8s']}),
  k8s: withDefault(onOrOff, false, 'A manifest for kubectl: an Indexed Job.', {...cluster, excludes: ['slurm']}),
  workers: one(wholeNumber('N', {min: 1}), 'At most so many units at once.', {
    ...cluster,
    defaultNote: 'no limit in Slurm, 100 in Kubernetes',
  }),
  gpu: one(onOrOff, 'One GPU for each worker.', {
    ...cluster,
    negatable: true,
    defaultNote: 'where the sweep has device: cuda',
  }),
  cpus: withDefault(wholeNumber('N', {min: 1}), 4, 'Cores for each worker.', cluster),
  memory: one(form('SIZE', /^\d+[MGT]$/, 'a size like 32G'), 'Memory for each worker, like 32G.', {
    ...cluster,
    defaultNote: 'what the cluster gives',
  }),
  time: one(
    form('TIME', /^(?:\d+-\d+(?::\d+){0,2}|\d+(?::\d+){0,2})$/, 'a time of Slurm, like 4:00:00 or 1-12'),
    'Time limit of a task.',
    slurmOnly,
  ),
  partition: one(form('NAME', /^[\w,.-]+$/, 'the name of a partition'), 'Partition of Slurm.', slurmOnly),
  sbatch: several(
    form('--OPTION[=VALUE]', /^--?[A-Za-z][^\r\n]*$/, 'an option of sbatch, like --account=lab'),
    'One more option of sbatch; repeatable.',
    {...slurmOnly, commas: false},
  ),
  setup: several(text('LINE'), 'A line of shell before the worker, like "module load nodejs"; repeatable.', {
    ...slurmOnly,
    commas: false,
  }),
  image: one(form('IMAGE', /^[\w./:@-]+$/, 'the name of an image'), 'Image that has lantern-eval.', kubernetesOnly),
  volume: one(
    written('CLAIM:PATH', 'a volume claim and an absolute path, like shared:/shared', readVolume),
    'Claim of the shared volume, and where pods have it.',
    kubernetesOnly,
  ),
  namespace: one(form('NAME', /^[a-z0-9-]+$/, 'the name of a namespace'), 'Namespace of the job.', kubernetesOnly),
}
