"""GGUF files as llama.cpp's converter writes them: what a family's checkpoint becomes, and files whose blocks come from the recipe.

Names, sizes innermost first; fused queries, keys and values one under another; for llama and olmo the halves of each query and key as neighbours; Gemma's norms
with the one that its config leaves out; experts stacked.
"""
import struct

import numpy as np
import torch

F32, F16 = 0, 1
KINDS = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q8_0": (8, 32, 34), "Q4_K": (12, 256, 144), "Q5_K": (13, 256, 176), "Q6_K": (14, 256, 210)}
ARCHITECTURES = {"gpt2": "gpt2", "gpt_neox": "gptneox", "llama": "llama", "mistral": "llama", "mixtral": "llama", "qwen2": "qwen2", "qwen2_moe": "qwen2moe",
                 "qwen3": "qwen3", "qwen3_moe": "qwen3moe", "gemma": "gemma", "gemma2": "gemma2", "gemma3_text": "gemma3", "phi": "phi2", "phi3": "phi3",
                 "olmo": "olmo", "olmo2": "olmo2"}


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def value(v):
    if isinstance(v, bool):
        return struct.pack("<IB", 7, v)
    if isinstance(v, int):
        return struct.pack("<II", 4, v)
    if isinstance(v, float):
        return struct.pack("<If", 6, v)
    return struct.pack("<I", 8) + string(v)


