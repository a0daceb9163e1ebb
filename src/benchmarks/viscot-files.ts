// The 26 annotation files of VisCoT, for `bench pull`: deepcs233/Visual-CoT 83212ae, viscot_benchmark/. Data only.
import type {Pull, WebFile} from './benchmark.js'

export const viscotFiles: readonly WebFile[] = [
  {
    path: 'benchmark/cub.json',
    size: 443360,
    sha256: '8f7a7d6cf79e993684c33572c54332ffb6d4e978f246ce2011b2d07dffb2f108',
  },
  {
    path: 'benchmark/docvqa.json',
    size: 736581,
    sha256: '53f461a6244c81e282b56b72f371633cc5bb56ccb133de547396255f40649da5',
  },
  {
    path: 'benchmark/dude.json',
    size: 531382,
    sha256: 'bbba0f79f542dc765347a63a71b0bf8e2f6a19a3cfa519800064e0038c01eb49',
  },
  {
    path: 'benchmark/emotic.json',
    size: 622626,
    sha256: 'f568ea230b27fa755c26024d57120e03a50c3f2953bf2634d6eedc104ed5a30a',
  },
  {
    path: 'benchmark/flickr30k.json',
    size: 1410686,
    sha256: '480f70084d77dc6086bd2f9578521ba048127095e4359373d0c4b96b5d7e46d8',
  },
  {
    path: 'benchmark/gqa.json',
    size: 774236,
    sha256: '433695de3681079897e7e8fc677ad3781594224ad347a16210a15208e2c60aee',
  },
  {
    path: 'benchmark/infographicsvqa.json',
    size: 309157,
    sha256: 'c2024e64d157031009549e2ae1c372438e194d65081051effdd4cdfd6dfac312',
  },
  {
    path: 'benchmark/openimages.json',
    size: 784719,
    sha256: '5db0511a7f9d4278f1fe0903e390fe9c6e898f11a5dca7fa86d1ad03c3fa4ca1',
  },
  {
    path: 'benchmark/sroie.json',
    size: 583612,
    sha256: '5641172d45b29db01c9ae8fa7325438c3a60053b96aa4b624cfd424c0bb4b4df',
  },
  {
    path: 'benchmark/textcap.json',
    size: 724082,
    sha256: '7dbce0d799ee33e262db2db5f92e00bdded01e22e871495f70272c9a07f2249b',
  },
  {
    path: 'benchmark/textvqa.json',
    size: 434086,
    sha256: 'b2e12f5c7c5e03ef466e6b852a2ebc9703bd4831116008c41faf14f66cb31478',
  },
  {
    path: 'benchmark/visual7w.json',
    size: 473358,
    sha256: '1b430032089e6447cf219cc0b27ffae023d5251cdcdb3a19fac187e12793edd2',
  },
  {
    path: 'benchmark/vsr.json',
    size: 321410,
    sha256: '8be0bb3252a9bdcef3fd6df84c91f6553e00f8385855fba3f5923fed347ebb05',
  },
  {
    path: 'benchmark_det/cub.jsonl',
    size: 129351,
    sha256: 'a8262b0e0b14214dc3147311bc88ce3d811e7c526fe35ed00584b196d3f4baab',
  },
  {
    path: 'benchmark_det/docvqa.jsonl',
    size: 182364,
    sha256: 'e285f4febc0237d8bf8eb29e810bbab5623ed8e35dffbf7604acaf4555abfb5d',
  },
  {
    path: 'benchmark_det/dude.jsonl',
    size: 137184,
    sha256: '7803ca08a2c66793012850c5adfb27a7c29290f74c30899d124e330c8b24ce64',
  },
  {
    path: 'benchmark_det/emotic.jsonl',
    size: 151060,
    sha256: 'bede43b3a4f6e94901ae6be1153d0fb1c63fc89f2a7121751307f9bf006e7a24',
  },
  {
    path: 'benchmark_det/flickr30k.jsonl',
    size: 363232,
    sha256: '161463b9dd61fddd27ddbffb782dcad180b8872e2b7104c5ec8dbe82354725fc',
  },
  {
    path: 'benchmark_det/gqa.jsonl',
    size: 179222,
    sha256: '622d54c1f40878e47c5b0e0073ce5dfeddb1e4266093df792fb420a63b063a3a',
  },
  {
    path: 'benchmark_det/infographicsvqa.jsonl',
    size: 101955,
    sha256: '861391b99ed1289f23714a2235b333c101aaa179bf53dde99cfc1da05f8a8a24',
  },
  {
    path: 'benchmark_det/openimages.jsonl',
    size: 209840,
    sha256: '747fcf74954fbce5f266da4360764749ca4c1a47b1bbcd5679fcd6cdd64006b0',
  },
  {
    path: 'benchmark_det/sroie.jsonl',
    size: 146976,
    sha256: 'b3182bbf19b009cfd8db367b0d40d1a2fa722731a4eb47899765c72c5b7416e9',
  },
  {
    path: 'benchmark_det/textcap.jsonl',
    size: 237421,
    sha256: '2357171ca2bd7820a0bfa016933dea128426b4b324deec067b9c256143ef3ba6',
  },
  {
    path: 'benchmark_det/textvqa.jsonl',
    size: 133278,
    sha256: '49989fe731546efebab72a6408943196d6da995df1626402a5613212147be8ba',
  },
  {
    path: 'benchmark_det/visual7w.jsonl',
    size: 185415,
    sha256: '43e9465b5543cd5db6242fd632882633f9e63c3213fd8cf8e25cdc8a5dbb764c',
  },
  {
    path: 'benchmark_det/vsr.jsonl',
    size: 80403,
    sha256: '9572cbf33958a443511113bd54978cc6a35057947c28455a9df6699980bb30bf',
  },
]

export const viscotPull: Pull = {
  from: 'web',
  base: 'https://raw.githubusercontent.com/deepcs233/Visual-CoT/83212ae474ab46b70048a6df6a386cff6589ff92/viscot_benchmark',
  note:
    'These are questions, answers and boxes without pictures, which are enough for replay: models. The pictures (143 GB) are in ' +
    'https://huggingface.co/datasets/deepcs233/Visual-CoT under cot_images_tar_split: join the parts, unpack them, and give the folder ' +
    'that holds cot/ and these files with --data.',
  files: viscotFiles,
}
