"""Copies the logs and figures of a training run into training/results (committed): logs, metrics, loss curves, and the
tables of README.md.

    python report.py --work DIR --second DIR --out training/results        --second: the work folder of the other seed
"""
import argparse
import json
import shutil
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from export import MODELS, shown, table_of
from train import POLICIES, STAGES


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def curves(logs, picture):
    """Plots the language and regression losses of the supervised stages, and the accuracy of sampled answers in GRPO.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 4))
    for path in sorted(logs.glob("*.jsonl")):
        rows = records(path)
        for axis, key in zip(axes, ("language", "regression", "accuracy")):
            points = [(r["step"], r[key]) for r in rows if isinstance(r.get(key), float)]
            if points and path.stem != "vision":
                axis.plot(*zip(*points), label=path.stem)
    for axis, title in zip(axes, ("cross-entropy of the response", "squared error of the latents", "GRPO: right among sampled")):
        axis.set(title=title, xlabel="step")
        axis.legend(fontsize=7)
    axes[0].set_yscale("log")
    figure.tight_layout()
    figure.savefig(picture, dpi=80)


def stages_table(logs):
    lines = ["| stage | starts from | kind | steps | seed | seconds |", "|---|---|---|---|---|---|"]
    for name, stage in {**STAGES, **POLICIES}.items():
        log = logs / f"{name}.jsonl"
        if log.exists():
            seconds = [r["seconds"] for r in records(log) if "seconds" in r]
            kind = "GRPO" if name in POLICIES else "supervised"
            lines.append(f"| {name} | {stage.init or 'random, prepared'} | {kind} | {stage.steps} | {stage.seed} | {seconds[-1]:.0f} |")
    return "\n".join(lines)


def cells_of(path):
    return json.loads(path.read_text())["cells"]


def stage_2_table(metrics):
    """Accuracy before and after GRPO, for the subtasks where either is below 97 %."""
    lines = ["| policy | subtask | n | before | after |", "|---|---|---|---|---|"]
    for name, policy in POLICIES.items():
        before, after = (cells_of(metrics / f"{stage}.json") for stage in (policy.init, name))
        for task in before:
            one, two = before[task]["own"], after[task]["own"]
            if min(one["percent"], two["percent"]) < 97:
                lines.append(f"| {policy.init} -> {name} | {task} | {one['n']} | {shown(one)} | {shown(two)} |")
    return "\n".join(lines)


def seeds_table(first, second):
    """nano-latent from two training seeds, under every intervention."""
    lines = ["| subtask | intervention | n | seed 0 | seed 1 |", "|---|---|---|---|---|"]
    for task, row in first.items():
        for name, cell in row.items():
            lines.append(f"| {task} | {name} | {cell['n']} | {shown(cell)} | {shown(second[task][name])} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--second", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    work, second, out = arguments.work, arguments.second, arguments.out
    for source, target in ((work, out), (second, out / "second-seed")):
        for kind in ("logs", "metrics"):
            shutil.rmtree(target / kind, ignore_errors=True)
            shutil.copytree(source / kind, target / kind)
    curves(out / "logs", out / "curves.png")
    made = {stage: name for name, (stage, _, _) in MODELS.items()}
    parts = ["# Figures of the training run", "![Losses](curves.png)", stages_table(out / "logs"),
             "## Stage 2: before and after GRPO\n\nAccuracy with own latents in %, 95 % Wilson interval; subtasks at 97 % or more on both sides are left out.", stage_2_table(out / "metrics"),
             "## Two training seeds of nano-latent", seeds_table(*(cells_of(folder / "metrics" / "latent.json") for folder in (out, out / "second-seed")))]
    for path in sorted((out / "metrics").glob("*.json")):
        metrics = json.loads(path.read_text())
        parts.append(f"## {path.stem}{' = ' + made[path.stem] if path.stem in made else ''}, mode {metrics['mode']}\n\n" + table_of(metrics["cells"]))
    (out / "README.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
