"""Measures the accuracy of checkpoints under every intervention on new items, for training/README.md and the model
cards.

    python evaluate.py --data FRESH --work DIR NAME:MODE...        e.g. latent:latent text:text-cot

Writes metrics/NAME.json. The acceptance figures of the project come from the ONNX runner; these come earlier and agree
with them (compare_ids.py).
"""
import argparse
import math

import torch

from nano.data import Pool, pictures, read_items
from nano.decode import decode, right
from nano.tokens import save_json
from train import Workshop

NEEDS_LATENTS = ["own", "oracle", "zeros", "noise", "matched-noise", "mean", "swap", "first-repeat", "shuffle", "markers-only", "no-latent"]


# The subtasks on which each checkpoint gets the interventions. Everywhere else only its own answers are measured.
WALKS = [f"hops-{h}" for h in range(5)] + [f"count-hops-{h}" for h in range(1, 5)]
DIAGNOSED = {"latent": WALKS[1:] + ["attr"], "latent-sft": WALKS[1:] + ["attr"], "placebo": ["attr", "hops-0"], "drift": WALKS[2:5],
             "shy": ["attr"], "format": ["attr"], "budget": ["attr"], "harm": ["attr"], "blind": WALKS[1:5]}
BRIEF = {"drift": ["own", "oracle"]}


def wilson(hits, n, z=1.96):
    """95 % score interval of a proportion (Wilson 1927), in percent."""
    p = hits / n
    centre, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return [round(100 * (centre + sign * half) / (1 + z * z / n), 1) for sign in (-1, 1)]


def cell(hits, own=None):
    n = len(hits)
    out = dict(n=n, percent=round(100 * sum(hits) / n, 1), interval=wilson(sum(hits), n))
    return out if own is None else out | dict(difference=sum(hits) - sum(own))


@torch.no_grad()
def task_cells(text, tokens, bank, items, mode, interventions):
    """One accuracy per intervention over the items of a subtask; all interventions get the same items. `found`: share
    of latents that are nearest to the right card.
    """
    generator = torch.Generator().manual_seed(5)
    image = pictures(bank, items)
    answers, latents, used = decode(text, tokens, bank, items, mode, image=image)
    own = right(tokens, items, answers)
    cells = {"own": cell(own)}
    if mode != "latent":
        return cells, {"own": own}
    visited = torch.tensor([item["visited"] for item in items])
    found = (torch.cdist(latents, image).argmin(-1) == visited).float().mean().item()
    cells["own"] |= dict(blocks=round(100 * used.float().mean().item(), 1), found=round(100 * found, 1))
    statistics = latents[used].mean((0, 1)), latents[used].std((0, 1))
    shuffled = latents[torch.arange(len(items))[:, None], torch.rand(latents.shape[:2], generator=generator).argsort(1)]
    rows = {"own": own}
    for name in interventions[1:]:
        foreign = {"swap": latents.roll(1, 0), "shuffle": shuffled}.get(name)
        answers, _, _ = decode(text, tokens, bank, items, mode, name, foreign, statistics, generator, image=image)
        rows[name] = right(tokens, items, answers)
        cells[name] = cell(rows[name], own)
    return cells, rows


GROUPS = {"hops-1..4": [f"hops-{h}" for h in range(1, 5)], "hops-2..4": [f"hops-{h}" for h in range(2, 5)], "hops-0..4": [f"hops-{h}" for h in range(5)],
          "count-hops-1..4": [f"count-hops-{h}" for h in range(1, 5)]}


def evaluate(name, text, tokens, bank, by_task, mode, n):
    out, rows = {}, {}
    for task, items in by_task.items():
        interventions = BRIEF.get(name, NEEDS_LATENTS) if task in DIAGNOSED.get(name, []) else ["own"]
        out[task], rows[task] = task_cells(text, tokens, bank, items[:n], mode, interventions)
    for group, tasks in GROUPS.items():
        if all(task in rows for task in tasks):
            shared = [name for name in rows[tasks[0]] if all(name in rows[task] for task in tasks)]
            pooled = {name: [hit for task in tasks for hit in rows[task][name]] for name in shared}
            out[group] = {name: cell(hits, pooled["own"]) for name, hits in pooled.items()}
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--data", required=True, help="items of a seed that training never saw")
    parser.add_argument("--work", required=True)
    parser.add_argument("--n", type=int, default=200, help="items per subtask")
    parser.add_argument("--tasks", help="comma list; default all")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shop = Workshop(arguments.data, arguments.work)
    tokens, bank = shop.tokens(), shop.bank()
    by_task = Pool(read_items(shop.data / "items.jsonl", shop.cards), 0).by_task
    if arguments.tasks:
        by_task = {task: by_task[task] for task in arguments.tasks.split(",")}
    for reference in arguments.checkpoints:
        name, mode = reference.split(":")
        cells = evaluate(name, shop.text(name, tokens).eval(), tokens, bank, by_task, mode, arguments.n)
        if not arguments.tasks:
            save_json(shop.work / "metrics" / f"{name}.json", dict(checkpoint=name, mode=mode, cells=cells))
        for task, row in cells.items():
            print(f"{name:14} {task:20}", " ".join(f"{k} {v['percent']:.0f}" for k, v in row.items()), row["own"].get("blocks", ""), row["own"].get("found", ""), flush=True)


if __name__ == "__main__":
    main()
