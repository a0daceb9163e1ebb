"""The Qwen2.5-VL forward pass for one fixed layout (4 x 4 cells of one merged token each), batched for training on a
CPU.

`convert.py` converts its weights to the Hugging Face class; `export.py` checks that both compute the same.
Shapes: B rows, T positions, D text width, N cells. Reads top to bottom: vision tower, rotary table, decoder.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .tokens import CELLS, GRID

VISION = dict(hidden=64, ffn=128, depth=2, heads=4)
TEXT = dict(hidden=96, ffn=192, layers=3, heads=4, kv_heads=2, theta=10000.0, sections=(1, 1, 10))
D = TEXT["hidden"]
HEAD_DIM = D // TEXT["heads"]
EPS = 1e-6


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), -1)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, EPS)


class VisionBlock(nn.Module):
    def __init__(self):
        super().__init__()
        width, ffn = VISION["hidden"], VISION["ffn"]
        self.norm1, self.norm2 = RmsNorm(width), RmsNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.gate, self.up, self.down = nn.Linear(width, ffn), nn.Linear(width, ffn), nn.Linear(ffn, width)

    def forward(self, x, cos, sin):  # [N, 4, width]: attention stays inside a cell
        n, _, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, 4, 3, VISION["heads"], -1).permute(2, 0, 3, 1, 4)
        q, k = q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, 4, width))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Vision(nn.Module):
    """`window_size` is one cell and no block uses full attention, so the feature of a cell depends only on that cell
    and not on its place.
    """

    def __init__(self):
        super().__init__()
        width, head = VISION["hidden"], VISION["hidden"] // VISION["heads"]
        self.patch = nn.Linear(588, width, bias=False)  # one temporal copy; the checkpoint halves it over two
        self.blocks = nn.ModuleList(VisionBlock() for _ in range(VISION["depth"]))
        self.norm, self.merge1, self.merge2 = RmsNorm(width), nn.Linear(4 * width, 4 * width), nn.Linear(4 * width, D)
        frequency = 10000.0 ** (-torch.arange(0, head // 2, 2).float() / (head // 2))
        place = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).float()
        angle = (place[:, :, None] * frequency).flatten(1).repeat(1, 2)
        self.register_buffer("cos", angle.cos(), False)
        self.register_buffer("sin", angle.sin(), False)

    def forward(self, patches):  # [N, 4, 588] -> [N, D]
        x = self.patch(patches)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.merge2(F.gelu(self.merge1(self.norm(x).flatten(1))))


def places(image_at, length):
    """Positions [B, 3, length] on the axes time, row and column, for rows whose picture starts at image_at [B]
    (Qwen2.5-VL get_rope_index).

    Text counts up on all three axes. The picture has one time, its rows and its columns. Text continues after the
    largest of them.
    """
    index = torch.arange(length).expand(len(image_at), 1, length)
    at = image_at[:, None, None]
    cell = index - at
    inside = torch.cat([at.expand_as(cell), at + cell // GRID, at + cell % GRID], 1)
    outside = torch.where(cell < 0, index, index - CELLS + GRID)
    return torch.where((cell >= 0) & (cell < CELLS), inside, outside)


# the axis that rotates each rotary pair
AXIS = torch.repeat_interleave(torch.arange(3), torch.tensor(TEXT["sections"]))
FREQUENCY = TEXT["theta"] ** (-torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)


def rotary(place):
    """cos, sin [B, 1, T, HEAD_DIM] at places [B, 3, T]."""
    angle = (place[:, AXIS].float() * FREQUENCY[:, None]).transpose(1, 2).repeat(1, 1, 2)[:, None]
    return angle.cos(), angle.sin()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads, self.kv = TEXT["heads"], TEXT["kv_heads"]
        self.norm1, self.norm2 = RmsNorm(D), RmsNorm(D)
        self.q, self.kv_proj = nn.Linear(D, D), nn.Linear(D, 2 * self.kv * HEAD_DIM)
        self.out = nn.Linear(D, D, bias=False)
        self.gate_up, self.down = nn.Linear(D, 2 * TEXT["ffn"], bias=False), nn.Linear(TEXT["ffn"], D, bias=False)

    def forward(self, x, cos, sin, cache=None, first=0):
        """x [B, T, D] -> [B, T - first, D]: only positions from `first` on are queried. cos, sin [B, 1, T, HEAD_DIM].
        """
        b, t, _ = x.shape
        y = self.norm1(x)
        q = self.q(y[:, first:]).view(b, t - first, self.heads, HEAD_DIM).transpose(1, 2)
        k, v = self.kv_proj(y).view(b, t, 2, self.kv, HEAD_DIM).permute(2, 0, 3, 1, 4)
        q = q * cos[:, :, first:] + rotate_half(q) * sin[:, :, first:]
        k = k * cos + rotate_half(k) * sin
        causal, mask = t > 1 and first == 0, None
        if cache is not None:
            if cache:
                k, v = torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2)
            cache.update(k=k, v=v)
        if first:
            mask = torch.ones(t - first, t, dtype=torch.bool).tril(first)
        groups = self.heads // self.kv
        mixed = F.scaled_dot_product_attention(q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1), attn_mask=mask, is_causal=causal)
        x = x[:, first:] + self.out(mixed.transpose(1, 2).reshape(b, t - first, D))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Text(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.emb = nn.Embedding(vocabulary, D)
        self.layers = nn.ModuleList(Layer() for _ in range(TEXT["layers"]))
        self.norm = RmsNorm(D)
        nn.init.normal_(self.emb.weight, std=0.15)
        for name, p in self.layers.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=p.shape[1] ** -0.5 * (0.5 if name.endswith(("out.weight", "down.weight")) else 1.0))
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, x, place, cache=None, first=0):
        """Input embeddings x [B, T, D] at places [B, 3, T] -> states after the final norm [B, T - first, D]."""
        cos, sin = rotary(place)
        for i, layer in enumerate(self.layers):
            last = i == len(self.layers) - 1
            x = layer(x, cos, sin, None if cache is None else cache[i], first if last else 0)
        return self.norm(x)

    def logits(self, hidden):
        return hidden @ self.emb.weight.T


def cosine(step, steps, warm=60, floor=0.02):
    """Learning-rate factor: linear warm-up, then half a cosine."""
    return min(1.0, (step + 1) / warm) * max(floor, 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))))
