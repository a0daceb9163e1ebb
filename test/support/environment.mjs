// jest runs tests in a second realm, whose typed arrays onnxruntime-node does not recognise as its own;
// sharing the outer ones makes `new Float32Array()` in a test the class that a session accepts.
import {TestEnvironment} from 'jest-environment-node'

const shared = [
  ArrayBuffer,
  SharedArrayBuffer,
  Uint8ClampedArray,
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
]

export default class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context)
    for (const type of shared) this.global[type.name] = type
  }
}
