"""Holds the ids that lantern-eval's local runner generates against a plain loop over transformers' own forward pass.

    npx tsx scripts/runner-ids.ts --out DIR && python training/compare_ids.py DIR [--models fixtures/models] [--out
    training/results/runner-ids.txt] An item agrees if every new id is the same: words, markers and the end. Exits 1
    where one differs.
"""
import argparse
import json
from pathlib import Path

import torch
import transformers
from PIL import Image

from nano.convert import greedy_ids
from nano.tokens import Tokens


def agreement(folder, rows, pictures):
    """(number of rows whose ids are the same, the first that differs or None)"""
    model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder, use_fast=False)
    tokens, same, different = Tokens(folder), 0, None
    for row in rows:
        picture = Image.open(pictures / f"{row['id']}.png").convert("RGB")
        _, ids = greedy_ids(model, processor, tokens, picture, row["prompt"])
        if ids == row["ids"]:
            same += 1
        else:
            different = different or f"{row['id']}: transformers {ids}, runner {row['ids']}"
    return same, different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", type=Path)
    parser.add_argument("--models", type=Path, default=Path("fixtures/models"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    by_model = {}
    for line in (arguments.ids / "ids.jsonl").read_text().splitlines():
        row = json.loads(line)
        by_model.setdefault(row["model"], []).append(row)
    lines, failed = [f"New ids of the local ONNX runner and of transformers {transformers.__version__} (float32, CPU), same pictures and prompts; items that agree:"], False
    for name, rows in by_model.items():
        same, different = agreement(arguments.models / name, rows, arguments.ids / "pictures")
        lines.append(f"{name} ({rows[0]['mode']}): {same} of {len(rows)}" + (f"; first difference: {different}" if different else ""))
        failed |= different is not None
        print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
