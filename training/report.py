"""Puts the logs and figures of a training into training/results (committed): logs, metrics, loss curves, and the tables of README.md.

    python report.py --work DIR --out training/results
"""
import argparse
import json
import shutil
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from export import MODELS, table_of
from train import POLICIES, STAGES


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def curves(logs, picture):
    """Language and regression loss of the supervised stages, accuracy of sampled answers in GRPO."""
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    work, out = Path(arguments.work), Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    for kind in ("logs", "metrics"):
        shutil.copytree(work / kind, out / kind, dirs_exist_ok=True)
    curves(out / "logs", out / "curves.png")
    made = {stage: name for name, (stage, _, _) in MODELS.items()}
    parts = ["# Figures of the training run", "![Losses](curves.png)", stages_table(out / "logs")]
    for path in sorted((out / "metrics").glob("*.json")):
        metrics = json.loads(path.read_text())
        parts.append(f"## {path.stem}{' = ' + made[path.stem] if path.stem in made else ''}, mode {metrics['mode']}\n\n" + table_of(metrics["cells"]))
    (out / "README.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
