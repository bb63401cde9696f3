"""lyceum-llm: a tiny random checkpoint of each family of decoders, by plain transcriptions of what the families publish: config.json, model.safetensors (sharded
for some) under their own names, and expected.safetensors with ids, logits, the loss, gradients of some, and the losses of six AdamW
steps. Arguments name the families to write; none for all. llm_llamacpp.py puts a GGUF file beside each."""
import json
import math
import os
import shutil
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../../lyceum-llm/src/test/resources/checkpoints")
V, W, H, D, T, L = 23, 16, 4, 4, 12, 2


class Weights(dict):
    """Drawn when first asked for."""

    def __init__(self, seed):
        super().__init__()
        self.rng = torch.Generator().manual_seed(seed)

    def __call__(self, name, *shape, mean=0.0, sd=None):
        if name not in self:
            sd = (0.25 if len(shape) > 1 else 0.2) if sd is None else sd
            self[name] = (mean + sd * torch.randn(*shape, generator=self.rng)).contiguous().requires_grad_()
        return self[name]


def layer_norm(w, name, x, eps=1e-5, bias=True):
    d = x.shape[-1]
    return F.layer_norm(x, (d,), w(name + ".weight", d, mean=1.0), w(name + ".bias", d) if bias else None, eps)


def rms(w, name, x, eps=1e-6, offset=False):
    d = x.shape[-1]
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
    return y * (1 + w(name + ".weight", d)) if offset else y * w(name + ".weight", d, mean=1.0)


def linear(w, name, x, out, bias=False):
    return F.linear(x, w(name + ".weight", out, x.shape[-1]), w(name + ".bias", out) if bias else None)


def conv1d(w, name, x, out):
    return x @ w(name + ".weight", x.shape[-1], out) + w(name + ".bias", out)


def heads(x, n):
    return x.view(*x.shape[:2], n, -1).transpose(1, 2)


def rotate(x, base, width):
    half = width // 2
    angles = torch.arange(x.shape[2], dtype=torch.float64)[:, None] * base ** (-torch.arange(half, dtype=torch.float64) * 2 / width)
    cos, sin = angles.cos().float(), angles.sin().float()
    a, b, rest = x[..., :half], x[..., half:width], x[..., width:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], -1)


def attend(q, k, v, window=None, scale=None, cap=None):
    k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], 1) for t in (k, v))
    scores = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -0.5)
    if cap:
        scores = cap * torch.tanh(scores / cap)
    i, j = torch.arange(q.shape[2])[:, None], torch.arange(k.shape[2])[None]
    seen = (j <= i) & (i - j < window) if window else j <= i
    y = scores.masked_fill(~seen, -torch.inf).softmax(-1) @ v
    return y.transpose(1, 2).flatten(2)


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gated(w, name, x, hidden, act=F.silu):
    return linear(w, name + "down_proj", act(linear(w, name + "gate_proj", x, hidden)) * linear(w, name + "up_proj", x, hidden), x.shape[-1])


def experts(w, c, x, gate, one, renormalised):
    flat = x.reshape(-1, x.shape[-1])
    probability = F.softmax(linear(w, gate, flat, c["experts"]), -1)
    best, which = probability.topk(2, -1)
    if renormalised:
        best = best / best.sum(-1, keepdim=True)
    y = torch.stack([sum(best[t, s] * one(int(which[t, s]), flat[t]) for s in range(2)) for t in range(flat.shape[0])])
    return y.view_as(x)


def gpt(w, c, ids, prefix, post):
    wte, wpe = ("tokens_embed", "positions_embed") if post else (prefix + "wte", prefix + "wpe")
    x = w(wte + ".weight", V, W)[ids] + w(wpe + ".weight", 16, W)[: ids.shape[1]]
    for n in range(L):
        at = f"{'' if post else prefix}h.{n}."

        def attention(y):
            q, k, v = conv1d(w, at + "attn.c_attn", y, 3 * W).split(W, -1)
            return conv1d(w, at + "attn.c_proj", attend(heads(q, H), heads(k, H), heads(v, H)), W)

        def mlp(y):
            return conv1d(w, at + "mlp.c_proj", gelu_new(conv1d(w, at + "mlp.c_fc", y, 4 * W)), W)

        if post:
            x = layer_norm(w, at + "ln_1", x + attention(x))
            x = layer_norm(w, at + "ln_2", x + mlp(x))
        else:
            x = x + attention(layer_norm(w, at + "ln_1", x))
            x = x + mlp(layer_norm(w, at + "ln_2", x))
    if not post:
        x = layer_norm(w, prefix + "ln_f", x)
    return F.linear(x, w[wte + ".weight"])


