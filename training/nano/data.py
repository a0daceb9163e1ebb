"""Items drawn by the TypeScript generators, the bank of cell features, and training batches.

`cards.json` and `cards.rgb` contain every kind of card with its attributes and pixels; an item lists its 16 cells by
kind. The vision tower is frozen and sees one cell at a time, so text training looks features up and never computes
them.
"""
import json
import random
from pathlib import Path

import numpy as np
import torch

from .model import D, places
from .tokens import CELL, CELLS, GRID, K, NUMBERS

# CLIP statistics, as in Qwen2.5-VL's preprocessor_config.json
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
ATTRIBUTES = ("kind", "letter", "target", "colour", "shape", "size", "tag", "axis", "first", "second")


class Cards:
    """The kinds of cards, with their attributes and pixels [kinds, 28, 28, 3]."""

    def __init__(self, folder):
        self.kinds = json.loads(Path(folder, "cards.json").read_text())
        self.pixels = np.fromfile(Path(folder, "cards.rgb"), np.uint8).reshape(-1, CELL, CELL, 3)
        # a null target is the end mark
        self.values = [sorted({str(k[a]) for k in self.kinds if a in k}) for a in ATTRIBUTES]

    def directions(self):
        """One fixed orthonormal direction [D] per attribute value: (attribute, value) -> direction."""
        pairs = [(a, v) for a, values in zip(ATTRIBUTES, self.values) for v in values]
        assert len(pairs) <= D, f"{len(pairs)} attribute values do not fit {D} dimensions"
        basis = torch.linalg.qr(torch.randn(D, D, generator=torch.Generator().manual_seed(17)))[0]
        return dict(zip(pairs, basis))

    def code(self):
        """[kinds, D], RMS 1: the sum of the directions of a card's attributes. This is what the vision tower learns to
        output.
        """
        directions = self.directions()
        code = torch.stack([sum(directions[a, str(k[a])] for a in ATTRIBUTES if a in k) for k in self.kinds])
        return code / code.pow(2).mean(-1, keepdim=True).sqrt()


def patches(cells):
    """uint8 [N, 28, 28, 3] -> float [N, 4, 588]: normalised 14 x 14 patches, channel first (one temporal copy)."""
    x = (cells.astype(np.float32) / 255 - MEAN) / STD
    x = x.reshape(-1, 2, 14, 2, 14, 3).transpose(0, 1, 3, 5, 2, 4)
    return torch.from_numpy(np.ascontiguousarray(x.reshape(-1, 4, 588)))


@torch.no_grad()
def feature_bank(vision, cards):
    """[kinds, D]"""
    return vision(patches(cards.pixels))


def read_items(path, cards, limit=None):
    """Reads items from a generator's JSON lines and adds what training needs: `thought`, `said` and `visited` (K cells,
    one per latent).
    """
    items = []
    with open(path) as lines:
        for line in lines:
            if len(items) == limit:
                break
            item = json.loads(line)
            item["cells"] = item["cells"][0]
            item["thought"] = thought(item)
            item["said"] = said(item)
            item["visited"] = (item["evidence"] + item["evidence"][-1:] * K)[:K]
            items.append(item)
    return items


def thought(item):
    """Words of the written chain of thought: what is seen at each step. For counting questions: what is counted, and
    how many.
    """
    question, chain = item["question"], item["chain"]
    if question.startswith("How many"):
        return [w for w in question.rstrip("?").split() if w in COLOURS or w in PLURALS.values()] + [NUMBERS[len(chain)]]
    return chain


def said(item):
    """Words between the latents and the answer. They say which of the visited cards is asked for; after a walk to its
    end there are none; without a walk they are the thought.
    """
    if item["subtask"].startswith("count-hops"):
        return [NUMBERS[len(item["chain"]) - 1]]
    return [] if item["subtask"].startswith("hops") else item["thought"]


COLOURS = ("red", "blue", "green", "yellow", "purple", "orange")
PLURALS = {shape: "crosses" if shape == "cross" else f"{shape}s" for shape in ("circle", "square", "triangle", "star", "diamond", "cross")}
SIDES = {"column": ("left", "right"), "row": ("above", "below")}  # sides of the first and the second shape of a pair


