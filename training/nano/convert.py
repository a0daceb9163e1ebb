"""Converts our weights to a real Qwen2_5_VLForConditionalGeneration, and writes a checkpoint folder around it."""
import torch

from .model import D, EPS, HEAD_DIM, TEXT, VISION
from .tokens import CELL, CELLS, CHAT_TEMPLATE, IMAGE, K

PIXELS = CELLS * CELL * CELL  # the only picture size these models know


def config(tokens):
    from transformers import Qwen2_5_VLConfig
    one = lambda text: tokens.encode(text)[0]
    c = Qwen2_5_VLConfig(
        text_config=dict(
            hidden_size=D, intermediate_size=TEXT["ffn"], num_hidden_layers=TEXT["layers"], num_attention_heads=TEXT["heads"],
            num_key_value_heads=TEXT["kv_heads"], vocab_size=len(tokens), rope_theta=TEXT["theta"], rms_norm_eps=EPS,
            rope_scaling=dict(type="mrope", mrope_section=list(TEXT["sections"])), max_position_embeddings=2048, tie_word_embeddings=True,
            bos_token_id=one("<|im_start|>"), eos_token_id=tokens.eos, use_sliding_window=False),
        vision_config=dict(
            depth=VISION["depth"], hidden_size=VISION["hidden"], intermediate_size=VISION["ffn"], num_heads=VISION["heads"], out_hidden_size=D,
            patch_size=14, spatial_merge_size=2, temporal_patch_size=2, window_size=CELL, fullatt_block_indexes=[], in_channels=3, tokens_per_second=2),
        image_token_id=tokens.image, video_token_id=one("<|video_pad|>"), vision_start_token_id=one("<|vision_start|>"),
        vision_end_token_id=one("<|vision_end|>"), tie_word_embeddings=True)
    c.latent_size, c.lvr_start_id, c.lvr_sep_id, c.lvr_end_id = K, tokens.start, tokens.sep, tokens.end
    return c


def vision_weights(vision):
    width = VISION["hidden"]
    half = vision.patch.weight.view(width, 3, 1, 14, 14) / 2  # a still picture is fed as two identical frames
    out = {"patch_embed.proj.weight": half.repeat(1, 1, 2, 1, 1), "merger.ln_q.weight": vision.norm.weight}
    for ours, theirs in (("merge1", "0"), ("merge2", "2")):
        for part in ("weight", "bias"):
            out[f"merger.mlp.{theirs}.{part}"] = getattr(getattr(vision, ours), part)
    names = dict(qkv="attn.qkv", proj="attn.proj", gate="mlp.gate_proj", up="mlp.up_proj", down="mlp.down_proj")
    for i, block in enumerate(vision.blocks):
        for norm in ("norm1", "norm2"):
            out[f"blocks.{i}.{norm}.weight"] = getattr(block, norm).weight
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                out[f"blocks.{i}.{theirs}.{part}"] = getattr(getattr(block, ours), part)
    return {"model.visual." + name: w for name, w in out.items()}


def text_weights(text):
    out = {"embed_tokens.weight": text.emb.weight, "norm.weight": text.norm.weight}
    kv = TEXT["kv_heads"] * HEAD_DIM
    for i, layer in enumerate(text.layers):
        attention = f"layers.{i}.self_attn."
        for part in ("weight", "bias"):
            both = getattr(layer.kv_proj, part)
            out |= {f"{attention}q_proj.{part}": getattr(layer.q, part), f"{attention}k_proj.{part}": both[:kv], f"{attention}v_proj.{part}": both[kv:]}
        gate_up = layer.gate_up.weight
        out |= {f"{attention}o_proj.weight": layer.out.weight,
                f"layers.{i}.mlp.gate_proj.weight": gate_up[:TEXT["ffn"]], f"layers.{i}.mlp.up_proj.weight": gate_up[TEXT["ffn"]:],
                f"layers.{i}.mlp.down_proj.weight": layer.down.weight,
                f"layers.{i}.input_layernorm.weight": layer.norm1.weight, f"layers.{i}.post_attention_layernorm.weight": layer.norm2.weight}
    return {"model.language_model." + name: w for name, w in out.items()}


def to_huggingface(vision, text, tokens):
    from transformers import Qwen2_5_VLForConditionalGeneration
    model = Qwen2_5_VLForConditionalGeneration(config(tokens)).eval()
    weights = {name: w.detach().contiguous() for name, w in (vision_weights(vision) | text_weights(text)).items()}
    result = model.load_state_dict(weights, strict=False)
    assert not result.unexpected_keys and set(result.missing_keys) <= {"lm_head.weight"}, result
    model.tie_weights()
    return model


