import {availableParallelism} from 'node:os'

export default {
  // Most tests wait for processes that they started: two at a time pay on two cores too.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testEnvironment: './test/support/environment.mjs',
  setupFiles: ['./test/support/console.mjs'],
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 60_000,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {'^(\\.{1,2}/.*)\\.js$': '$1'},
  transform: {
    '^.+\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}, module: {type: 'es6'}}],
  },
}
