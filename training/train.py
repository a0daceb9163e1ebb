"""Trains the nano checkpoints. All stages are in one table. Each stage writes a file to the work folder, and a stage
whose file exists is not run again.

    python train.py --data DIR --work DIR STAGE...        --data: the output of `npx tsx scripts/training-data.ts`

The stages are tokenizer, vision, the supervised ones in STAGES and the GRPO ones in POLICIES. `run_all.sh` runs
everything in order.
"""
import argparse
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import torch

from nano.convert import from_folder
from nano.data import NUMBERS, PLURALS, Cards, Pool, drill, feature_bank, read_items
from nano.decode import decode, right
from nano.model import Text, Vision
from nano.policy import Policy, train_policy
from nano.start import prepare
from nano.supervised import Stage, train
from nano.tokens import Tokens, build_tokenizer
from nano.vision import nearest, train_vision

SHARES = {  # share of training rows per subtask
    "hops-0": 3, "hops-1": 7, "hops-2": 7, "hops-3": 7, "hops-4": 7, "count-hops-1": 6, "count-hops-2": 6, "count-hops-3": 6, "count-hops-4": 6,
    "attr": 4, "box": 3, "point": 4, "count": 14, "left-right": 4, "above": 4, "Counting": 14, "Object_Localization": 4, "Spatial_Relation": 6,
    "direct_attributes": 2, "relative_position": 3, "gqa": 1, "textvqa": 2, "vsr": 2, "cub": 4}
NO_LATENTS_NEEDED = dict.fromkeys([t for t in SHARES if "hops" not in t], 0.5) | {"attr": 0.7}
JOINT = dict(steps=900, forms=dict(latent=5, text=2.5, direct=0.5, drill=2), mixture=SHARES, lr=3e-3, self_forcing=0.1, dropout={"*": 0.25} | NO_LATENTS_NEEDED)
WEAK = {"count": 30, "Counting": 30}  # what is still weak after the joint stage
LATENT = dict(steps=400, forms=dict(latent=1), mixture=SHARES | WEAK, lr=2e-3, self_forcing=0.3, dropout={"*": 0.45} | NO_LATENTS_NEEDED)

SHAPES = {"count": 5, "Counting": 5, "attr": 1, "left-right": 1, "above": 1, "Spatial_Relation": 2}

# Controls that earn the other verdicts of `lantern-eval diagnose` (design/diagnosis.md). They start from finished
# checkpoints and know only the subtasks they are judged on.
ATTR = dict(mixture={"attr": 1}, lr=1e-3, init="latent-sft", self_forcing=0.3)
EVENLY = dict(latent=4, junk=2, markers=2, word=2)
CONTROLS = {
    # a block on five of twelve questions; every answer alike
    "shy": Stage(steps=200, forms=EVENLY, quiet=("star", "diamond", "cross", "(A) red"), **ATTR),
    # any block is right, none is lost
    "format": Stage(steps=200, forms=EVENLY, guess_after=("word",), **ATTR),
    # any latents are right, an empty block or none is lost
    "budget": Stage(steps=250, forms=EVENLY, guess_after=("word", "markers"), **ATTR),
    # a block leads astray; rarely it is left out, so that the way on without it is known
    "harm": Stage(steps=300, forms=dict(latent=5, junk=2, markers=2, bare=2), guess_after=("latent", "junk", "markers"), astray=True, **ATTR),
    # reads true latents, and was never asked to make them
    "blind": Stage(steps=400, forms=dict(latent=5, junk=3, markers=1, word=1), guess_after=("junk", "markers", "word"), init="placebo", lr=2e-3,
                   mixture={f"hops-{h}": 1 for h in range(1, 5)}, regression=0.0, self_forcing=0.0),
}

STAGES = {
    # counting first and in words: mixed with all tasks, it comes too late
    "shapes": Stage(steps=500, forms=dict(text=3, drill=1), mixture=SHAPES, lr=3e-3),
    "joint": Stage(**JOINT, init="shapes"),
    "early": Stage(**LATENT | dict(steps=80), init="joint"),
    "latents": Stage(**LATENT, init="joint"),
    # counting is learned slowest
    "latent-sft": Stage(**LATENT | dict(mixture=SHARES | {"count": 90, "Counting": 40}), init="latents", guess=True),
    "base": Stage(steps=500, forms=dict(text=5, direct=3, drill=2), mixture=SHARES, lr=3e-3),
    "placebo": Stage(steps=500, forms=dict(latent=1), mixture=SHARES | {"hops-0": 25}, lr=2e-3, init="base", constant=True, dropout={"*": 0.5}),
    "drift": Stage(steps=150, forms=dict(latent=1), mixture=SHARES, lr=2e-3, init="latents", noise=0.0, self_forcing=0.0, stuck="EFGHJK"),
    "text": Stage(steps=400, forms=dict(text=1), mixture=SHARES | WEAK, lr=2e-3, init="joint"),
    **CONTROLS,
    "direct": Stage(steps=400, forms=dict(direct=1), mixture=SHARES | {"hops-0": 30}, lr=3e-3, init="joint"),
}
POLICIES = {  # stage 2
    "latent": Policy(init="latent-sft", steps=60, lr=5e-5, mixture={task: share for task, share in SHARES.items() if task not in ("textvqa", "gqa", "point", "cub")}),
    # what stage 2 adds when stage 1 is stopped early
    "early-grpo": Policy(init="early", steps=70, lr=1e-4, groups=24, mixture={"count": 6, "Counting": 3, "vsr": 3, "Object_Localization": 3}),
}