def neox(w, c, ids):
    x = w("gpt_neox.embed_in.weight", V, W)[ids]
    for n in range(L):
        at = f"gpt_neox.layers.{n}."
        a = layer_norm(w, at + "input_layernorm", x)
        qkv = heads(linear(w, at + "attention.query_key_value", a, 3 * W, True), 2)
        q, k, v = qkv.chunk(3, -1)
        attention = linear(w, at + "attention.dense", attend(rotate(q, 10_000, 2), rotate(k, 10_000, 2), v), W, True)
        m = layer_norm(w, at + "post_attention_layernorm", x)
        x = x + attention + linear(w, at + "mlp.dense_4h_to_h", F.gelu(linear(w, at + "mlp.dense_h_to_4h", m, 24, True)), W, True)
    return linear(w, "embed_out", layer_norm(w, "gpt_neox.final_layer_norm", x), V)


def phi(w, c, ids):
    x = w("model.embed_tokens.weight", V, W)[ids]
    for n in range(L):
        at = f"model.layers.{n}."
        a = layer_norm(w, at + "input_layernorm", x)
        q, k, v = (heads(linear(w, f"{at}self_attn.{p}_proj", a, W, True), H) for p in "qkv")
        attention = linear(w, at + "self_attn.dense", attend(rotate(q, 10_000, 2), rotate(k, 10_000, 2), v), W, True)
        x = x + attention + linear(w, at + "mlp.fc2", gelu_new(linear(w, at + "mlp.fc1", a, 24, True)), W, True)
    return linear(w, "lm_head", layer_norm(w, "model.final_layernorm", x), V, True)


def modern(w, c, ids):
    """Llama and those that came of it."""
    kind, d, kv = c["kind"], c.get("d", D), c.get("kv", 2)
    gemma, base = kind.startswith("gemma"), c.get("base", 10_000.0)
    norm = lambda name, x: rms(w, name, x, 1e-6, gemma) if kind != "olmo" else F.layer_norm(x, (x.shape[-1],), None, None, 1e-5)
    act = gelu_new if gemma else F.silu
    x = w("model.embed_tokens.weight", V, W)[ids]
    if gemma:
        x = x * math.sqrt(W)
    for n in range(c.get("layers", L)):
        at = f"model.layers.{n}."
        window, theta = c.get("window"), base
        if kind == "gemma2":
            window = None if n % 2 else 4
        if kind == "gemma3":
            window, theta = (4, 10_000.0) if (n + 1) % 3 else (None, base)

        def attention(y):
            if kind == "phi3":
                q, k, v = linear(w, at + "self_attn.qkv_proj", y, (H + 2 * kv) * d).split([H * d, kv * d, kv * d], -1)
            else:
                q, k, v = (linear(w, f"{at}self_attn.{p}_proj", y, m * d, kind in ("qwen2", "qwen2_moe")) for p, m in zip("qkv", (H, kv, kv)))
            if kind == "olmo2":
                q, k = norm(at + "self_attn.q_norm", q), norm(at + "self_attn.k_norm", k)
            q, k, v = heads(q, H), heads(k, kv), heads(v, kv)
            if kind in ("qwen3", "qwen3_moe", "gemma3"):
                q, k = norm(at + "self_attn.q_norm", q), norm(at + "self_attn.k_norm", k)
            y = attend(rotate(q, theta, d), rotate(k, theta, d), v, window, c.get("scale"), c.get("cap"))
            return linear(w, at + "self_attn.o_proj", y, W)

        def mlp(y):
            if kind == "phi3":
                g, u = linear(w, at + "mlp.gate_up_proj", y, 48).chunk(2, -1)
                return linear(w, at + "mlp.down_proj", F.silu(g) * u, W)
            if kind == "mixtral":
                def one(e, t):
                    p = f"{at}block_sparse_moe.experts.{e}."
                    return linear(w, p + "w2", F.silu(linear(w, p + "w1", t, 8)) * linear(w, p + "w3", t, 8), W)
                return experts(w, c, y, at + "block_sparse_moe.gate", one, True)
            if kind in ("qwen2_moe", "qwen3_moe"):
                z = experts(w, c, y, at + "mlp.gate", lambda e, t: gated(w, f"{at}mlp.experts.{e}.", t, 8), kind == "qwen3_moe")
                if kind == "qwen2_moe":
                    z = z + torch.sigmoid(linear(w, at + "mlp.shared_expert_gate", y, 1)) * gated(w, at + "mlp.shared_expert.", y, 12)
                return z
            return gated(w, at + "mlp.", y, 24, act)

        if kind == "olmo2":
            x = x + norm(at + "post_attention_layernorm", attention(x))
            x = x + norm(at + "post_feedforward_layernorm", mlp(x))
        elif kind in ("gemma2", "gemma3"):
            x = x + norm(at + "post_attention_layernorm", attention(norm(at + "input_layernorm", x)))
            x = x + norm(at + "post_feedforward_layernorm", mlp(norm(at + "pre_feedforward_layernorm", x)))
        else:
            x = x + attention(norm(at + "input_layernorm", x))
            x = x + mlp(norm(at + "post_attention_layernorm", x))
    x = norm("model.norm", x)
    z = F.linear(x, w["model.embed_tokens.weight"]) if c.get("tied") else linear(w, "lm_head", x, V)
    return c["final"] * torch.tanh(z / c["final"]) if "final" in c else z


