"""The side of transformers in cuda.ts: `generate` of a random decoder of the same shape, one line of JSON each."""
import json
import sys
import time

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

asked = json.loads(sys.argv[1])
shape, device = asked["shape"], asked["device"]
gpu = device != "cpu"
torch.set_default_dtype(torch.float16 if gpu else torch.float32)
config = Qwen2Config(
    vocab_size=shape["vocabulary"], hidden_size=shape["hidden"], num_hidden_layers=shape["layers"],
    num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"],
    intermediate_size=shape["intermediate"], tie_word_embeddings=shape["tied"], eos_token_id=None, pad_token_id=0,
)
config._attn_implementation = "sdpa"
with torch.device(device):
    model = Qwen2ForCausalLM(config).eval()


def run(batch, length, steps):
    ids = torch.randint(1, shape["vocabulary"], (batch, length), device=device)
    if gpu:
        torch.cuda.synchronize()
    start = time.perf_counter()
    with torch.inference_mode():
        model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=steps, min_new_tokens=steps,
                       do_sample=False)
    if gpu:
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - start)


def tell(what, result):
    print(json.dumps({"what": what, "result": result}), flush=True)


for length in asked["lengths"]:
    for batch in asked["batches"]:
        run(batch, length, 1)
        first = run(batch, length, 1)
        step = (run(batch, length, asked["newTokens"]) - first) / (asked["newTokens"] - 1)
        tell(f"P = {length}, B = {batch}",
             f"prefill {first:.0f} ms, a step {step:.1f} ms, {1000 * batch / step:.0f} tokens/s")
if gpu:
    tell("peak memory", f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
