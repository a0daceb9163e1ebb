"""Stage 2: GRPO. Samples groups of answers to one item. Reward = right answer + well-formed response; advantage =
reward normalised within the group.

Latents run free while sampling and are replayed as constants in the update. The gradient therefore reaches the written
words and, through attention over the replayed block, how the block is read (LanteRn's stage 2: align latents with the
answer).
"""
import time
from dataclasses import dataclass

import torch

from .data import inputs, pictures
from .decode import decode, right
from .model import places
from .tokens import K


@dataclass(frozen=True)
class Policy:
    init: str
    steps: int
    mixture: dict
    lr: float = 2e-4
    groups: int = 12
    size: int = 8  # samples per group
    temperature: float = 1.0
    format_reward: float = 0.2
    seed: int = 0


def well_formed(tokens, ids):
    """Whether there is exactly one thought with one complete latent block, followed by one closed answer."""
    parts = (tokens.think, tokens.start, tokens.end, tokens.unthink, tokens.answer, tokens.unanswer, tokens.eos)
    return all(ids.count(part) == 1 for part in parts) and sorted(parts, key=ids.index) == list(parts) and ids.count(tokens.sep) == K


def update_batch(tokens, items, sampled, latents, keep, image):
    """Rows of prompt + sampled ids for the kept samples, in the format of data.batch, with the latents that were fed.
    """
    prompts = [tokens.prompt(items[i]["prompts"]["latent"]) for i in keep]
    rows = [list(prompt) + sampled[i] for (prompt, _), i in zip(prompts, keep)]
    longest = max(map(len, rows))
    ids, labels = torch.full((len(rows), longest), tokens.pad), torch.full((len(rows), longest), -100)
    for j, (row, i) in enumerate(zip(rows, keep)):
        ids[j, :len(row)] = torch.tensor(row)
        labels[j, len(prompts[j][0]) - 1:len(row) - 1] = torch.tensor(sampled[i])
    labels[(labels == tokens.sep) | (labels == tokens.end)] = -100
    image_at = torch.tensor([at for _, at in prompts])
    b = dict(ids=ids, labels=labels, image=image[keep], image_at=image_at, place=places(image_at, longest))
    having = [j for j, i in enumerate(keep) if tokens.sep in sampled[i]]
    if not having:
        return b, None
    b["rows"] = torch.tensor(having)
    b["slots"] = torch.stack([(ids[j] == tokens.sep).nonzero()[:, 0] for j in having])
    return b, latents[torch.tensor(keep)[b["rows"]]]


def train_policy(text, tokens, bank, pool, policy, log, every=10):
    torch.manual_seed(policy.seed)
    generator = torch.Generator().manual_seed(policy.seed)
    optimizer = torch.optim.AdamW(text.parameters(), lr=policy.lr, weight_decay=0.0, betas=(0.9, 0.98))
    began, seen = time.time(), []
    for step in range(policy.steps):
        items = [item for item in pool.draw(policy.mixture, policy.groups) for _ in range(policy.size)]
        image = pictures(bank, items)
        sampled, latents, used = decode(text, tokens, bank, items, "latent", temperature=policy.temperature, generator=generator, image=image)
        correct = torch.tensor(right(tokens, items, sampled)).float()
        reward = correct + policy.format_reward * torch.tensor([well_formed(tokens, ids) for ids in sampled]).float()
        group = reward.view(-1, policy.size)
        advantage = ((group - group.mean(1, keepdim=True)) / (group.std(1, keepdim=True) + 1e-4)).flatten()
        keep = [i for i, ids in enumerate(sampled) if abs(advantage[i]) > 1e-6 and ids.count(tokens.sep) in (0, K)]
        seen.append((correct.mean().item(), reward.mean().item(), used.float().mean().item(), len(keep) / len(items)))
        if keep:
            b, fed = update_batch(tokens, items, sampled, latents, keep, image)
            asked = b["labels"] != -100
            chosen = torch.log_softmax(text.logits(text(inputs(text, b, fed), b["place"])[asked]) / policy.temperature, -1)
            chosen = chosen.gather(1, b["labels"][asked][:, None])[:, 0]
            weight = advantage[torch.tensor(keep)][:, None].expand_as(b["labels"])[asked]
            optimizer.zero_grad(set_to_none=True)
            (-(weight * chosen).sum() / asked.sum()).backward()
            torch.nn.utils.clip_grad_norm_(text.parameters(), 0.5)
            optimizer.step()
        if (step + 1) % every == 0:
            names = ("accuracy", "reward", "blocks", "kept")
            log(dict(step=step + 1, seconds=round(time.time() - began, 1)) | {k: round(sum(v) / len(v), 3) for k, v in zip(names, zip(*seen))})
            seen = []