def neighbours(x, base):
    """Pairs of neighbouring dimensions turned, as complex numbers."""
    width = x.shape[-1]
    angles = torch.arange(x.shape[2], dtype=torch.float64)[:, None] * base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    turns = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)
    return torch.view_as_real(torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous()) * turns).flatten(-2)


def routed(w, c, at, x):
    """Experts of the best groups: V2 by a softmax, V3 by sigmoids and a bias that gates do not see."""
    v3, groups, each, hidden = c["kind"] == "v3", c["groups"], c["experts"] // c["groups"], c["hidden"]
    flat = x.reshape(-1, W)
    logits = linear(w, at + "gate", flat, c["experts"])
    bias = w(at + "gate.e_score_correction_bias", c["experts"], sd=0.05) if v3 else 0
    for e in range(c["experts"]):
        gated(w, f"{at}experts.{e}.", flat[0], hidden)  # drawn, whether or not a token asks it
    scores = logits.sigmoid() if v3 else logits.softmax(-1)
    with torch.no_grad():
        choosing = scores + bias
        apart = choosing.view(-1, groups, each)
        best = apart.topk(2, -1)[0].sum(-1) if v3 else apart.max(-1)[0]
        kept = torch.zeros_like(best).scatter_(1, best.topk(c["kept"], -1)[1], 1.0)
        which = choosing.masked_fill(kept.repeat_interleave(each, 1) == 0, 0.0).topk(2, -1)[1]
    gates = scores.gather(1, which)
    if c["norm"]:
        gates = gates / (gates.sum(-1, keepdim=True) + 1e-20)
    gates = gates * c["scale"]
    y = torch.stack([sum(gates[t, s] * gated(w, f"{at}experts.{int(which[t, s])}.", flat[t], hidden) for s in range(2))
                     for t in range(flat.shape[0])])
    return y.view_as(x) + gated(w, at + "shared_experts.", x, c["shared"] * hidden)


def deepseek(w, c, ids):
    own, turned, value, latent = 4, 4, 6, 8
    x = w("model.embed_tokens.weight", V, W)[ids]
    for n in range(L):
        at = f"model.layers.{n}."
        y, a = rms(w, at + "input_layernorm", x), at + "self_attn."
        if c["queries"]:
            q = linear(w, a + "q_b_proj", rms(w, a + "q_a_layernorm", linear(w, a + "q_a_proj", y, c["queries"])), H * (own + turned))
        else:
            q = linear(w, a + "q_proj", y, H * (own + turned))
        q, q_turned = heads(q, H).split([own, turned], -1)
        narrow, k_turned = linear(w, a + "kv_a_proj_with_mqa", y, latent + turned).split([latent, turned], -1)
        k, v = heads(linear(w, a + "kv_b_proj", rms(w, a + "kv_a_layernorm", narrow), H * (own + value)), H).split([own, value], -1)
        k_turned = neighbours(k_turned[:, None], 10_000.0).expand(-1, H, -1, -1)
        found = attend(torch.cat([q, neighbours(q_turned, 10_000.0)], -1), torch.cat([k, k_turned], -1), v)
        x = x + linear(w, a + "o_proj", found, W)
        y = rms(w, at + "post_attention_layernorm", x)
        x = x + (gated(w, at + "mlp.", y, 24) if n == 0 else routed(w, c, at + "mlp.", y))
    return linear(w, "lm_head", rms(w, "model.norm", x), V)


