// jest runs tests in a second realm, whose typed arrays onnxruntime-node does not recognise. This environment shares
// the typed arrays of the main realm, so that a `new Float32Array()` in a test is accepted by a session.
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