def drill(item, cards, rng, length=12):
    """A dense exercise: (word, the word to give for it) for things in the picture. For a letter, where it points; for a
    shape, how many there are, or its side in a pair.
    """
    seen = [cards.kinds[kind] for kind in item["cells"]]
    asked = [(card["letter"], card["target"]) for card in seen if card.get("target")]
    single = [card["shape"] for card in seen if card["kind"] == "shape"]
    paired = [(card[place], SIDES[card["axis"]][i]) for card in seen if card["kind"] == "pair" for i, place in enumerate(("first", "second"))]
    if not asked:
        asked = [(PLURALS[shape], NUMBERS[single.count(shape)]) for shape in PLURALS if single.count(shape) < len(NUMBERS)]
        asked += [(shape, side) for shape, side in paired if [other for other, _ in paired].count(shape) == 1]
    rng.shuffle(asked)
    return asked[:length // 2]


class Pool:
    """Items by subtask. Draws mixtures without repetition until a subtask is used up, then reshuffles it."""

    def __init__(self, items, seed):
        self.random = random.Random(seed)
        self.by_task = {}
        for item in items:
            self.by_task.setdefault(item["subtask"], []).append(item)
        self.left = {task: [] for task in self.by_task}

    def draw(self, mixture, n):
        """`mixture`: subtask -> share."""
        chosen = self.random.choices(list(mixture), list(mixture.values()), k=n)
        return [self.next(task) for task in chosen]

    def next(self, task):
        if not self.left[task]:
            self.left[task] = self.by_task[task][:]
            self.random.shuffle(self.left[task])
        return self.left[task].pop()


def pictures(bank, items):
    """Features of whole pictures [B, 16, D]."""
    return bank[torch.tensor([item["cells"] for item in items])]


MODE_OF = {"latent": "latent", "markers": "latent", "word": "latent", "bare": "latent", "text": "text-cot", "drill": "text-cot", "direct": "direct"}


def batch(tokens, bank, items, forms):
    """Builds rows of prompt + response. `forms[i]` is one of tokens.RESPONSES.

    Returns ids [B, T], labels [B, T] (-100 where there is no loss; the label of position p is id p + 1), image [B, 16,
    D], image_at [B], place [B, 3, T] and `first` (no position before it has a loss). With latent rows also `rows`,
    `slots` [R, K] (positions whose input is a latent) and `targets` [R, K, D].
    """
    image = pictures(bank, items)
    prompts = [tokens.prompt(item["prompts"][MODE_OF[form]]) for item, form in zip(items, forms)]
    rows = [(prompt, tokens.response(item, form)) for (prompt, _), item, form in zip(prompts, items, forms)]
    longest = max(len(p) + len(r) for p, r in rows)
    ids = np.full((len(rows), longest), tokens.pad)
    labels = np.full((len(rows), longest), -100)
    for i, (prompt, response) in enumerate(rows):
        n, end = len(prompt), len(prompt) + len(response)
        ids[i, :n], ids[i, n:end] = prompt, response
        labels[i, n - 1:end - 1] = response
        if forms[i] == "word":
            labels[i, n] = -100  # a guess without a block trains the answer, not leaving out the block
        if forms[i] == "drill":
            labels[i, n - 1:end - 1:2] = -100  # the opening mark and the names of things are given, without loss
    labels[(labels == tokens.sep) | (labels == tokens.end)] = -100  # written by the decoding rule
    image_at = torch.tensor([at for _, at in prompts])
    out = dict(ids=torch.from_numpy(ids), labels=torch.from_numpy(labels), image=image, image_at=image_at, place=places(image_at, longest),
               first=min(len(p) for p, _ in rows) - 1)
    having = [i for i, form in enumerate(forms) if form == "latent"]
    if having:
        out["rows"] = torch.tensor(having)
        out["slots"] = torch.from_numpy(np.stack([np.flatnonzero(ids[i] == tokens.sep) for i in having]))
        out["targets"] = image[out["rows"][:, None], torch.tensor([items[i]["visited"] for i in having])]
    return out


def embed(text, ids, image, image_at):
    """Input embeddings [B, T, D] with the picture's features in place."""
    rows = torch.arange(len(ids))[:, None]
    return text.emb(ids).index_put((rows, image_at[:, None] + torch.arange(CELLS)), image)


def inputs(text, b, latents=None):
    """Input embeddings of a batch, with latents [R, K, D] at their slots."""
    x = embed(text, b["ids"], b["image"], b["image_at"])
    return x if latents is None else x.index_put((b["rows"][:, None], b["slots"]), latents)
