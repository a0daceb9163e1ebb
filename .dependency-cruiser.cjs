// The import rule of the house: every stage may use earlier stages only, siblings do not know each other, no cycles.
// commands -> reports -> evaluation -> {runners, metrics} -> {modes, benchmarks} -> core
const later = {
  core: ['modes', 'benchmarks', 'runners', 'metrics', 'evaluation', 'reports', 'commands', 'cli'],
  benchmarks: ['modes', 'runners', 'metrics', 'evaluation', 'reports', 'commands', 'cli'],
  modes: ['benchmarks', 'runners', 'metrics', 'evaluation', 'reports', 'commands', 'cli'],
  runners: ['metrics', 'evaluation', 'reports', 'commands', 'cli'],
  metrics: ['runners', 'evaluation', 'reports', 'commands', 'cli'],
  evaluation: ['reports', 'commands', 'cli'],
  reports: ['commands', 'cli'],
  cli: ['commands'],
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
        path: 'node_modules/(onnxruntime-node|sharp|hyparquet|hyparquet-compressors|@huggingface/hub)/',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'one-way-to-the-network',
      comment: 'core/network.ts knows the proxy; a connection made elsewhere would not',
      severity: 'error',
      from: {path: '^src', pathNot: ['\\.test\\.ts$', '^src/core/network\\.ts$']},
      to: {path: 'node_modules/undici/'},
    },
    ...Object.entries(later).map(([room, rooms]) => ({
      name: `${room}-imports-no-later-room`,
      severity: 'error',
      from: {path: `^src/${room}/`, pathNot: '\\.test\\.ts$'},
      to: {path: `^src/(${rooms.join('|')})/`},
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
