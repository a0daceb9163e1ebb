"""Stage 1: next-token loss on the response, plus a regression of each latent onto the feature of the cell it
represents.

Latents are trained as in LanteRn's stage 1 (target = visual feature of the evidence). Two additions make the control
fair. Noise and self-forcing expose the model to its own imprecise latents. With dropout, rows without a block, with an
empty block or with junk latents must still give the answer, so that a model without good latents guesses among the
options instead of collapsing.
"""
import random
import time
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from .data import batch, drill, inputs
from .model import D, cosine


@dataclass(frozen=True)
class Stage:
    """The settings of one supervised stage; `train.py` contains the table of stages."""
    steps: int
    forms: dict  # response form -> share of rows
    mixture: dict  # subtask -> share of rows
    init: str | None = None  # checkpoint it starts from
    lr: float = 3e-3
    rows: int = 64
    regression: float = 1.0  # weight of the latent loss
    noise: float = 0.1  # added to latent inputs
    self_forcing: float = 0.2  # share of steps whose latent inputs are the model's own
    # subtask -> share of latent rows that lose their latents ("*": all others)
    dropout: dict = field(default_factory=dict)
    constant: bool = False  # placebo: every latent's target is one random vector
    # after junk latents the target is a random option, so that a walk cannot be finished from its first card
    guess: bool = False
    # forms after which the target is a random option: of "latent", "junk", "markers" and "word"
    guess_after: tuple = ()
    # that random option is never the right one
    astray: bool = False
    # questions are answered without a block if the question or its first option contains one of these
    quiet: tuple = ()
    # drift: on walks from these letters, latents are trained to stay at the start card, while true ones are read
    stuck: str = ""
    seed: int = 0


def forms_of(stage, items, rng):
    """A response form per item, and whether its latents are junk. Latent rows may lose their block: a quarter of those
    get an empty block, a quarter none, and half get junk vectors.
    """
    drawn = rng.choices(list(stage.forms), list(stage.forms.values()), k=len(items))
    junk = [form == "junk" for form in drawn]
    forms = ["latent" if form == "junk" else form for form in drawn]
    for i, item in enumerate(items):
        if any(word in f"{item['question']} (A) {item['options'][0]}" for word in stage.quiet):
            forms[i], junk[i] = "bare", False
        elif forms[i] == "latent" and rng.random() < stage.dropout.get(item["subtask"], stage.dropout.get("*", 0.0)):
            forms[i] = rng.choice(["markers", "word", "latent", "latent"])
            junk[i] = forms[i] == "latent"
    return forms, junk


def junk_like(targets):
    """Vectors that carry no information about the row's picture, of five kinds: zeros, noise, the batch's mean, another
    row's, the first repeated.
    """
    kind = torch.randint(0, 5, (len(targets), 1, 1))
    mean = targets.mean((0, 1)).expand_as(targets)
    spread = torch.where(torch.rand(len(targets), 1, 1) < 0.5, torch.randn_like(targets), mean + targets.std((0, 1)) * torch.randn_like(targets))
    choice = torch.where(kind == 0, torch.zeros_like(targets), spread)
    choice = torch.where(kind == 2, mean, choice)
    choice = torch.where(kind == 3, targets.roll(3, 0), choice)
    return torch.where(kind == 4, targets[:, :1].expand_as(targets), choice)


def latent_inputs(text, b, stage, rng, junk):
    """The inputs at the latent slots in a training step [R, K, D], and which regressions count [R, K]."""
    latents, counted = b["targets"], torch.ones(b["targets"].shape[:2])
    if rng.random() < stage.self_forcing:
        with torch.no_grad():  # after n passes, the first n latents equal those of free running
            for _ in range(rng.randint(1, 3)):
                hidden = text(inputs(text, b, latents), b["place"], first=b["first"])
                latents = hidden[b["rows"][:, None], b["slots"] - 1 - b["first"]]
    latents = latents + stage.noise * torch.randn_like(latents)
    spoiled = torch.tensor([junk[i] for i in b["rows"].tolist()])
    if spoiled.any():
        latents = torch.where(spoiled[:, None, None], junk_like(b["targets"]), latents)
        counted[spoiled, 1:] = 0  # after junk, only the first latent can be right
    return latents, counted