def config(kind, **more):
    base = dict(model_type=kind, vocab_size=V, hidden_size=W, num_hidden_layers=L, num_attention_heads=H, num_key_value_heads=2,
                intermediate_size=24, max_position_embeddings=16, rms_norm_eps=1e-6, rope_theta=10000.0, hidden_act="silu",
                tie_word_embeddings=False, torch_dtype="float32", bos_token_id=1, eos_token_id=2)
    base.update(more)
    return base


def latent(version, experts, groups, kept, shared, queries, **more):
    return dict(model_type=f"deepseek_{version}", vocab_size=V, hidden_size=W, intermediate_size=24, moe_intermediate_size=4, num_hidden_layers=L,
                num_attention_heads=H, num_key_value_heads=H, n_shared_experts=shared, n_routed_experts=experts, kv_lora_rank=8, q_lora_rank=queries,
                qk_rope_head_dim=4, v_head_dim=6, qk_nope_head_dim=4, n_group=groups, topk_group=kept, num_experts_per_tok=2, first_k_dense_replace=1,
                moe_layer_freq=1, hidden_act="silu", max_position_embeddings=16, rms_norm_eps=1e-6, rope_theta=10000.0, attention_bias=False,
                tie_word_embeddings=False, torch_dtype="float32", bos_token_id=1, eos_token_id=2, **more)


