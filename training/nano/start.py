"""Where training starts from: words and pictures share a space, and some attention heads start as look-ups.

Random weights find the look-up (this letter -> the card that bears it) only after a long plateau; starting near it cuts the training to a third.
Nothing is frozen: every weight set here is trained on. What a chain means, when to stop, and what latents are for is learned.

Layers 0 and 1, heads 0 and 2: the query is the letter pointed at (or the shape named), the key is the letter (or shape) a card shows, in the slow
rotary pairs, which hardly turn over a prompt; head 0 copies where the card points and its tag, head 2 its letter, colour and kind.
Layer 0, heads 1 and 3: each cell looks at the token before the picture as strongly as its row (column) says, by one fast rotary pair; so cells
learn their places, which layer 1 copies along.
"""
import math

import torch

from .data import PLURALS
from .model import D, HEAD_DIM, TEXT

SLOW = [i + half for half in (0, HEAD_DIM // 2) for i in range(5, HEAD_DIM // 2 - 1)]  # head dimensions of slow rotary pairs
ROW_PAIR, COLUMN_PAIR, STEADY_PAIR, SLOWEST_PAIR = 1, 2, 4, HEAD_DIM // 2 - 1
WORD = 1.5  # length of a word's part along an attribute direction
MATCH = 1.3  # scale of query and key: a match scores about 9 above no match
CARD = 5.0  # how much higher any card scores than a word
COPY = 0.7
PLACES = 6.0  # steepness of the place heads


def spare(directions, n):
    """n orthonormal directions that no attribute uses."""
    used = torch.stack(list(directions.values()))
    rest = torch.linalg.qr(torch.cat([used, torch.randn(D - len(used), D, generator=torch.Generator().manual_seed(23))]).T)[0].T
    return rest[len(used):len(used) + n]


@torch.no_grad()
def prepare(text, cards, tokens):
    """Sets embeddings and look-up heads of an untrained decoder, in place."""
    directions = cards.directions()
    before, row, column, *named = spare(directions, 3 + len(PLURALS))
    directions |= {("named", shape): direction for shape, direction in zip(PLURALS, named)}
    align_words(text.emb.weight, directions, tokens)
    text.emb.weight[tokens.encode("<|vision_start|>")[0]] = WORD * before
    group = lambda *names: [d for (a, _), d in directions.items() if a in names]
    for index, layer in enumerate(text.layers[:2]):
        look_up(layer, directions)
        marks = ([before], [before]) if index == 0 else ([row], [column])
        copy(layer, 0, group("target", "tag") + marks[0], heads=(0,))
        copy(layer, 1, group("letter", "colour") + marks[1], heads=(2,))
    place_heads(text.layers[0], before, row, column)


def align_words(embedding, directions, tokens):
    """Starts the embedding of a word that names an attribute value at that value's direction."""
    for (attribute, value), direction in directions.items():
        if attribute in ("target", "colour", "named", "tag"):  # words for letters and shapes ask, they do not show: else they would find themselves
            for word in {value, PLURALS.get(value, value)}:
                for ids in {tokens.encode(f" {word}"), tokens.encode(word)}:
                    if len(ids) == 1:
                        embedding[ids[0]] += WORD * direction


def look_up(layer, directions):
    generator = torch.Generator().manual_seed(29)
    pairs = [(("target", v), ("letter", v)) for a, v in directions if a == "letter"] + [(("named", v), ("shape", v)) for a, v in directions if a == "shape"]
    query, key = torch.zeros(len(SLOW), D), torch.zeros(len(SLOW), D)
    for asked, shown in pairs:
        name = torch.randn(len(SLOW), generator=generator)
        name *= MATCH / name.norm()
        query += name[:, None] * directions[asked]
        key += name[:, None] * directions[shown]
    for head, kv in ((0, 0), (2, 1)):
        rows = torch.tensor(SLOW)
        layer.q.weight[head * HEAD_DIM:(head + 1) * HEAD_DIM] = 0
        layer.q.weight[head * HEAD_DIM + rows] = query
        layer.kv_proj.weight[kv * HEAD_DIM:(kv + 1) * HEAD_DIM] = 0
        layer.kv_proj.weight[kv * HEAD_DIM + rows] = key
        layer.q.bias[head * HEAD_DIM + SLOWEST_PAIR] = CARD
        layer.kv_proj.weight[kv * HEAD_DIM + SLOWEST_PAIR] = sum(d for (a, v), d in directions.items() if a == "kind" and v != "empty")


def copy(layer, kv, values, heads):
    """The first len(values) value dimensions of a key-value head carry these directions, and `heads` write them back."""
    assert len(values) <= HEAD_DIM
    first = TEXT["kv_heads"] * HEAD_DIM + kv * HEAD_DIM
    layer.kv_proj.weight[first:first + len(values)] = torch.stack(values)
    for head in heads:
        layer.out.weight[:, head * HEAD_DIM:head * HEAD_DIM + len(values)] = COPY * torch.stack(values).T


def place_heads(layer, before, row, column):
    """Heads 1 and 3 of the first layer. Score on the token before the picture: a constant + PLACES x sin(frequency x (place - 1.5))."""
    half = HEAD_DIM // 2
    for head, kv, pair, out in ((1, 0, ROW_PAIR, row), (3, 1, COLUMN_PAIR, column)):
        frequency = TEXT["theta"] ** (-2 * pair / HEAD_DIM)
        phase = 2.5 * frequency - math.pi / 2  # the cell at place 0 is one position behind the token
        unit = HEAD_DIM ** 0.5 / D ** 0.5  # key and bias of length 1 in a pair score 1
        q, k = layer.q, layer.kv_proj.weight
        q.weight[head * HEAD_DIM:(head + 1) * HEAD_DIM] = 0
        q.bias[head * HEAD_DIM + pair], q.bias[head * HEAD_DIM + pair + half] = PLACES * unit * math.cos(phase), -PLACES * unit * math.sin(phase)
        q.bias[head * HEAD_DIM + STEADY_PAIR] = 3.0 * unit
        k[kv * HEAD_DIM + pair] = before
        k[kv * HEAD_DIM + STEADY_PAIR] = before
        marked = 21 if kv == 0 else 22
        layer.out.weight[:, head * HEAD_DIM:(head + 1) * HEAD_DIM] = 0
        layer.out.weight[:, head * HEAD_DIM + marked] = out
