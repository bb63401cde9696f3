"""lyceum-nn: transformer blocks, stacks and the whole model, by torch.nn's own layers where it has them and by transcriptions else, in float64."""
import torch
import torch.nn.functional as F
from torch import nn

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def attention_shapes(name, w, kv, bias):
    s = {f"{name}.q_proj.weight": [w, w], f"{name}.k_proj.weight": [kv, w], f"{name}.v_proj.weight": [kv, w], f"{name}.o_proj.weight": [w, w]}
    return {**s, **({f"{name}.{n}_proj.bias": [kv if n in "kv" else w] for n in "qkvo"} if bias else {})}


def shapes(w, hidden, cross=False, gated=False, bias=True, rms=False, kv=None, norms=("attention_norm", "mlp_norm"), qk=0):
    s = attention_shapes("attention", w, kv or w, bias)
    if cross:
        s |= attention_shapes("cross_attention", w, w, bias)
        norms = (*norms, "cross_norm")
    for n in norms:
        s[n + ".weight"] = [w]
        if not rms:
            s[n + ".bias"] = [w]
    if qk:
        s |= {"attention.q_norm.weight": [qk], "attention.k_norm.weight": [qk]}
    if gated:
        s |= {"mlp.gate_proj.weight": [hidden, w], "mlp.up_proj.weight": [hidden, w], "mlp.down_proj.weight": [w, hidden]}
    else:
        s |= {"mlp.fc1.weight": [hidden, w], "mlp.fc1.bias": [hidden], "mlp.fc2.weight": [w, hidden], "mlp.fc2.bias": [w]}
    return s


def joined(p, prefix, name, into):
    """Lyceum's attention as nn.MultiheadAttention's state."""
    a = prefix + name
    return {into + ".in_proj_weight": torch.cat([p[f"{a}.{n}_proj.weight"] for n in "qkv"]), into + ".in_proj_bias": torch.cat([p[f"{a}.{n}_proj.bias"] for n in "qkv"]),
            into + ".out_proj.weight": p[a + ".o_proj.weight"], into + ".out_proj.bias": p[a + ".o_proj.bias"]}


def layer_state(p, prefix, into, cross):
    s = joined(p, prefix, "attention", into + "self_attn")
    order = ["attention_norm", "cross_norm", "mlp_norm"] if cross else ["attention_norm", "mlp_norm"]
    if cross:
        s |= joined(p, prefix, "cross_attention", into + "multihead_attn")
    for i, n in enumerate(order):
        s |= {f"{into}norm{i + 1}.{k}": p[f"{prefix}{n}.{k}"] for k in ("weight", "bias")}
    for ours, theirs in (("fc1", "linear1"), ("fc2", "linear2")):
        s |= {f"{into}{theirs}.{k}": p[f"{prefix}mlp.{ours}.{k}"] for k in ("weight", "bias")}
    return s


def stack_shapes(w, hidden, layers, cross, pre):
    s = {f"layers.{i}.{k}": v for i in range(layers) for k, v in shapes(w, hidden, cross).items()}
    return {**s, **({"norm.weight": [w], "norm.bias": [w]} if pre else {})}


def stack_state(p, prefix, into, layers, cross, pre):
    s = {}
    for i in range(layers):
        s |= layer_state(p, f"{prefix}layers.{i}.", f"{into}layers.{i}.", cross)
    return {**s, **({f"{into}norm.{k}": p[f"{prefix}norm.{k}"] for k in ("weight", "bias")} if pre else {})}


def lengths_mask(lengths, n):
    return torch.arange(n)[None, :] >= torch.tensor(lengths)[:, None]


def layers(seed):
    """TransformerEncoderLayer, norm last and norm first."""
    for i in range(6):
        seed += 1
        pre, heads, d, hidden, t = i % 2 == 1, 1 + i % 3, 4, 7 + i, 3 + i
        w, r = heads * d, Recipe(seed)
        p = parameters(r, shapes(w, hidden))
        x = draw(r, [2, t, w]).requires_grad_()
        m = nn.TransformerEncoderLayer(w, heads, hidden, 0.0, activation=F.gelu if i > 2 else F.relu, batch_first=True, norm_first=pre)
        yield case("layer", {"seed": seed, "pre": pre, "gelu": i > 2, "sizes": [heads, d, hidden, t]},
                   answers(r, lambda x: torch.func.functional_call(m, layer_state(p, "", "", False), (x,)), p, [x], seed))


