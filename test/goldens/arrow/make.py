"""Writes the parquet files of this folder with Apache Arrow in the layout of the hub, and golden.json with their
content.

The reader under test is JavaScript, and so is the writer used by most tests. These files come from the library that
writes the hub's data sets.
Run: pip install pyarrow==26.0.1 && python make.py
"""
import base64
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

here = Path(__file__).parent
picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
schema = pa.schema(
    [
        ("idx", pa.string()),
        ("question", pa.string()),
        ("sub_task", pa.string()),
        ("image_1", picture),
        ("image_2", picture),
        ("image_3", picture),
        ("choices", pa.list_(pa.string())),
        ("answer", pa.string()),
        ("prompt", pa.string()),
    ]
)
rows = [
    {
        "idx": f"val_Jigsaw_{k + 1}",
        "question": f"Which piece fits? №{k}",
        "sub_task": "Jigsaw",
        "image_1": {"bytes": bytes(range(k, k + 200)) * 3, "path": f"val_Jigsaw_{k + 1}_1.jpg"},
        "image_2": None if k % 3 == 1 else {"bytes": b"\x00\xff" * (k + 1), "path": None},
        "image_3": None,
        "choices": ["the second image", "the third image"][: 2 - (k == 4)],
        "answer": None if k == 5 else "(B)" if k % 2 else "(A)",
        "prompt": f"Which piece fits? №{k}\nSelect from the following choices.\n\n(A) the second image\n(B) the third image\n",
    }
    for k in range(7)
]
table = pa.Table.from_pylist(rows, schema=schema)
options = {
    "snappy": {"compression": "snappy"},
    "gzip": {"compression": "gzip", "use_dictionary": False},
    "zstd-pages-v2": {"compression": "zstd", "data_page_version": "2.0", "write_page_index": True},
    "brotli-no-statistics": {"compression": "brotli", "write_statistics": False},
}
for name, how in options.items():
    pq.write_table(table, here / f"{name}.parquet", row_group_size=3, **how)


def plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return plain(value["bytes"])
    return value


golden = [{column: plain(value) for column, value in row.items()} for row in rows]
(here / "golden.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
