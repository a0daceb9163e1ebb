"""Stage 0: the vision tower learns to represent the attributes of single cells as a sum of one fixed direction per
attribute value.

This is a plain regression. Orthogonal directions keep attributes apart, so the decoder can read them linearly, and a
latent that is slightly off still identifies the right card. The code has RMS 1, the size of a state after the final
norm, which is what a latent is.
"""
import time

import torch

from .data import patches
from .model import Vision, cosine


def train_vision(cards, steps, log, rows=256, lr=3e-3, seed=0, every=50):
    torch.manual_seed(seed)
    code, pixels = cards.code(), patches(cards.pixels)  # [kinds, D], [kinds, 4, 588]
    vision = Vision()
    optimizer = torch.optim.AdamW(vision.parameters(), lr=lr, weight_decay=0.0)
    # The kinds of cells differ in number (1 empty cell, hundreds of cards). Half of the draws are uniform over cards,
    # half uniform over kinds.
    family = [str(k["kind"]) for k in cards.kinds]
    weight = torch.tensor([0.5 / len(family) + 0.5 / (len(set(family)) * family.count(f)) for f in family])
    began = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lr * cosine(step, steps)
        pick = torch.multinomial(weight, rows, replacement=True)
        error = (vision(pixels[pick]) - code[pick]).pow(2).mean()
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        torch.nn.utils.clip_grad_norm_(vision.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % every == 0:
            log(dict(step=step + 1, regression=round(error.item(), 5), seconds=round(time.time() - began, 1)))
    return vision.eval()


@torch.no_grad()
def nearest(bank, code):
    """Share of card kinds whose feature [kinds, D] is nearest to its own code."""
    return (torch.cdist(bank, code).argmin(-1) == torch.arange(len(code))).float().mean().item()