GPT = dict(vocab_size=V, n_positions=16, n_embd=W, n_layer=L, n_head=H, layer_norm_epsilon=1e-5, bos_token_id=1, eos_token_id=2)
MOE = dict(experts=4)
FAMILIES = {
    "gpt1": (dict(GPT, model_type="openai-gpt", afn="gelu"), lambda w, ids: gpt(w, {}, ids, "", True)),
    "gpt2": (dict(GPT, model_type="gpt2", activation_function="gelu_new"), lambda w, ids: gpt(w, {}, ids, "transformer.", False)),
    "gpt-neox": (dict(model_type="gpt_neox", vocab_size=V, hidden_size=W, num_hidden_layers=L, num_attention_heads=2, intermediate_size=24,
                      max_position_embeddings=16, layer_norm_eps=1e-5, hidden_act="gelu", rotary_pct=0.25, rotary_emb_base=10000,
                      use_parallel_residual=True, tie_word_embeddings=False), lambda w, ids: neox(w, {}, ids)),
    "llama": (config("llama", rope_theta=500000.0), lambda w, ids: modern(w, dict(kind="llama", base=500000.0), ids)),
    "mistral": (config("mistral", sliding_window=4), lambda w, ids: modern(w, dict(kind="mistral", window=4), ids)),
    "mixtral": (config("mixtral", intermediate_size=8, num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
                lambda w, ids: modern(w, dict(MOE, kind="mixtral"), ids)),
    "qwen2": (config("qwen2", tie_word_embeddings=True, use_sliding_window=False, sliding_window=8),
              lambda w, ids: modern(w, dict(kind="qwen2", tied=True), ids)),
    "qwen2-moe": (config("qwen2_moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=12,
                         norm_topk_prob=False), lambda w, ids: modern(w, dict(MOE, kind="qwen2_moe"), ids)),
    "qwen3": (config("qwen3", head_dim=6), lambda w, ids: modern(w, dict(kind="qwen3", d=6), ids)),
    "qwen3-moe": (config("qwen3_moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, norm_topk_prob=True),
                  lambda w, ids: modern(w, dict(MOE, kind="qwen3_moe"), ids)),
    "gemma": (config("gemma", head_dim=6, num_key_value_heads=1, hidden_act="gelu", hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True),
              lambda w, ids: modern(w, dict(kind="gemma", d=6, kv=1, tied=True), ids)),
    "gemma2": (config("gemma2", head_dim=6, hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True, sliding_window=4,
                      query_pre_attn_scalar=9, attn_logit_softcapping=5.0, final_logit_softcapping=3.0),
               lambda w, ids: modern(w, dict(kind="gemma2", d=6, tied=True, scale=1 / 3, cap=5.0, final=3.0), ids)),
    "gemma3": (config("gemma3_text", head_dim=6, hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True, sliding_window=4,
                      query_pre_attn_scalar=9, sliding_window_pattern=3, rope_theta=1000000.0, rope_local_base_freq=10000.0, num_hidden_layers=3),
               lambda w, ids: modern(w, dict(kind="gemma3", d=6, tied=True, scale=1 / 3, base=1000000.0, layers=3), ids)),
    "phi": (dict(model_type="phi", vocab_size=V, hidden_size=W, num_hidden_layers=L, num_attention_heads=H, intermediate_size=24,
                 max_position_embeddings=16, layer_norm_eps=1e-5, hidden_act="gelu_new", partial_rotary_factor=0.5, rope_theta=10000.0,
                 tie_word_embeddings=False), lambda w, ids: phi(w, {}, ids)),
    "phi3": (config("phi3", sliding_window=None), lambda w, ids: modern(w, dict(kind="phi3"), ids)),
    "olmo": (config("olmo", clip_qkv=None, num_key_value_heads=4), lambda w, ids: modern(w, dict(kind="olmo", kv=4), ids)),
    "olmo2": (config("olmo2"), lambda w, ids: modern(w, dict(kind="olmo2"), ids)),
    "deepseek-v2": (latent("v2", 6, 2, 1, 2, None, topk_method="group_limited_greedy", norm_topk_prob=False, routed_scaling_factor=1.5),
                    lambda w, ids: deepseek(w, dict(kind="v2", experts=6, groups=2, kept=1, shared=2, hidden=4, queries=0, norm=False, scale=1.5), ids)),
    "deepseek-v3": (latent("v3", 8, 4, 2, 1, 6, topk_method="noaux_tc", scoring_func="sigmoid", norm_topk_prob=True, routed_scaling_factor=2.5),
                    lambda w, ids: deepseek(w, dict(kind="v3", experts=8, groups=4, kept=2, shared=1, hidden=4, queries=6, norm=True, scale=2.5), ids)),
}
WITH_GRADIENTS = ("gpt2", "llama", "deepseek-v2", "deepseek-v3")
SHARDED = ("llama", "mixtral")


def write(name, number):
    c, logits = FAMILIES[name]
    folder = os.path.join(OUT, name)
    os.makedirs(folder)
    ids = torch.randint(0, V, (2, T), generator=torch.Generator().manual_seed(100 + number))
    w = Weights(number)
    loss_of = lambda z: F.cross_entropy(z[:, :-1].reshape(-1, V), ids[:, 1:].reshape(-1))
    z = logits(w, ids)
    if "experts" in str(w.keys()):  # experts that no token chose were not drawn
        for seed in range(40):
            logits(w, torch.randint(0, V, (2, T), generator=torch.Generator().manual_seed(seed)))
        z = logits(w, ids)
    loss = loss_of(z)
    loss.backward()
    with open(os.path.join(folder, "config.json"), "w") as f:
        f.write(json.dumps(c, indent=1) + "\n")
    tensors = {n: t.detach().clone() for n, t in w.items()}
    if name in SHARDED:
        names, index, total = list(tensors), {}, sum(t.numel() * 4 for t in tensors.values())
        cut = len(names) // 2
        for i, part in enumerate((names[:cut], names[cut:])):
            file = f"model-{i + 1:05d}-of-00002.safetensors"
            save_file({n: tensors[n] for n in part}, os.path.join(folder, file), {"format": "pt"})
            index.update({n: file for n in part})
        with open(os.path.join(folder, "model.safetensors.index.json"), "w") as f:
            f.write(json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=1) + "\n")
    else:
        save_file(tensors, os.path.join(folder, "model.safetensors"), {"format": "pt"})
    expected = {"ids": ids, "logits": z.detach().contiguous(), "loss": loss.detach()}
    if name in WITH_GRADIENTS:
        expected.update({"grad." + n: t.grad.clone() for n, t in w.items() if t.grad is not None})
    adam, losses = torch.optim.AdamW(list(w.values()), lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01), []
    for _ in range(6):
        adam.zero_grad(set_to_none=False)
        step = loss_of(logits(w, ids))
        step.backward()
        losses.append(step.detach())
        adam.step()
    expected["losses"] = torch.stack(losses)
    save_file(expected, os.path.join(folder, "expected.safetensors"), {"torch": torch.__version__})


if __name__ == "__main__":
    torch.set_num_threads(1)
    for number, name in enumerate(FAMILIES):
        if name in sys.argv[1:] or len(sys.argv) == 1:
            shutil.rmtree(os.path.join(OUT, name), ignore_errors=True)
            write(name, number)
