"""Golden debug state of whole blocks: gpt, llama and multi-head-attention of lyceum-nn, by PyTorch in float64.

A state is what llm.c keeps of a run: logits, loss, every gradient, then ten AdamW steps. Values have 12 significant digits.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
STEPS, RATE, DECAY = 10, 3e-3, 0.1


def digits(tensor):
    return [float(f"{v:.12g}") for v in tensor.detach().reshape(-1).tolist()]


def fill(model, r):
    """Names in alphabetical order; norms 1 + 0.1 bell, biases 0.1 bell, everything else 0.3 bell, rounded to float32."""
    parameters = dict(model.named_parameters())
    for name in sorted(parameters):
        p = parameters[name]
        b = r.bells(p.numel())
        norm = "norm" in name or "ln_" in name
        v = 1 + 0.1 * b if norm and name.endswith("weight") else 0.1 * b if name.endswith("bias") else 0.3 * b
        p.data = torch.tensor(v.astype(np.float32).astype(np.float64)).reshape(p.shape)


class Gpt(nn.Module):
    class Block(nn.Module):
        class Attention(nn.Module):
            def __init__(self, width, heads):
                super().__init__()
                self.heads = heads
                self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

            def forward(self, x):
                b, t, c = x.shape
                q, k, v = (s.view(b, t, self.heads, c // self.heads).transpose(1, 2) for s in self.c_attn(x).split(c, dim=2))
                return self.c_proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))

        class Mlp(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

            def forward(self, x):
                return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))

        def __init__(self, width, heads):
            super().__init__()
            self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(width), self.Attention(width, heads), nn.LayerNorm(width), self.Mlp(width)

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    def __init__(self, vocabulary, positions, layers, heads, width):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.h = nn.ModuleList(self.Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


class Llama(nn.Module):
    class Block(nn.Module):
        class Attention(nn.Module):
            def __init__(self, width, heads, key_heads, d, base):
                super().__init__()
                self.d, self.base = d, base
                self.q_proj, self.k_proj = nn.Linear(width, heads * d, bias=False), nn.Linear(width, key_heads * d, bias=False)
                self.v_proj, self.o_proj = nn.Linear(width, key_heads * d, bias=False), nn.Linear(heads * d, width, bias=False)

            def turn(self, x):
                pairs = self.d // 2
                angle = torch.arange(x.shape[2])[:, None] * self.base ** (-2.0 * torch.arange(pairs) / self.d)
                z = torch.complex(x[..., :pairs], x[..., pairs:]) * torch.polar(torch.ones_like(angle), angle)
                return torch.cat([z.real, z.imag], -1)

            def forward(self, x):
                b, t, _ = x.shape
                q, k, v = (p(x).view(b, t, -1, self.d).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
                y = F.scaled_dot_product_attention(self.turn(q), self.turn(k), v, is_causal=True, enable_gqa=True)
                return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))

        class Mlp(nn.Module):
            def __init__(self, width, hidden):
                super().__init__()
                self.gate_proj, self.up_proj = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
                self.down_proj = nn.Linear(hidden, width, bias=False)

            def forward(self, x):
                return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))

        def __init__(self, width, heads, key_heads, d, hidden, base):
            super().__init__()
            self.input_layernorm, self.post_attention_layernorm = nn.RMSNorm(width, eps=1e-5), nn.RMSNorm(width, eps=1e-5)
            self.self_attn, self.mlp = self.Attention(width, heads, key_heads, d, base), self.Mlp(width, hidden)

        def forward(self, x):
            x = x + self.self_attn(self.input_layernorm(x))
            return x + self.mlp(self.post_attention_layernorm(x))

    def __init__(self, vocabulary, layers, heads, key_heads, width, d, hidden, base):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(self.Block(width, heads, key_heads, d, hidden, base) for _ in range(layers))
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens):
        x = self.embed_tokens(tokens)
        for block in self.layers:
            x = block(x)
        return self.lm_head(self.norm(x))


def state(model, seed, vocabulary, batch, length):
    r = Recipe(seed)
    fill(model, r)
    tokens = torch.tensor(r.belows(vocabulary, batch * (length + 1))).reshape(batch, length + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    expected, losses = {}, []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, vocabulary), tokens[:, 1:].reshape(-1))
        losses.append(loss.item())
        if step == 0:
            loss.backward()
            expected["logits"] = digits(logits)
            expected["gradients"] = {name: digits(p.grad) for name, p in model.named_parameters()}
        else:
            loss.backward()
        if step < STEPS:
            optimizer.step()
    expected["losses"] = losses
    expected["parameters"] = {name: digits(p) for name, p in model.named_parameters()}
    return expected


HOW = ("r = Recipe(seed); parameters in alphabetical order of their names: norm weights (float) (1 + 0.1 bell), biases (float) (0.1 bell), everything else (float) (0.3 bell); "
       "then tokens = belows(vocabulary, batch * (length + 1)), inputs all but the last of each row, targets all but the first. Mean cross-entropy; logits and gradients before the first step, "
       f"losses before each of {STEPS} AdamW steps (rate {RATE}, decay {DECAY}) and after the last, parameters after the last. float64, 12 significant digits.")


def gpt():
    given = {"seed": 20260, "vocabulary": 13, "positions": 10, "layers": 2, "heads": 2, "width": 16, "batch": 3, "length": 9}
    model = Gpt(13, 10, 2, 2, 16)
    write("nn", "gpt", versions("torch", "numpy"), [case("tiny", given, state(model, 20260, 13, 3, 9))], HOW + " GPT-2's names; weights as torch.nn.Linear has them; the head is wte transposed.")


def llama():
    given = {"seed": 20261, "vocabulary": 13, "layers": 2, "heads": 4, "keyHeads": 2, "width": 16, "headWidth": 4, "hidden": 24, "base": 100, "batch": 3, "length": 9}
    model = Llama(13, 2, 4, 2, 16, 4, 24, 100.0)
    write("nn", "llama", versions("torch", "numpy"), [case("tiny", given, state(model, 20261, 13, 3, 9))], HOW + " Llama's names without the prefix model.")


def multi_head_attention():
    cases = []
    for i in range(12):
        r = Recipe(19400 + i)
        heads, d, batch, length, memory = 1 + r.below(6), 1 + r.below(6), 1 + r.below(3), 1 + r.below(7), 1 + r.below(7)
        width, causal, cross = heads * d, i % 3 == 1, i % 3 == 2
        m = nn.MultiheadAttention(width, heads, bias=i % 2 == 0, batch_first=True)
        weight = r.matrix(3 * width, width) / math.sqrt(width)
        m.in_proj_weight.data = torch.tensor(weight)
        m.out_proj.weight.data = torch.tensor(r.matrix(width, width) / math.sqrt(width))
        if i % 2 == 0:
            m.in_proj_bias.data, m.out_proj.bias.data = torch.tensor(0.1 * r.bells(3 * width)), torch.tensor(0.1 * r.bells(width))
        x = torch.tensor(r.bells(batch * length * width).reshape(batch, length, width), requires_grad=True)
        y = torch.tensor(r.bells(batch * memory * width).reshape(batch, memory, width), requires_grad=True) if cross else x
        mask = torch.ones(length, length, dtype=torch.bool).triu(1) if causal else None
        out, weights = m(x, y, y, attn_mask=mask, average_attn_weights=False)
        up = torch.tensor(r.bells(out.numel()).reshape(out.shape))
        (out * up).sum().backward()
        cases.append(case(f"{i}", {"seed": 19400 + i, "heads": heads, "headWidth": d, "batch": batch, "length": length, "memory": memory, "causal": causal, "cross": cross, "bias": i % 2 == 0},
                          {"output": digits(out), "xGradient": digits(x.grad), "memoryGradient": digits(y.grad) if cross else None,
                           "gradients": {name: digits(p.grad) for name, p in m.named_parameters()}}))
    write("nn", "multi-head-attention", versions("torch", "numpy"), cases,
          "r = Recipe(seed); heads = 1 + below(6), headWidth = 1 + below(6), batch = 1 + below(3), length = 1 + below(7), memory = 1 + below(7); in_proj = matrix(3 width, width) / sqrt(width), "
          "out_proj = matrix(width, width) / sqrt(width), with bias 0.1 * 3 width bells and 0.1 * width bells; x = bells(batch, length, width); if cross, memory = bells(batch, memory, width); "
          "upstream = bells of the output's shape. torch.nn.MultiheadAttention, float64, 12 significant digits.")


if __name__ == "__main__":
    import sys
    only = sys.argv[1:]
    for make in (gpt, llama, multi_head_attention):
        if not only or make.__name__ in only:
            make()
