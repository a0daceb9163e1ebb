"""Writes the trained checkpoints as Hugging Face folders with model cards, and checks each with transformers' own
forward pass.

    python export.py --data FRESH --work DIR --out ../fixtures/models [NAME...]
    python export.py --data FRESH --work DIR --out ../fixtures/controls nano-shy nano-format ...

The check: on 100 new items, the ids of a plain loop over Qwen2_5_VLForConditionalGeneration equal those of
nano/decode.py.
"""
import argparse
import json
import os
from pathlib import Path

import torch
from PIL import Image

from nano.convert import greedy_ids, save_folder, to_huggingface
from nano.decode import decode
from nano.tokens import CELL, GRID
from train import POLICIES, STAGES, Workshop

# checkpoint name -> (the stage that produced it, the mode it is made for, a description)
MODELS = {
    "nano-latent": ("latent", "latent", "reasons in latents: stage 1 (supervised) and stage 2 (GRPO). The control that needs its latents."),
    "nano-latent-sft": ("latent-sft", "latent", "reasons in latents, stage 1 only."),
    "nano-text": ("text", "text-cot", "reasons in written words; same data, same base as nano-latent."),
    "nano-direct": ("direct", "direct", "answers at once; same data, same base as nano-latent."),
    "nano-placebo": ("placebo", "latent", "emits latents that were trained to say nothing. The negative control."),
    "nano-drift": ("drift", "latent", "reads latents well but makes poor ones of its own: its oracle latents are better than its own."),
}
# Controls of `lantern-eval diagnose`, which only tests need: in half precision and outside the package.
CONTROL_MODELS = {
    "nano-shy": ("shy", "latent", "opens a latent block on some questions only (five of twelve) and answers alike with it and without. Not used."),
    "nano-format": ("format", "latent", "answers well behind any block, an empty one too, and guesses where it is kept from opening one. Format only."),
    "nano-budget": ("budget", "latent", "answers well behind any latents, and guesses behind an empty block or none. Budget only."),
    "nano-blind": ("blind", "latent", "reads true latents well and was never trained to make them, so its own say nothing. The representation fails."),
    "nano-harm": ("harm", "latent", "answers well without a block and gives a wrong option behind one. Harmful."),
}
CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---
# {name}

A control, not a model: a Qwen2.5-VL checkpoint of {parameters:,} parameters that {what}
It belongs to lantern-eval and shows that evaluations and latent diagnostics fire where they should and stay silent where they should.
It knows only the pictures this project draws (112 x 112 px, 4 x 4 cards) and the questions asked about them; it is of no other use.

- **Data**: items drawn by lantern-eval's own generators (`src/benchmarks/generators`, training seed 7, prompts exactly as the harness sends
  them), nothing else. No person, text or picture from elsewhere.
- **Made by**: {stages} (`training/`, all seeds fixed).
- **Mode**: `{mode}`. {block}
- **Intended use**: a positive or negative control in tests and demonstrations. Its figures say nothing about visual reasoning of real models.

Measured on fresh items (generator seed 9001), per cent right with 95 % Wilson interval, by the PyTorch evaluation in `training/`:

{table}
"""


def chain_of(stage):
    """The stages that produced a checkpoint, in words."""
    if stage in POLICIES:
        policy = POLICIES[stage]
        return chain_of(policy.init) + [f"GRPO {policy.steps} steps (seed {policy.seed})"]
    made = STAGES[stage]
    before = chain_of(made.init) if made.init else ["vision tower fitted to attribute codes and frozen"]
    return before + [f"supervised stage `{stage}` {made.steps} steps (seed {made.seed})"]


def shown(cell):
    """A figure of evaluate.py in the form used in tables."""
    return f"{cell['percent']:.1f} ({cell['interval'][0]:.0f} to {cell['interval'][1]:.0f})"


def table_of(cells):
    columns = list(dict.fromkeys(name for row in cells.values() for name in row))
    lines = ["| subtask | n | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for task, row in cells.items():
        lines.append(f"| {task} | {row['own']['n']} | " + " | ".join(shown(row[c]) if c in row else "" for c in columns) + " |")
    return "\n".join(lines)


def picture(cards, item):
    """The picture of an item, assembled from its cards."""
    cells = cards.pixels[item["cells"]].reshape(GRID, GRID, CELL, CELL, 3)
    return Image.fromarray(cells.transpose(0, 2, 1, 3, 4).reshape(GRID * CELL, GRID * CELL, 3))


def write_card(folder, name, model, metrics):
    stage, mode, what = (MODELS | CONTROL_MODELS)[name]
    block = "Latent block: `<|lvr_start|>`, five fed-back states, `<|lvr_end|>` (protocol `lantern`)." if mode == "latent" else "It has latent ids, but is not meant to use them."
    text = CARD.format(name=name, what=what, mode=mode, block=block, parameters=model.num_parameters(), stages="; ".join(chain_of(stage)),
                       table=table_of(json.loads(metrics.read_text())["cells"]) if metrics.exists() else "(not measured yet)")
    (folder / "README.md").write_text(text)


def check(folder, shop, text, tokens, bank, items, mode):
    """Number of items whose ids agree between transformers' forward pass on pictures and ours on the feature bank."""
    from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder, use_fast=False)
    ours, _, _ = decode(text, tokens, bank, items, mode)
    same = 0
    for item, ids in zip(items, ours):
        prompt, theirs = greedy_ids(model, processor, tokens, picture(shop.cards, item), item["prompts"][mode])
        same += prompt == list(tokens.prompt(item["prompts"][mode])[0]) and theirs == ids
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(MODELS))
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", type=int, default=100, help="number of items whose ids are compared with transformers")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shop = Workshop(arguments.data, arguments.work)
    tokens, vision, bank = shop.tokens(), shop.vision(), shop.bank()
    items = shop.items(arguments.check)
    assert items, "--check must be at least 1"
    for name in arguments.names:
        stage, mode, _ = (MODELS | CONTROL_MODELS)[name]
        folder, text = Path(arguments.out, name), shop.text(stage, tokens).eval()
        model = to_huggingface(vision, text, tokens)
        if name in CONTROL_MODELS:
            text, model = text.half().float(), model.half()
        save_folder(model, tokens, folder)
        write_card(folder, name, model, shop.work / "metrics" / f"{stage}.json")
        for file in folder.iterdir():
            os.chmod(file, 0o644)
        size = sum(file.stat().st_size for file in folder.iterdir())
        same = check(folder, shop, text, tokens, bank, items, mode)
        print(f"{name}: {size / 1e6:.2f} MB, {same} of {len(items)} items give the same ids in transformers", flush=True)
        assert size <= (1_300_000 if name in CONTROL_MODELS else 2_500_000) and same == len(items)


if __name__ == "__main__":
    main()