def write(path, keys, tensors):
    """tensors: name -> (kind's name, shape rows first, bytes)."""
    infos, data = b"", bytearray()
    for name, (kind, shape, content) in tensors.items():
        infos += string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", d) for d in reversed(shape))
        infos += struct.pack("<IQ", KINDS[kind][0], len(data))
        data += content + bytes(-len(content) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(string(k) + value(v) for k, v in keys.items()) + infos
    with open(path, "wb") as f:
        f.write(head + bytes(-len(head) % 32) + bytes(data))


def read(path):
    """name -> (kind's number, shape rows first, bytes) of a file with plain settings."""
    with open(path, "rb") as f:
        b = f.read()
    at = 8
    count, settings = struct.unpack_from("<QQ", b, at)
    at += 16
    plain = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def text(at):
        n, = struct.unpack_from("<Q", b, at)
        return b[at + 8:at + 8 + n].decode(), at + 8 + n

    def skip(kind, at):
        if kind == 8:
            return text(at)[1]
        if kind == 9:
            inner, n = struct.unpack_from("<IQ", b, at)
            at += 12
            for _ in range(n):
                at = skip(inner, at)
            return at
        return at + plain[kind]

    for _ in range(settings):
        _, at = text(at)
        kind, = struct.unpack_from("<I", b, at)
        at = skip(kind, at + 4)
    infos = []
    for _ in range(count):
        name, at = text(at)
        rank, = struct.unpack_from("<I", b, at)
        dims = struct.unpack_from(f"<{rank}Q", b, at + 4)
        kind, offset = struct.unpack_from("<IQ", b, at + 4 + 8 * rank)
        at += 16 + 8 * rank
        infos.append((name, kind, list(reversed(dims)), offset))
    at += -at % 32
    sizes = {number: (length, size) for number, length, size in KINDS.values()}
    found = {}
    for name, kind, shape, offset in infos:
        length, size = sizes[kind]
        n = int(np.prod(shape)) // length * size
        found[name] = (kind, shape, b[at + offset:at + offset + n])
    return found


def settings(config):
    """What the converter says of a config.json."""
    c, kind = config, config["model_type"]
    arch = ARCHITECTURES[kind]
    pick = lambda *names: next(c[n] for n in names if n in c)
    width, heads = pick("n_embd", "hidden_size"), pick("n_head", "num_attention_heads")
    head = c.get("head_dim", width // heads)
    keys = {"context_length": pick("n_positions", "max_position_embeddings"), "embedding_length": width, "block_count": pick("n_layer", "num_hidden_layers"),
            "feed_forward_length": c.get("intermediate_size", 4 * width), "attention.head_count": heads,
            "attention.head_count_kv": c.get("num_key_value_heads", heads), "vocab_size": c["vocab_size"]}
    if "layer_norm_eps" in c or "layer_norm_epsilon" in c or kind == "olmo":
        keys["attention.layer_norm_epsilon"] = 1e-5
    else:
        keys["attention.layer_norm_rms_epsilon"] = c["rms_norm_eps"]
    if "head_dim" in c:
        keys["attention.key_length"] = keys["attention.value_length"] = head
    if kind not in ("gpt2",):
        keys["rope.freq_base"] = float(c.get("rope_theta", c.get("rotary_emb_base", 10000.0)))
        keys["rope.dimension_count"] = int(head * c.get("partial_rotary_factor", c.get("rotary_pct", 1.0)))
    if kind == "gpt_neox":
        keys["use_parallel_residual"] = c["use_parallel_residual"]
    if kind in ("mixtral", "qwen2_moe", "qwen3_moe"):
        keys["expert_count"] = pick("num_local_experts", "num_experts")
        keys["expert_used_count"] = c["num_experts_per_tok"]
    if kind in ("qwen2_moe", "qwen3_moe"):
        keys["expert_feed_forward_length"] = c["moe_intermediate_size"]
    if kind == "qwen2_moe":
        keys["expert_shared_feed_forward_length"] = c["shared_expert_intermediate_size"]
    if kind in ("gemma2", "gemma3_text", "mistral"):
        keys["attention.sliding_window"] = c["sliding_window"]
    if kind == "gemma2":
        keys["attn_logit_softcapping"], keys["final_logit_softcapping"] = c["attn_logit_softcapping"], c["final_logit_softcapping"]
    return {"general.architecture": arch, **{f"{arch}.{k}": v for k, v in keys.items()}, "tokenizer.ggml.model": "no_vocab"}


PARTS = (("gpt_neox.embed_in", "token_embd"), ("gpt_neox.final_layer_norm", "output_norm"), ("gpt_neox.layers", "blk"), ("embed_out", "output"),
         ("attention.query_key_value", "attn_qkv"), ("attention.dense", "attn_output"), ("mlp.dense_h_to_4h", "ffn_up"), ("mlp.dense_4h_to_h", "ffn_down"),
         ("transformer.wte", "token_embd"), ("transformer.wpe", "position_embd"), ("transformer.ln_f", "output_norm"), ("transformer.h", "blk"),
         ("ln_1", "attn_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"), ("ln_2", "ffn_norm"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"),
         ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("model.final_layernorm", "output_norm"), ("lm_head", "output"), ("model.layers", "blk"),
         ("input_layernorm", "attn_norm"), ("pre_feedforward_layernorm", "ffn_norm"), ("post_feedforward_layernorm", "post_ffw_norm"),
         ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"), ("self_attn.qkv_proj", "attn_qkv"), ("self_attn.q_proj", "attn_q"),
         ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"), ("self_attn.dense", "attn_output"),
         ("mlp.gate_up_proj", "ffn_up"), ("mlp.shared_expert_gate", "ffn_gate_inp_shexp"), ("mlp.shared_expert.gate_proj", "ffn_gate_shexp"),
         ("mlp.shared_expert.up_proj", "ffn_up_shexp"), ("mlp.shared_expert.down_proj", "ffn_down_shexp"), ("mlp.gate_proj", "ffn_gate"),
         ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("mlp.fc1", "ffn_up"), ("mlp.fc2", "ffn_down"), ("block_sparse_moe.gate", "ffn_gate_inp"),
         ("mlp.gate", "ffn_gate_inp"))


def converted(config, tensors):
    """A checkpoint's tensors under the names and in the layouts of GGUF."""
    kind, out, experts = config["model_type"], {}, {}
    heads = config.get("n_head", config.get("num_attention_heads"))
    kv = config.get("num_key_value_heads", heads)
    sandwich = kind in ("gemma2", "gemma3_text", "olmo2")
    for name, t in tensors.items():
        t = t.float()
        for stem, parts in (("block_sparse_moe.experts.", {"w1": "gate", "w2": "down", "w3": "up"}),
                            ("mlp.experts.", {"gate_proj": "gate", "down_proj": "down", "up_proj": "up"})):
            if stem in name:
                layer, rest = name.split(".")[2], name.split(stem)[1].split(".")
                experts.setdefault(f"blk.{layer}.ffn_{parts[rest[1]]}_exps.weight", {})[int(rest[0])] = t
                break
        else:
            own = name
            for a, b in PARTS:
                own = own.replace(a, b)
            own = own.replace("post_attention_layernorm", "post_attention_norm" if sandwich else "ffn_norm")
            if kind == "gpt2" and t.dim() == 2 and ("attn" in own or "ffn" in own):
                t = t.T
            if kind == "gpt_neox" and "attn_qkv" in own:
                t = t.reshape(heads, 3, -1, *t.shape[1:]).transpose(0, 1).reshape(t.shape)
            if kind in ("llama", "mistral", "mixtral", "olmo") and ("attn_q." in own or "attn_k." in own):
                n = heads if "attn_q." in own else kv
                t = t.reshape(n, 2, t.shape[0] // n // 2, *t.shape[1:]).swapaxes(1, 2).reshape(t.shape)
            if kind.startswith("gemma") and own.endswith("norm.weight"):
                t = t + 1
            out[own] = t
    out.update({name: torch.stack([each[e] for e in sorted(each)]) for name, each in experts.items()})
    return {name: ("F32", list(t.shape), t.contiguous().numpy().tobytes()) for name, t in out.items()}


def random_blocks(r, kind, count, spread):
    """Blocks of random bytes whose scales make weights of about that spread; every draw as lyceum-llm's RecipeModel makes it."""
    size = KINDS[kind][2]
    out = np.array(r.belows(256, size * count), np.uint8).reshape(count, size)
    at = {"Q8_0": [(0, 1 / 74)], "Q4_0": [(0, 1 / 4.6)], "Q4_K": [(0, 1 / 190), (2, 7.5 / 190)], "Q5_K": [(0, 1 / 390), (2, 15.5 / 390)],
          "Q6_K": [(208, 1 / 1370)]}[kind]
    scales = spread * (0.5 + r.uniforms(count))
    for place, factor in at:
        out[:, place:place + 2] = (scales * factor).astype(np.float32).astype("<f2").view(np.uint8).reshape(count, 2)
    return out.tobytes()
