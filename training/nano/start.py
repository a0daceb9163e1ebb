"""Initialisation before training: words and pictures share a space, and some attention heads start as look-ups.

Random weights find the look-up (this letter -> the card that bears it) only after a long plateau; starting near it cuts
training to a third. Nothing is frozen: every weight set here is trained further. What a chain means, when to stop, and
what latents are for must be learned.

Layers 0 and 1, heads 0 and 2: the query is the letter pointed at (or the shape named), and the key is the letter (or
shape) that a card shows. Both are in the slow rotary pairs, which hardly rotate over a prompt. Head 0 copies where the
card points and its tag; head 2 copies its letter, colour and kind.
Layer 0, head 1: the name of a shape attends to the cards that show it and to the token before the picture, which scores
like ANCHOR of them. The share of attention on the cards, n / (n + ANCHOR), gives their number.
Layer 0, head 3: a number word directly after a latent block attends to the latent of that number and copies its letter
and colour.
"""
import math

import torch

from .data import PLURALS
from .model import D, FREQUENCY, HEAD_DIM, TEXT
from .tokens import K, NUMBERS

# head dimensions of the slow rotary pairs
SLOW = [i + half for half in (0, HEAD_DIM // 2) for i in range(5, HEAD_DIM // 2 - 1)]
SLOWEST_PAIR = HEAD_DIM // 2 - 1
WORD = 1.5  # length of a word's component along an attribute direction
MATCH = 1.3  # scale of query and key
MATCHED = 12.0  # roughly how much higher a match then scores than a non-match
CARD = 5.0  # how much higher any card scores than a word
COPY = 0.7
ANCHOR, GENTLE = 3.0, 0.5  # half the look-up's scale, so that the cards share attention evenly
STEADY, PICK = 4.0, 2.0  # the latent of a number word scores about 6 higher than its neighbours


def spare(directions, n):
    """n orthonormal directions not used by any attribute."""
    used = torch.stack(list(directions.values()))
    rest = torch.linalg.qr(torch.cat([used, torch.randn(D - len(used), D, generator=torch.Generator().manual_seed(23))]).T)[0].T
    return rest[len(used):len(used) + n]


@torch.no_grad()
def prepare(text, cards, tokens):
    """Sets the embeddings and look-up heads of an untrained decoder, in place."""
    directions = cards.directions()
    before, counted, *rest = spare(directions, 2 + len(PLURALS) + len(NUMBERS[1:]))
    words = [("named", shape) for shape in PLURALS] + [("number", word) for word in NUMBERS[1:]]
    directions |= dict(zip(words, rest))
    align_words(text.emb.weight, directions, tokens)
    group = lambda *names: [d for (a, _), d in directions.items() if a in names]
    for layer in text.layers[:2]:
        look_up(layer, directions)
        copy(layer, 0, group("target", "tag"), heads=(0,))
        copy(layer, 1, group("letter", "colour"), heads=(2,))
    text.emb.weight[tokens.encode("<|vision_start|>")[0]] = WORD * before
    count_cards(text.layers[0], before, sum(group("shape")), counted)
    pick_latent(text.layers[0], directions)
    copy(text.layers[0], 1, group("letter", "colour"), heads=(3,))


def align_words(embedding, directions, tokens):
    """Initialises the embedding of a word that names an attribute value with that value's direction."""
    for (attribute, value), direction in directions.items():
        # words for letters and shapes only ask; if they also showed, they would match themselves
        if attribute in ("target", "colour", "named", "number", "tag"):
            for word in {value, PLURALS.get(value, value)}:
                for ids in {tokens.encode(f" {word}"), tokens.encode(word)}:
                    if len(ids) == 1:
                        embedding[ids[0]] += WORD * direction


def look_up(layer, directions):
    generator = torch.Generator().manual_seed(29)
    query, key = torch.zeros(len(SLOW), D), torch.zeros(len(SLOW), D)
    asked = [(("target", v), [("letter", v)]) for a, v in directions if a == "letter"]
    asked += [(("named", v), [("shape", v), ("first", v), ("second", v)]) for a, v in directions if a == "shape"]
    apart = iter(torch.linalg.qr(torch.randn(len(SLOW), len(SLOW), generator=generator))[0])
    for word, shown in asked:
        name = next(apart) if word[0] == "named" else torch.randn(len(SLOW), generator=generator)
        name *= MATCH / name.norm()
        query += name[:, None] * directions[word]
        key += name[:, None] * sum(directions[attribute] for attribute in shown)
    for head, kv in ((0, 0), (2, 1)):
        rows = torch.tensor(SLOW)
        layer.q.weight[head * HEAD_DIM:(head + 1) * HEAD_DIM] = 0
        layer.q.weight[head * HEAD_DIM + rows] = query
        layer.kv_proj.weight[kv * HEAD_DIM:(kv + 1) * HEAD_DIM] = 0
        layer.kv_proj.weight[kv * HEAD_DIM + rows] = key
        layer.q.bias[head * HEAD_DIM + SLOWEST_PAIR] = CARD
        layer.kv_proj.weight[kv * HEAD_DIM + SLOWEST_PAIR] = sum(d for (a, v), d in directions.items() if a == "kind" and v != "empty")


def copy(layer, kv, values, heads):
    """Makes the first len(values) value dimensions of a key-value head carry these directions, and `heads` write them
    back.
    """
    assert len(values) <= HEAD_DIM
    first = TEXT["kv_heads"] * HEAD_DIM + kv * HEAD_DIM
    layer.kv_proj.weight[first:first + len(values)] = torch.stack(values)
    for head in heads:
        layer.out.weight[:, head * HEAD_DIM:head * HEAD_DIM + len(values)] = COPY * torch.stack(values).T


def count_cards(layer, before, shown, counted, head=1, kv=0):
    """Copies head 0's query and key and adds an anchor beside the cards. The share of attention on cards that show a
    shape goes to the direction `counted`.
    """
    first, key, free = head * HEAD_DIM, kv * HEAD_DIM, HEAD_DIM - 1
    layer.q.weight[first:first + HEAD_DIM] = GENTLE * layer.q.weight[:HEAD_DIM]
    layer.q.bias[first:first + HEAD_DIM] = GENTLE * layer.q.bias[:HEAD_DIM]
    layer.q.bias[first + free] = 1.0
    layer.kv_proj.weight[key + free] = (GENTLE * (MATCHED + CARD) + math.log(ANCHOR)) * (HEAD_DIM / D) ** 0.5 * before
    layer.kv_proj.weight[TEXT["kv_heads"] * HEAD_DIM + key + free] = shown
    layer.out.weight[:, first:first + HEAD_DIM] = 0
    layer.out.weight[:, first + free] = counted


def pick_latent(layer, directions, head=3, kv=1):
    """Makes the query of the n-th number word peak at latent n (from 0) by distance alone: two fast rotary pairs, with
    the same key at every position.
    """
    layer.q.weight[head * HEAD_DIM:(head + 1) * HEAD_DIM] = 0
    for pair in (0, 1):
        layer.kv_proj.bias[kv * HEAD_DIM + pair] = STEADY
        for n, word in enumerate(NUMBERS[1:], 1):
            angle = FREQUENCY[pair] * (K + 1 - n)  # the word comes after the block's end mark
            for half, part in ((0, angle.cos()), (HEAD_DIM // 2, -angle.sin())):
                layer.q.weight[head * HEAD_DIM + pair + half] += PICK * part * directions["number", word]
