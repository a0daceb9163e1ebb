// The import rule of the house: every room may use the rooms below it only, rooms of one floor do not know each other,
// no cycles.
// Listed from the bottom to the top; design/house.md draws it.
const floors = [
  ['core'],
  ['hub'],
  ['run-folder'],
  ['benchmarks', 'modes'],
  ['peers'],
  ['runners', 'metrics'],
  ['evaluation', 'serve'],
  ['reports'],
  ['cli'],
  ['commands'],
]

/** The rooms that a room may not import: its neighbours on the same floor, and everything above. */
function forbiddenFor(room) {
  const floor = floors.findIndex(rooms => rooms.includes(room))
  return [...floors[floor].filter(other => other !== room), ...floors.slice(floor + 1).flat()]
}

module.exports = {
  forbidden: [
    {name: 'no-circular', severity: 'error', from: {}, to: {circular: true}},
    {
      name: 'heavy-modules-load-late',
      comment: 'import these inside the function that needs them',
      severity: 'error',
      from: {path: '^src', pathNot: '\\.test\\.ts$'},
      to: {
        path: 'node_modules/(onnxruntime-node|sharp|hyparquet|hyparquet-compressors|@huggingface/hub|vega|vega-lite|bullmq|ioredis)/',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'one-way-to-the-network',
      comment: 'hub/network.ts knows the proxy; a connection made elsewhere would not',
      severity: 'error',
      from: {path: '^src', pathNot: ['\\.test\\.ts$', '^src/hub/network\\.ts$']},
      to: {path: 'node_modules/undici/'},
    },
    {
      name: 'runners-do-not-know-each-other',
      comment: 'what several runners need lies beside their folders',
      severity: 'error',
      from: {path: '^src/runners/(remote|onnx)/', pathNot: '\\.test\\.ts$'},
      to: {path: '^src/runners/(remote|onnx)/', pathNot: '^src/runners/$1/'},
    },
    {
      name: 'shared-parts-know-no-runner',
      comment: 'index.ts alone lists the runners',
      severity: 'error',
      from: {path: '^src/runners/[^/]+\\.ts$', pathNot: ['\\.test\\.ts$', '^src/runners/index\\.ts$']},
      to: {path: '^src/runners/(remote|onnx)/'},
    },
    {
      name: 'parts-of-metrics-do-not-know-the-score',
      severity: 'error',
      from: {path: '^src/metrics/(extraction|judges|statistics)/', pathNot: '\\.test\\.ts$'},
      to: {path: '^src/metrics/[^/]+\\.ts$'},
    },
    ...floors
      .flat()
      .filter(room => forbiddenFor(room).length > 0)
      .map(room => ({
        name: `${room}-imports-no-later-room`,
        severity: 'error',
        from: {path: `^src/${room}/`, pathNot: '\\.test\\.ts$'},
        to: {path: `^src/(${forbiddenFor(room).join('|')})/`},
      })),
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}

// For the drawing (scripts/house.mjs). Not enumerable: dependency-cruiser refuses settings that it does not know.
Object.defineProperty(module.exports, 'floors', {value: floors})
