"""Tokenizer of the nano checkpoints, and the text of prompts and responses.

The wording of questions is not decided here but in the TypeScript generators and `src/modes/prompts.ts`; items arrive
with their prompts.
"""
import json
from functools import lru_cache
from pathlib import Path

K = 5  # latents per block
GRID = 4  # a picture is GRID x GRID cells, one merged vision token each
CELL = 28  # pixels of a cell
CELLS = GRID * GRID

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>",
           "<|lvr_start|>", "<|lvr_sep|>", "<|lvr_end|>", "<think>", "</think>", "<answer>", "</answer>"]
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' or 'image' in c %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in c %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
IMAGE = "<image>"  # stands for the picture in a prompt
NUMBERS = ("none", "one", "two", "three", "four")  # counts in a written chain of thought

# The pre-tokenisation rule of Qwen2 (Qwen/Qwen2.5-VL-3B-Instruct: tokenizer.json), so that any Qwen2 tokenizer can read
# ours.
QWEN_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def build_tokenizer(corpus, folder):
    """Trains a byte-level BPE in which every word of `corpus` (iterable of strings) becomes one token, and writes it to
    `folder`.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import Qwen2TokenizerFast
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=2000, min_frequency=2, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    fast = Qwen2TokenizerFast(tokenizer_object=tokenizer, unk_token=None, eos_token="<|im_end|>", pad_token="<|endoftext|>", bos_token=None)
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)


class Tokens:
    """Encodes prompts and responses with a cache, and provides the special ids."""

    def __init__(self, folder):
        from transformers import Qwen2TokenizerFast
        self.fast = Qwen2TokenizerFast.from_pretrained(folder)
        self.prompt = lru_cache(maxsize=200_000)(self.prompt)
        self.encode = lru_cache(maxsize=200_000)(lambda text: tuple(self.fast(text, add_special_tokens=False)["input_ids"]))
        one = lambda text: self.encode(text)[0]
        self.pad, self.eos, self.image = one("<|endoftext|>"), one("<|im_end|>"), one("<|image_pad|>")
        self.start, self.sep, self.end = one("<|lvr_start|>"), one("<|lvr_sep|>"), one("<|lvr_end|>")
        self.think, self.unthink, self.answer, self.unanswer = one("<think>"), one("</think>"), one("<answer>"), one("</answer>")

    def __len__(self):
        return len(self.fast)

    def strings(self):
        """Token strings by id, so that a checkpoint can survive a changed vocabulary."""
        return self.fast.convert_ids_to_tokens(range(len(self)))

    def prompt(self, text):
        """Ids of one user turn whose text contains `<image>` once, and the position of the first picture token."""
        before, after = text.split(IMAGE)
        front = self.line_ids("<|im_start|>user\n" + before) + self.encode("<|vision_start|>")
        back = self.encode("<|vision_end|>") + self.line_ids(after + "<|im_end|>\n<|im_start|>assistant\n")
        return front + (self.image,) * CELLS + back, len(front)

    def line_ids(self, text):
        """Ids of a text, encoded line by line. The pre-tokeniser never joins across line ends, and lines repeat, so the
        cache stays small.
        """
        return tuple(i for line in text.splitlines(keepends=True) for i in self.encode(line))

    def response(self, item, form):
        """Ids of the supervised answer in one of the forms of RESPONSES."""
        return self.encode(RESPONSES[form](item))

    def answer_text(self, ids):
        """The text between <answer> and </answer>; None without <answer>."""
        if self.answer not in ids:
            return None
        rest = ids[ids.index(self.answer) + 1:]
        return self.fast.decode(rest[:rest.index(self.unanswer)] if self.unanswer in rest else rest).strip()


def words(names):
    return "".join(f" {name}" for name in names)


def closing(item):
    return f" {item['word']}</think><answer> {item['word']}</answer><|im_end|>"


RESPONSES = {
    "latent": lambda item: "<think><|lvr_start|>" + "<|lvr_sep|>" * K + "<|lvr_end|>" + words(item["said"]) + closing(item),
    "markers": lambda item: "<think><|lvr_start|><|lvr_end|>" + words(item["said"]) + closing(item),
    "word": lambda item: "<think>" + words(item["said"]) + closing(item),
    "bare": lambda item: "<think>" + words(item["said"]) + closing(item),
    "text": lambda item: "<think>" + words(item["thought"]) + closing(item),
    "drill": lambda item: "<think>" + "".join(words(asked) for asked in item["drill"]),
    "direct": lambda item: f"<answer> {item['word']}</answer><|im_end|>",
}


def save_json(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(value, indent=1) + "\n")
