"""Batched decoding by LanteRn's rule, with interventions on the latents (design/latent-reasoning.md 1.2 and 1.4).

The ONNX runner of lantern-eval is authoritative; this is a fast substitute for training and first figures.
"""
import torch

from .data import embed, pictures
from .model import places
from .tokens import K

REPLACEMENTS = ("zeros", "noise", "matched-noise", "mean", "swap", "first-repeat", "shuffle", "markers-only")


@torch.no_grad()
def decode(text, tokens, bank, items, mode, intervention="own", foreign=None, statistics=None, generator=None, temperature=0.0, longest=24, image=None):
    """Answers items in one mode. Rows with the same layout share a batch.

    foreign [B, K, D]: latents fed by `swap` and `shuffle`. statistics: (mean [D], deviation [D]) for `mean` and
    `matched-noise`.
    Returns a list of id lists, the latents fed [B, K, D], and which rows used a block [B].
    """
    image = pictures(bank, items) if image is None else image
    prompts = [tokens.prompt(item["prompts"][mode]) for item in items]
    answers, fed, used = [None] * len(items), torch.zeros(len(items), K, image.shape[-1]), torch.zeros(len(items), dtype=torch.bool)
    visited = torch.tensor([item["visited"] for item in items])
    for length, image_at in sorted({(len(ids), at) for ids, at in prompts}):
        rows = torch.tensor([i for i, (ids, at) in enumerate(prompts) if (len(ids), at) == (length, image_at)])
        starts = torch.full((len(rows),), image_at)
        x = embed(text, torch.tensor([prompts[i][0] for i in rows]), image[rows], starts)
        truth = image[rows[:, None], visited[rows]]
        ids, latents, blocks = decode_rows(text, tokens, x, places(starts, length), truth, intervention,
                                           None if foreign is None else foreign[rows], statistics, generator, temperature, longest)
        for row, sequence in zip(rows.tolist(), ids):
            answers[row] = sequence
        fed[rows], used[rows] = latents, blocks
    return answers, fed, used


def decode_rows(text, tokens, x, place, truth, intervention, foreign, statistics, generator, temperature, longest):
    n, cache = len(x), [{} for _ in text.layers]
    hidden = text(x, place, cache, first=x.shape[1] - 1)[:, -1]
    place = place[:, :, -1:]
    inside, count, done = (torch.zeros(n, dtype=t) for t in (torch.bool, torch.long, torch.bool))
    latents, every = torch.zeros_like(truth), torch.arange(n)
    budget = 0 if intervention == "markers-only" else K
    written = []
    for _ in range(longest):
        scores = text.logits(hidden)
        if intervention == "no-latent":
            scores[:, tokens.start] = -torch.inf
        if temperature > 0:
            choice = torch.multinomial(torch.softmax(scores / temperature, -1), 1, generator=generator)[:, 0]
        else:
            choice = scores.argmax(-1)
        feeding = inside & (count < budget)
        leaving = inside & ~feeding
        opening = ~inside & (choice == tokens.start)
        choice = torch.where(feeding, tokens.sep, torch.where(leaving, tokens.end, choice))
        choice = torch.where(done, tokens.pad, choice)
        x = text.emb(choice)
        if feeding.any():
            slot = count.clamp(max=K - 1)
            vector = replaced(intervention, hidden, slot, every, latents, truth, foreign, statistics, generator)
            x[feeding] = vector[feeding]
            latents[every[feeding], slot[feeding]] = vector[feeding]
        count = torch.where(opening, 0, count + feeding.long())
        inside = (inside | opening) & ~leaving
        written.append(choice)
        done |= choice == tokens.eos
        if done.all():
            break
        place = place + 1
        hidden = text(x[:, None], place, cache)[:, -1]
    rows = torch.stack(written, 1).tolist()
    cut = [row[:row.index(tokens.eos) + 1] if tokens.eos in row else row for row in rows]
    return cut, latents, torch.tensor([tokens.sep in row for row in cut])


def replaced(intervention, hidden, slot, every, latents, truth, foreign, statistics, generator):
    """The vector to feed in place of the state `hidden` [B, D] as latent number `slot` [B]."""
    match intervention:
        case "zeros":
            return torch.zeros_like(hidden)
        case "noise":
            return torch.randn(hidden.shape, generator=generator)
        case "matched-noise":
            return statistics[0] + statistics[1] * torch.randn(hidden.shape, generator=generator)
        case "mean":
            return statistics[0].expand_as(hidden)
        case "oracle":
            return truth[every, slot]
        case "first-repeat":
            return torch.where((slot > 0)[:, None], latents[:, 0], hidden)
        case "swap" | "shuffle":
            return foreign[every, slot]
    return hidden  # own, no-latent


def right(tokens, items, answers):
    """One bool per item: whether the text between the answer tags is that of the right option."""
    return [tokens.answer_text(ids) == item["word"] for item, ids in zip(items, answers)]