def encoders(seed):
    for i in range(6):
        seed += 1
        pre, heads, hidden, t = i % 2 == 1, 2, 6, 7
        w, r, lengths = 8, Recipe(seed), [7 - i % 4, 4 + i % 3]
        p = parameters(r, stack_shapes(w, hidden, 2, False, pre))
        x = draw(r, [2, t, w]).requires_grad_()
        m = nn.TransformerEncoder(nn.TransformerEncoderLayer(w, heads, hidden, 0.0, batch_first=True, norm_first=pre), 2,
                                  nn.LayerNorm(w) if pre else None, enable_nested_tensor=False)
        mask = lengths_mask(lengths, t)
        f = lambda x: torch.func.functional_call(m, stack_state(p, "", "", 2, False, pre), (x,), {"src_key_padding_mask": mask}) * (~mask)[..., None]
        yield case("encoder", {"seed": seed, "pre": pre, "lengths": lengths, "sizes": [heads, w, hidden, t]}, answers(r, f, p, [x], seed))


def decoders(seed):
    for i in range(6):
        seed += 1
        pre, heads, hidden, t, s = i % 2 == 1, 2, 6, 5 + i % 3, 4 + i
        w, r, lengths = 8, Recipe(seed), [s, 2 + i % 3]
        p = parameters(r, stack_shapes(w, hidden, 2, True, pre))
        x, memory = draw(r, [2, t, w]).requires_grad_(), draw(r, [2, s, w]).requires_grad_()
        m = nn.TransformerDecoder(nn.TransformerDecoderLayer(w, heads, hidden, 0.0, batch_first=True, norm_first=pre), 2, nn.LayerNorm(w) if pre else None)
        causal = nn.Transformer.generate_square_subsequent_mask(t)
        f = lambda x, memory: torch.func.functional_call(m, stack_state(p, "", "", 2, True, pre), (x, memory),
                                                         {"tgt_mask": causal, "memory_key_padding_mask": lengths_mask(lengths, s)})
        yield case("decoder", {"seed": seed, "pre": pre, "lengths": lengths, "sizes": [heads, w, hidden, t, s]}, answers(r, f, p, [x, memory], seed))


def models(seed):
    """nn.Transformer: both orders of the norms, source padding, causal targets. Post-norm stacks have no final norm here, as in the paper."""
    for i in range(4):
        seed += 1
        pre, heads, hidden, t, s, w = i % 2 == 1, 2, 6, 5, 6, 8
        r, lengths = Recipe(seed), [6, 3 + i % 2]
        sizes = {**{"encoder." + k: v for k, v in stack_shapes(w, hidden, 2, False, pre).items()},
                 **{"decoder." + k: v for k, v in stack_shapes(w, hidden, 2, True, pre).items()}}
        p = parameters(r, sizes)
        source, target = draw(r, [2, s, w]).requires_grad_(), draw(r, [2, t, w]).requires_grad_()
        m = nn.Transformer(w, heads, 2, 2, hidden, 0.0, batch_first=True, norm_first=pre)
        if not pre:
            m.encoder.norm = m.decoder.norm = None
        m.encoder.enable_nested_tensor = False
        state = {**stack_state(p, "encoder.", "encoder.", 2, False, pre), **stack_state(p, "decoder.", "decoder.", 2, True, pre)}
        mask = lengths_mask(lengths, s)
        f = lambda a, b: torch.func.functional_call(m, state, (a, b), {
            "tgt_mask": nn.Transformer.generate_square_subsequent_mask(t), "src_key_padding_mask": mask, "memory_key_padding_mask": mask})
        yield case("model", {"seed": seed, "pre": pre, "lengths": lengths, "sizes": [heads, w, hidden, t, s]}, answers(r, f, p, [source, target], seed))