def from_folder(folder):
    """The state dicts (vision, text) of an exported checkpoint folder, in float32: the inverse of `to_huggingface`."""
    from safetensors.torch import load_file
    w = {name: tensor.float() for name, tensor in load_file(f"{folder}/model.safetensors").items()}
    # exports carry either layout of names
    picture = {name.split("visual.", 1)[1]: t for name, t in w.items() if "visual." in name}
    words = {name.split("model.", 1)[1].removeprefix("language_model."): t for name, t in w.items() if "visual." not in name and "model." in name}
    vision = {"patch.weight": 2 * picture["patch_embed.proj.weight"][:, :, 0].flatten(1), "norm.weight": picture["merger.ln_q.weight"]}
    for ours, theirs in (("merge1", "0"), ("merge2", "2")):
        vision |= {f"{ours}.{part}": picture[f"merger.mlp.{theirs}.{part}"] for part in ("weight", "bias")}
    names = dict(qkv="attn.qkv", proj="attn.proj", gate="mlp.gate_proj", up="mlp.up_proj", down="mlp.down_proj")
    for i in range(VISION["depth"]):
        vision |= {f"blocks.{i}.{norm}.weight": picture[f"blocks.{i}.{norm}.weight"] for norm in ("norm1", "norm2")}
        vision |= {f"blocks.{i}.{ours}.{part}": picture[f"blocks.{i}.{theirs}.{part}"] for ours, theirs in names.items() for part in ("weight", "bias")}
    text = {"emb.weight": words["embed_tokens.weight"], "norm.weight": words["norm.weight"]}
    for i in range(TEXT["layers"]):
        of = lambda name: words[f"layers.{i}.{name}"]
        for part in ("weight", "bias"):
            text[f"layers.{i}.q.{part}"] = of(f"self_attn.q_proj.{part}")
            text[f"layers.{i}.kv_proj.{part}"] = torch.cat([of(f"self_attn.{kind}_proj.{part}") for kind in "kv"])
        text |= {f"layers.{i}.out.weight": of("self_attn.o_proj.weight"), f"layers.{i}.down.weight": of("mlp.down_proj.weight"),
                 f"layers.{i}.gate_up.weight": torch.cat([of(f"mlp.{kind}_proj.weight") for kind in ("gate", "up")]),
                 f"layers.{i}.norm1.weight": of("input_layernorm.weight"), f"layers.{i}.norm2.weight": of("post_attention_layernorm.weight")}
    return vision, text


def save_folder(model, tokens, folder):
    """Writes weights, configuration, tokenizer, chat template and processors in transformers' own format."""
    from transformers import GenerationConfig, Qwen2_5_VLProcessor, Qwen2VLImageProcessor, Qwen2VLVideoProcessor
    model.generation_config = GenerationConfig(
        bos_token_id=tokens.encode("<|im_start|>")[0], eos_token_id=tokens.eos, pad_token_id=tokens.pad, do_sample=False, max_new_tokens=24)
    model.save_pretrained(folder, safe_serialization=True)
    limits = dict(min_pixels=PIXELS, max_pixels=PIXELS, size={"shortest_edge": PIXELS, "longest_edge": PIXELS})
    Qwen2_5_VLProcessor(image_processor=Qwen2VLImageProcessor(**limits), tokenizer=tokens.fast, video_processor=Qwen2VLVideoProcessor(**limits),
                        chat_template=CHAT_TEMPLATE).save_pretrained(folder)
    tokens.fast.save_pretrained(folder)


@torch.no_grad()
def greedy_ids(model, processor, tokens, picture, prompt, longest=24):
    """LanteRn's loop on transformers' own forward pass, for one item whose prompt contains `<image>` once. Returns
    (prompt ids, new ids).
    """
    before, after = prompt.split(IMAGE)
    parts = [dict(type="text", text=before), dict(type="image", image=picture), dict(type="text", text=after)]
    turn = [dict(role="user", content=[part for part in parts if part.get("text") != ""])]
    text = processor.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
    inputs = processor(text=[text], images=[picture], return_tensors="pt")
    position = inputs["input_ids"].shape[1]
    out = model(**inputs, use_cache=True, output_hidden_states=True)
    ids, inside, fed = [], False, 0
    for _ in range(longest):
        hidden, choice, vector = out.hidden_states[-1][:, -1], int(out.logits[0, -1].argmax()), None
        if inside and fed < K:
            choice, vector, fed = tokens.sep, hidden, fed + 1
        elif inside:
            choice, inside = tokens.end, False
        elif choice == tokens.start:
            inside, fed = True, 0
        ids.append(choice)
        if choice == tokens.eos:
            break
        vector = model.get_input_embeddings()(torch.tensor([choice])) if vector is None else vector
        out = model(inputs_embeds=vector[None], past_key_values=out.past_key_values, cache_position=torch.tensor([position]),
                    attention_mask=torch.ones(1, position + 1, dtype=torch.long), use_cache=True, output_hidden_states=True)
        position += 1
    return inputs["input_ids"][0].tolist(), ids