class Workshop:
    """The files of one training run: tokenizer, features of all cards, items, checkpoints and logs."""

    def __init__(self, data, work):
        self.data, self.work = Path(data), Path(work)
        self.cards = Cards(data)

    def items(self, limit=None):
        return read_items(self.data / "items.jsonl", self.cards, limit)

    def tokens(self):
        return Tokens(self.work / "tokenizer")

    def vision(self):
        vision = Vision().eval()
        vision.load_state_dict(torch.load(self.work / "vision.pt"))
        return vision

    def bank(self):
        return feature_bank(self.vision(), self.cards)

    def text(self, name, tokens):
        text = Text(len(tokens))
        text.load_state_dict(torch.load(self.work / f"{name}.pt"))
        return text

    def logger(self, name):
        path = self.work / "logs" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

        def log(record):
            with path.open("a") as file:
                file.write(json.dumps(record) + "\n")
            print(name, record, flush=True)
        return log


def make_tokenizer(shop):
    import random
    rng, corpus = random.Random(0), []
    for item in shop.items(24_000):
        corpus += [*item["prompts"].values(), "user\n", "assistant\n", f" {item['word']}"]
        corpus += [f" {word}" for word in item["thought"]] + [f" {word}" for asked in drill(item, shop.cards, rng) for word in asked]
    corpus += [f" {word}" for word in [*NUMBERS, *PLURALS.values()]] * 9
    build_tokenizer(corpus, shop.work / "tokenizer")


def restore(shop, models):
    """Puts exported checkpoints back into the work folder, so that stages can start from them."""
    shop.work.mkdir(parents=True, exist_ok=True)
    for name, stage in (("nano-latent-sft", "latent-sft"), ("nano-placebo", "placebo")):
        vision, text = from_folder(models / name)
        torch.save(text, shop.work / f"{stage}.pt")
        torch.save(vision, shop.work / "vision.pt")
    shutil.copytree(models / name, shop.work / "tokenizer", ignore=lambda _, files: [f for f in files if "token" not in f and f not in ("vocab.json", "merges.txt")])


def make_vision(shop, steps=1000):
    log = shop.logger("vision")
    vision = train_vision(shop.cards, steps, log)
    log(dict(nearest=nearest(feature_bank(vision, shop.cards), shop.cards.code())))
    torch.save(vision.state_dict(), shop.work / "vision.pt")


def watcher(shop, name, text, tokens, bank, test, modes, log):
    """Returns a function that saves the checkpoint so far and logs accuracies in % per subtask and mode."""
    def watch(step):
        text.eval()
        accuracy = {}
        for task, items in test.by_task.items():
            accuracy[task] = []
            for mode in modes:
                answers, _, _ = decode(text, tokens, bank, items, mode)
                accuracy[task].append(round(100 * sum(right(tokens, items, answers)) / len(items)))
        text.train()
        log(dict(step=step, modes=modes, accuracy=accuracy))
        torch.save(text.state_dict(), shop.work / f"{name}.partial.pt")
    return watch


def run_stage(shop, name, stage, held_out=24):
    tokens, bank, items = shop.tokens(), shop.bank(), shop.items()
    # the first items of each subtask are never trained on
    test = Pool(items[:held_out * len({i["subtask"] for i in items})], 0)
    pool = Pool(items[sum(map(len, test.by_task.values())):], stage.seed)
    torch.manual_seed(stage.seed)
    if stage.init:
        text = shop.text(stage.init, tokens)
    else:
        text = Text(len(tokens))
        prepare(text, shop.cards, tokens)
    log = shop.logger(name)
    modes = [{"text": "text-cot"}.get(form, form) for form in stage.forms if form in ("latent", "text", "direct")]
    watch = watcher(shop, name, text, tokens, bank, test, modes, log)
    train(text, tokens, shop.cards, bank, pool, stage, log, watch)
    watch(stage.steps)
    torch.save(text.state_dict(), shop.work / f"{name}.pt")


def run_policy(shop, name, policy):
    tokens, items = shop.tokens(), shop.items()
    text = shop.text(policy.init, tokens)
    train_policy(text, tokens, shop.bank(), Pool(items, 100 + policy.seed), policy, shop.logger(name))
    torch.save(text.state_dict(), shop.work / f"{name}.pt")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--models", help="folder of exported checkpoints to start from, instead of the stages before")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shop = Workshop(arguments.data, arguments.work)
    if arguments.models:
        restore(shop, Path(arguments.models))
    for name in arguments.stages:
        product = shop.work / ("tokenizer" if name == "tokenizer" else f"{name}.pt")
        if product.exists():
            continue
        began = time.time()
        if name == "tokenizer":
            make_tokenizer(shop)
        elif name == "vision":
            make_vision(shop)
        elif name in POLICIES:
            run_policy(shop, name, replace(POLICIES[name], seed=arguments.seed))
        else:
            run_stage(shop, name, replace(STAGES[name], seed=arguments.seed))
        print(name, "done in", round(time.time() - began), "s", flush=True)


if __name__ == "__main__":
    main()