def wholes(seed):
    """The model of 2017 over token numbers: one table for source, target and logits, embeddings times the root of the width, interleaved sinusoids."""
    for i in range(4):
        seed += 1
        pre, heads, hidden, t, s, w, tokens = i % 2 == 1, 2, 6, 5 + i, 7, 8, 11
        r, lengths = Recipe(seed), [7, 3 + i]
        sizes = {"embedding.weight": [tokens, w], **{"encoder." + k: v for k, v in stack_shapes(w, hidden, 2, False, pre).items()},
                 **{"decoder." + k: v for k, v in stack_shapes(w, hidden, 2, True, pre).items()}}
        p = parameters(r, sizes)
        ids = Recipe(7 * seed)
        source, target = ([[ids.below(tokens) for _ in range(n)] for _ in range(2)] for n in (s, t))
        m = nn.Transformer(w, heads, 2, 2, hidden, 0.0, batch_first=True, norm_first=pre)
        if not pre:
            m.encoder.norm = m.decoder.norm = None
        m.encoder.enable_nested_tensor = False
        state = {**stack_state(p, "encoder.", "encoder.", 2, False, pre), **stack_state(p, "decoder.", "decoder.", 2, True, pre)}

        def embedded(numbers):
            x = p["embedding.weight"][torch.tensor(numbers)] * w ** 0.5
            angle = torch.arange(x.shape[1])[:, None] / 10_000 ** (torch.arange(0, w, 2) / w)
            places = torch.zeros(x.shape[1], w)
            places[:, 0::2], places[:, 1::2] = angle.sin(), angle.cos()
            return x + places

        mask = lengths_mask(lengths, s)
        f = lambda: torch.func.functional_call(m, state, (embedded(source), embedded(target)), {
            "tgt_mask": nn.Transformer.generate_square_subsequent_mask(t), "src_key_padding_mask": mask,
            "memory_key_padding_mask": mask}) @ p["embedding.weight"].T
        yield case("whole", {"seed": seed, "pre": pre, "lengths": lengths, "sizes": [heads, w, hidden, tokens], "source": sum(source, []),
                             "target": sum(target, [])}, answers(r, f, p, [], seed))


# ---- transcriptions -------------------------------------------------------------------------------------------

def rms(x, weight, eps=1e-5):
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * weight


def turn(x, base=10000.0):
    pairs = x.shape[-1] // 2
    angle = torch.arange(x.shape[2])[:, None] * base ** (-2.0 * torch.arange(pairs) / x.shape[-1])
    z = torch.complex(x[..., :pairs], x[..., pairs:]) * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], -1)


def attend(p, x, heads, kv, causal=True, rotary=False, cap=0.0, qk=False):
    b, t, w = x.shape
    d = w // heads
    def part(n, h):
        bias = p.get(f"attention.{n}_proj.bias")
        return F.linear(x, p[f"attention.{n}_proj.weight"], bias).view(b, t, h, d).transpose(1, 2)
    q, k, v = part("q", heads), part("k", kv), part("v", kv)
    if qk:
        q, k = rms(q, p["attention.q_norm.weight"], 1e-6), rms(k, p["attention.k_norm.weight"], 1e-6)
    if rotary:
        q, k = turn(q), turn(k)
    k, v = (s.repeat_interleave(heads // kv, 1) for s in (k, v))
    scores = q @ k.mT / d**0.5
    if cap:
        scores = cap * torch.tanh(scores / cap)
    if causal:
        scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), -torch.inf)
    y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, w)
    return F.linear(y, p["attention.o_proj.weight"], p.get("attention.o_proj.bias"))


