"""lyceum-llm: two tiny random T5 checkpoints (1.0 and 1.1) by a plain transcription in PyTorch of what the paper and the published code say, with expected logits,
loss and some gradients; and the published bucket of each offset from -200 to 200."""
import json
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from golden import case, versions, write

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../../lyceum-llm/src/test/resources/checkpoints")
V, W, H, D, FF, L, BUCKETS, FAR = 29, 16, 3, 4, 20, 2, 8, 12


def bucket(relative_position, bidirectional, num_buckets, max_distance):
    """mesh-tensorflow's function, as published with T5 (relative position = memory - query)."""
    ret = torch.zeros_like(relative_position)
    n = -relative_position
    if bidirectional:
        num_buckets //= 2
        ret = ret + (n < 0).long() * num_buckets
        n = n.abs()
    else:
        n = n.clamp(min=0)
    max_exact = num_buckets // 2
    is_small = n < max_exact
    val_if_large = max_exact + (torch.log(n.clamp(min=1).float() / max_exact) / math.log(max_distance / max_exact) * (num_buckets - max_exact)).long()
    val_if_large = val_if_large.clamp(max=num_buckets - 1)
    return ret + torch.where(is_small, n, val_if_large)


def rms(w, name, x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w[name + ".weight"]


def attention(w, name, x, memory, bias):
    q, k, v = (F.linear(t, w[f"{name}.{p}.weight"]).view(t.shape[0], t.shape[1], H, D).transpose(1, 2) for p, t in (("q", x), ("k", memory), ("v", memory)))
    weights = torch.softmax(q @ k.transpose(-1, -2) + bias, -1)
    return F.linear((weights @ v).transpose(1, 2).reshape(x.shape[0], x.shape[1], H * D), w[name + ".o.weight"])


def feed(w, name, x, gated):
    if gated:
        return F.linear(F.gelu(F.linear(x, w[name + ".wi_0.weight"]), approximate="tanh") * F.linear(x, w[name + ".wi_1.weight"]), w[name + ".wo.weight"])
    return F.linear(torch.relu(F.linear(x, w[name + ".wi.weight"])), w[name + ".wo.weight"])


def positions(w, stack, n, bidirectional):
    offsets = torch.arange(n)[None, :] - torch.arange(n)[:, None]
    table = w[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    return table[bucket(offsets, bidirectional, BUCKETS, FAR)].permute(2, 0, 1)[None]


def model(w, source, lengths, target, gated, tied):
    hidden = torch.arange(source.shape[1])[None, :] >= lengths[:, None]
    padding = torch.zeros(source.shape).masked_fill(hidden, float("-inf"))[:, None, None, :]
    x = w["shared.weight"][source]
    bias = positions(w, "encoder", source.shape[1], True) + padding
    for i in range(L):
        p = f"encoder.block.{i}.layer."
        n = rms(w, p + "0.layer_norm", x)
        x = x + attention(w, p + "0.SelfAttention", n, n, bias)
        x = x + feed(w, p + "1.DenseReluDense", rms(w, p + "1.layer_norm", x), gated)
    memory = rms(w, "encoder.final_layer_norm", x)
    t = target.shape[1]
    bias = positions(w, "decoder", t, False) + torch.full((t, t), float("-inf")).triu(1)
    x = w["shared.weight"][target]
    for i in range(L):
        p = f"decoder.block.{i}.layer."
        n = rms(w, p + "0.layer_norm", x)
        x = x + attention(w, p + "0.SelfAttention", n, n, bias)
        x = x + attention(w, p + "1.EncDecAttention", rms(w, p + "1.layer_norm", x), memory, padding)
        x = x + feed(w, p + "2.DenseReluDense", rms(w, p + "2.layer_norm", x), gated)
    x = rms(w, "decoder.final_layer_norm", x)
    return F.linear(x * W ** -0.5, w["shared.weight"]) if tied else F.linear(x, w["lm_head.weight"])


def weights(seed, gated, tied):
    g = torch.Generator().manual_seed(seed)
    w = {}

    def draw(name, *shape, mean=0.0, sd=0.3):
        w[name + ".weight"] = (mean + sd * torch.randn(*shape, generator=g)).requires_grad_()

    draw("shared", V, W, sd=1.0)
    for stack in ("encoder", "decoder"):
        for i in range(L):
            p = f"{stack}.block.{i}.layer."
            kinds = ["SelfAttention"] + (["EncDecAttention"] if stack == "decoder" else [])
            for number, kind in enumerate(kinds):
                for part in "qkv":
                    draw(f"{p}{number}.{kind}.{part}", H * D, W)
                draw(f"{p}{number}.{kind}.o", W, H * D)
                draw(f"{p}{number}.layer_norm", W, mean=1.0, sd=0.2)
            if i == 0:
                draw(p + "0.SelfAttention.relative_attention_bias", BUCKETS, H, sd=1.0)
            last = f"{p}{len(kinds)}."
            draw(last + "layer_norm", W, mean=1.0, sd=0.2)
            for part in ("wi_0", "wi_1") if gated else ("wi",):
                draw(f"{last}DenseReluDense.{part}", FF, W)
            draw(last + "DenseReluDense.wo", W, FF)
        draw(stack + ".final_layer_norm", W, mean=1.0, sd=0.2)
    if not tied:
        draw("lm_head", V, W, sd=1.0)
    return w


for name, gated, tied, seed in (("t5", False, True, 5), ("t5-v1_1", True, False, 6)):
    folder = os.path.join(OUT, name)
    os.makedirs(folder, exist_ok=True)
    w = weights(seed, gated, tied)
    g = torch.Generator().manual_seed(seed + 100)
    source = torch.randint(2, V, (3, 17), generator=g)
    lengths = torch.tensor([17, 9, 13])
    target = torch.randint(2, V, (3, 15), generator=g)
    read = torch.cat([torch.zeros(3, 1, dtype=torch.long), target[:, :-1]], 1)
    logits = model(w, source, lengths, read, gated, tied)
    loss = F.cross_entropy(logits.reshape(-1, V), target.reshape(-1))
    loss.backward()
    expected = {"source": source.int(), "lengths": lengths.int(), "target": target.int(), "logits": logits.detach(), "loss": loss.detach()}
    for part in ("shared", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias", "decoder.block.1.layer.1.EncDecAttention.q",
                 "decoder.block.0.layer.0.SelfAttention.relative_attention_bias", "encoder.block.1.layer.1.DenseReluDense.wo"):
        expected["grad." + part + ".weight"] = w[part + ".weight"].grad
    save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(folder, "expected.safetensors"))
    save_file({k: v.detach().contiguous() for k, v in w.items()}, os.path.join(folder, "model.safetensors"))
    config = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": V, "d_model": W, "d_kv": D, "d_ff": FF, "num_heads": H,
              "num_layers": L, "num_decoder_layers": L, "relative_attention_num_buckets": BUCKETS, "relative_attention_max_distance": FAR,
              "feed_forward_proj": "gated-gelu" if gated else "relu", "layer_norm_epsilon": 1e-6, "dropout_rate": 0.1, "tie_word_embeddings": tied,
              "pad_token_id": 0, "decoder_start_token_id": 0, "eos_token_id": 1}
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f, indent=2)
        f.write("\n")

offsets = torch.arange(-200, 201)
cases = [case(f"{count} buckets to {far}, {'both ways' if both else 'backward'}", {"count": count, "far": far, "both": both},
              {"buckets": bucket(offsets, both, count, far).tolist()}) for count, far in ((32, 128), (8, 12)) for both in (True, False)]
write("llm", "t5-buckets", versions("torch"), cases)