def guessing(item, rng, astray):
    """The item with a random option (`astray`: a wrong one) as its target, said before the answer too."""
    word = rng.choice([option for option in item["options"] if not astray or option != item["word"]])
    return item | dict(word=word, said=[word if said == item["word"] else said for said in item["said"]])


def step_loss(text, tokens, cards, bank, stage, pool, rng, placebo):
    items = pool.draw(stage.mixture, stage.rows)
    forms, junk = forms_of(stage, items, rng)
    for item, form in zip(items, forms):
        if form == "drill":
            item["drill"] = drill(item, cards, rng)
    if stage.guess:
        walks = [spoiled and "hops" in item["subtask"] and len(item["chain"]) > 1 for item, spoiled in zip(items, junk)]
        items = [item | {"word": rng.choice(item["options"])} if walk else item for item, walk in zip(items, walks)]
    if stage.guess_after:
        shown = ["junk" if spoiled else form for form, spoiled in zip(forms, junk)]
        items = [guessing(item, rng, stage.astray) if form in stage.guess_after else item for item, form in zip(items, shown)]
    b = batch(tokens, bank, items, forms)
    if stage.constant and "targets" in b:
        b["targets"] = placebo.expand_as(b["targets"])
    latents, goals = None, b.get("targets")
    if stage.stuck and goals is not None:
        stuck = torch.tensor([items[i]["subtask"].startswith("hops") and items[i]["chain"][0] in stage.stuck for i in b["rows"].tolist()])
        goals = torch.where(stuck[:, None, None], goals[:, :1], goals)
    if "targets" in b:
        latents, counted = latent_inputs(text, b, stage, rng, junk)
    hidden = text(inputs(text, b, latents), b["place"], first=b["first"])  # [B, T - first, D]
    labels = b["labels"][:, b["first"]:]
    asked = labels != -100
    scores = text.logits(hidden[asked])
    language = F.cross_entropy(scores, labels[asked])
    regression = torch.zeros(())
    if latents is not None:
        before = hidden[b["rows"][:, None], b["slots"] - 1 - b["first"]]
        regression = ((before - goals).pow(2).mean(-1) * counted).sum() / counted.sum()
    return language, regression


def placebo_vector():
    """One random vector of RMS 1 (the mean feature is shorter and cannot be a state after the final norm)."""
    v = torch.randn(D, generator=torch.Generator().manual_seed(5))
    return v / v.pow(2).mean().sqrt()


def train(text, tokens, cards, bank, pool, stage, log, watch=None, every=50):
    """Runs a stage in place. `log` receives one dict per `every` steps; `watch(step)` is called occasionally to measure
    accuracies.
    """
    rng = random.Random(1000 + stage.seed)
    torch.manual_seed(stage.seed)
    matrices = [p for p in text.parameters() if p.dim() == 2]
    vectors = [p for p in text.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([dict(params=matrices, weight_decay=0.01), dict(params=vectors, weight_decay=0.0)], lr=stage.lr, betas=(0.9, 0.98))
    placebo, began = placebo_vector(), time.time()
    sums = [0.0, 0.0]
    for step in range(stage.steps):
        for group in optimizer.param_groups:
            group["lr"] = stage.lr * cosine(step, stage.steps)
        language, regression = step_loss(text, tokens, cards, bank, stage, pool, rng, placebo)
        optimizer.zero_grad(set_to_none=True)
        (language + stage.regression * regression).backward()
        torch.nn.utils.clip_grad_norm_(text.parameters(), 1.0)
        optimizer.step()
        sums = [sums[0] + language.item(), sums[1] + regression.item()]
        if (step + 1) % every == 0:
            log(dict(step=step + 1, language=round(sums[0] / every, 4), regression=round(sums[1] / every, 4), seconds=round(time.time() - began, 1)))
            sums = [0.0, 0.0]
            if watch and (step + 1) % (4 * every) == 0:
                watch(step + 1)
