"""lyceum-models: torch.nn.Transformer, and recurrent encoders and decoders with attention by torch's cells, in float64 from the recipe."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from golden import Recipe, case, versions, write
from nn_transformer import stack_shapes, stack_state
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def transformers():
    """torch.nn.Transformer as it comes: a last norm in both stacks whatever the order of the norms."""
    for i in range(6):
        seed = 71000 + i
        pre, heads, w, hidden, t, s, layers = i % 2 == 1, 2, 8, 6 + i, 4 + i % 3, 5 + i % 2, 1 + i % 2
        r, lengths = Recipe(seed), [s, 2 + i % 3] if i < 4 else []
        sizes = {}
        for half, name, cross in (("encoder.encoder.", "encoder.", False), ("decoder.decoder.", "decoder.", True)):
            for k, v in stack_shapes(w, hidden, layers, cross, True).items():
                sizes[(half if pre or not k.startswith("norm") else name) + k] = v
        p = parameters(r, sizes)
        source, target = draw(r, [2, s, w]).requires_grad_(), draw(r, [2, t, w]).requires_grad_()
        m = nn.Transformer(w, heads, layers, layers, hidden, 0.0, batch_first=True, norm_first=pre)
        inner = {k.replace("encoder.encoder.", "encoder.").replace("decoder.decoder.", "decoder."): v for k, v in p.items()}
        state = {**stack_state(inner, "encoder.", "encoder.", layers, False, True), **stack_state(inner, "decoder.", "decoder.", layers, True, True)}
        mask = torch.arange(s)[None, :] >= torch.tensor(lengths)[:, None] if lengths else None
        causal = nn.Transformer.generate_square_subsequent_mask(t)
        f = lambda a, b: torch.func.functional_call(m, state, (a, b), {"tgt_mask": causal, "src_key_padding_mask": mask, "memory_key_padding_mask": mask})
        yield case("transformer", {"seed": seed, "pre": pre, "lengths": lengths, "sizes": [heads, w, hidden, t, s, layers]}, answers(r, f, p, [source, target], seed))


def recurrent_shapes(n, width, units, source_tokens, target_tokens, look, feeding):
    both = 2 * units
    s = {"source_embedding.weight": [source_tokens, width], "target_embedding.weight": [target_tokens, width]}
    for end in ("", "_reverse"):
        s |= {f"encoder.rnn.weight_ih_l0{end}": [n * units, width], f"encoder.rnn.weight_hh_l0{end}": [n * units, units],
              f"encoder.rnn.bias_ih_l0{end}": [n * units], f"encoder.rnn.bias_hh_l0{end}": [n * units]}
    cell = "decoder.rnn." + ("" if look == "NONE" else "cell.")
    inputs = width + (both if look == "ADDITIVE" else units if look == "GENERAL" and feeding else 0)
    s |= {cell + "weight_ih_l0": [n * units, inputs], cell + "weight_hh_l0": [n * units, units], cell + "bias_ih_l0": [n * units], cell + "bias_hh_l0": [n * units]}
    if look == "ADDITIVE":
        a = "decoder.rnn.attention.score."
        s |= {a + "query.weight_l0": [units, units], a + "key.weight_l0": [units, both], a + "key.bias_l0": [units], a + "v_l0": [units]}
    if look == "GENERAL":
        s |= {"decoder.rnn.attention.score.weight_l0": [units, both], "decoder.rnn.attention.combine.weight_l0": [units, both + units]}
    for part in ("h", "c")[:1 if n == 3 else 2]:
        s |= {f"decoder.bridge_{part}_l0.weight": [units, both], f"decoder.bridge_{part}_l0.bias": [units]}
    out = units + (both if look == "ADDITIVE" else 0)
    return {**s, "head.weight": [target_tokens, out], "head.bias": [target_tokens]}, cell


def recurrents():
    for i in range(8):
        seed = 72000 + i
        r, q = Recipe(seed), Recipe(7 * seed)
        lstm, look, feeding = i % 2 == 1, ("ADDITIVE", "GENERAL", "NONE")[i % 3], i < 4
        n, batch, width, units = 4 if lstm else 3, 2 + q.below(2), 2 + q.below(3), 2 + q.below(3)
        lengths, targets = [2 + q.below(4) for _ in range(batch)], [1 + q.below(4) for _ in range(batch)]
        source = [[3 + q.below(5) for _ in range(k)] for k in lengths]
        target = [[3 + q.below(4) for _ in range(k)] for k in targets]
        shapes, cell = recurrent_shapes(n, width, units, 8, 7, look, feeding)
        p = parameters(r, shapes, 0.5)

        def f():
            longest = max(lengths)
            x = F.embedding(torch.tensor([s + [0] * (longest - len(s)) for s in source]), p["source_embedding.weight"])
            net = (nn.LSTM if lstm else nn.GRU)(width, units, bidirectional=True, batch_first=True)
            weights = {k[len("encoder.rnn."):]: v for k, v in p.items() if k.startswith("encoder.rnn.")}
            out, last = torch.func.functional_call(net, weights, (pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False),))
            states = pad_packed_sequence(out, batch_first=True)[0]
            seen = torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]
            h, c = last if lstm else (last, None)
            bridge = lambda name, v: torch.tanh(torch.cat([v[0], v[1]], 1) @ p[f"decoder.bridge_{name}_l0.weight"].T + p[f"decoder.bridge_{name}_l0.bias"])
            h, c = bridge("h", h), bridge("c", c) if lstm else None
            step = (nn.LSTMCell if lstm else nn.GRUCell)(p[cell + "weight_ih_l0"].shape[1], units)
            own = {k: p[cell + k + "_l0"] for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
            turns = max(targets) + 1
            given = F.embedding(torch.tensor([[1] + t + [0] * (turns - 1 - len(t)) for t in target]), p["target_embedding.weight"])
            asked = torch.tensor([t + [2] + [0] * (turns - 1 - len(t)) for t in target])
            fed, rows = torch.zeros(batch, units), []
            soft = lambda e: torch.softmax(e.masked_fill(~seen, -torch.inf), 1)
            for t in range(turns):
                z = given[:, t]
                if look == "ADDITIVE":
                    a = "decoder.rnn.attention.score."
                    e = torch.tanh((h @ p[a + "query.weight_l0"].T)[:, None] + states @ p[a + "key.weight_l0"].T + p[a + "key.bias_l0"]) @ p[a + "v_l0"]
                    context = (soft(e)[:, :, None] * states).sum(1)
                    z = torch.cat([z, context], 1)
                if look == "GENERAL" and feeding:
                    z = torch.cat([z, fed], 1)
                after = torch.func.functional_call(step, own, (z, (h, c) if lstm else h))
                h, c = after if lstm else (after, None)
                y = h
                if look == "ADDITIVE":
                    y = torch.cat([h, context], 1)
                if look == "GENERAL":
                    e = ((h @ p["decoder.rnn.attention.score.weight_l0"])[:, None] * states).sum(2)
                    context = (soft(e)[:, :, None] * states).sum(1)
                    y = fed = torch.tanh(torch.cat([context, h], 1) @ p["decoder.rnn.attention.combine.weight_l0"].T)
                rows.append(y @ p["head.weight"].T + p["head.bias"])
            return F.cross_entropy(torch.stack(rows, 1).reshape(-1, 7), asked.reshape(-1), ignore_index=0)

        yield case("recurrent", {"seed": seed, "lstm": lstm, "look": look, "feeding": feeding, "sizes": [width, units], "source": source, "target": target},
                   answers(r, f, p, [], seed))


if __name__ == "__main__":
    write("models", "seq2seq", versions("torch"), list(transformers()) + list(recurrents()), "golden.Recipe, in the order of twin.py")