def transcriptions(seed):
    w, heads, hidden, t = 8, 2, 10, 6

    def norm(p, n, x): return F.layer_norm(x, [w], p[n + ".weight"], p[n + ".bias"])
    def mlp(p, x, act=F.relu): return F.linear(act(F.linear(x, p["mlp.fc1.weight"], p["mlp.fc1.bias"])), p["mlp.fc2.weight"], p["mlp.fc2.bias"])
    def gated(p, x, act=F.silu): return (act(x @ p["mlp.gate_proj.weight"].T) * (x @ p["mlp.up_proj.weight"].T)) @ p["mlp.down_proj.weight"].T
    tanh = lambda x: F.gelu(x, approximate="tanh")

    def gpt2(p, x):
        x = x + attend(p, norm(p, "attention_norm", x), heads, heads)
        return x + mlp(p, norm(p, "mlp_norm", x), tanh)

    def llama(p, x):
        x = x + attend(p, rms(x, p["attention_norm.weight"]), 4, 2, rotary=True)
        return x + gated(p, rms(x, p["mlp_norm.weight"]))

    def gemma(p, x):
        x = x + rms(attend(p, rms(x, p["attention_norm.weight"]), 4, 2, rotary=True, cap=2.0), p["attention_out_norm.weight"])
        return x + rms(gated(p, rms(x, p["mlp_norm.weight"]), tanh), p["mlp_out_norm.weight"])

    def qwen(p, x):
        x = x + attend(p, rms(x, p["attention_norm.weight"]), 2, 1, rotary=True, qk=True)
        return x + gated(p, rms(x, p["mlp_norm.weight"]))

    def phi(p, x):
        n = norm(p, "attention_norm", x)
        return x + attend(p, n, heads, heads, rotary=True) + mlp(p, n, tanh)

    def olmo(p, x):
        x = x + rms(attend(p, x, heads, heads, rotary=True), p["attention_norm.weight"])
        return x + rms(gated(p, x), p["mlp_norm.weight"])

    def sandwich(p, x):
        x = x + norm(p, "attention_out_norm", attend(p, norm(p, "attention_norm", x), heads, heads, causal=False))
        return x + norm(p, "mlp_out_norm", mlp(p, norm(p, "mlp_norm", x)))

    def deepnorm(p, x):
        alpha = (2 * 18) ** 0.25
        x = norm(p, "attention_norm", alpha * x + attend(p, x, heads, heads, causal=False))
        return norm(p, "mlp_norm", alpha * x + mlp(p, x))

    out = ("attention_norm", "mlp_norm", "attention_out_norm", "mlp_out_norm")
    plain = shapes(w, hidden)
    modern = dict(gated=True, bias=False, rms=True)
    for f, s in ((gpt2, plain), (llama, shapes(16, hidden, kv=8, **modern)), (gemma, shapes(16, hidden, kv=8, norms=out, **modern)),
                 (qwen, shapes(w, hidden, kv=4, qk=4, **modern)), (phi, shapes(w, hidden, norms=("attention_norm",))), (olmo, shapes(w, hidden, **modern)),
                 (sandwich, shapes(w, hidden, norms=out)), (deepnorm, plain)):
        for i in range(3):
            seed += 1
            r = Recipe(seed)
            p = parameters(r, s)
            x = draw(r, [1 + i, t + i, s["attention_norm.weight"][0]]).requires_grad_()
            yield case(f.__name__, {"seed": seed, "shape": list(x.shape), "hidden": hidden}, answers(r, lambda x: f(p, x), p, [x], seed))


def feed_forwards(seed):
    acts = {"SILU": F.silu, "GELU": F.gelu, "RELU": F.relu, "SIGMOID": torch.sigmoid, "IDENTITY": lambda x: x}
    for name, act in acts.items():
        for i in range(4):
            seed += 1
            r, w, hidden = Recipe(seed), 3 + i, 5 + 2 * i
            bias = i % 2 == 1
            s = {"gate_proj.weight": [hidden, w], "up_proj.weight": [hidden, w], "down_proj.weight": [w, hidden]}
            if bias:
                s |= {"gate_proj.bias": [hidden], "up_proj.bias": [hidden], "down_proj.bias": [w]}
            p = parameters(r, s)
            x = draw(r, [2, 3, w]).requires_grad_()
            f = lambda x: F.linear(act(F.linear(x, p["gate_proj.weight"], p.get("gate_proj.bias"))) * F.linear(x, p["up_proj.weight"], p.get("up_proj.bias")),
                                   p["down_proj.weight"], p.get("down_proj.bias"))
            yield case("gated", {"seed": seed, "act": name, "sizes": [w, hidden], "bias": bias}, answers(r, f, p, [x], seed))
    for i in range(4):
        seed += 1
        r, w, hidden = Recipe(seed), 3 + i, 5 + 2 * i
        p = parameters(r, {"fc1.weight": [hidden, w], "fc1.bias": [hidden], "fc2.weight": [w, hidden], "fc2.bias": [w]})
        x = draw(r, [2, 3, w]).requires_grad_()
        f = lambda x: F.linear(F.gelu(F.linear(x, p["fc1.weight"], p["fc1.bias"])), p["fc2.weight"], p["fc2.bias"])
        yield case("plain", {"seed": seed, "sizes": [w, hidden]}, answers(r, f, p, [x], seed))


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "transformer", reference, [*layers(46000), *encoders(46100), *decoders(46200), *models(46300), *wholes(46350), *transcriptions(46400)], recipe)
    write("nn", "feed-forward", reference, list(feed_forwards(46900)), recipe)
