"""lyceum-nn: torch.nn.RNN, LSTM and GRU, and the GRU that resets before the product, in float64 from the recipe."""
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def networks(kind, layer_counts, seed, projections=(False,), relu=False):
    """Every number of layers, one direction or two, with projection or not, packed or not: outputs, last states, all gradients."""
    for layers in layer_counts:
        for both in (False, True):
            for projected in projections:
                for packed in (False, True):
                    seed += 1
                    r, sizes = Recipe(seed), Recipe(7 * seed)
                    batch, steps, inputs, units = 2 + sizes.below(3), 3 + sizes.below(5), 1 + sizes.below(5), 2 + sizes.below(5)
                    projection = max(1, units - 1) if projected else 0
                    lengths = [1 + sizes.below(steps) for _ in range(batch)] if packed else []
                    name = "relu" if relu and layers == 2 else "tanh"
                    options = {"proj_size": projection} if kind is torch.nn.LSTM else {"nonlinearity": name} if kind is torch.nn.RNN else {}
                    m = kind(inputs, units, layers, bidirectional=both, batch_first=True, **options)
                    p = parameters(r, {k: list(v.shape) for k, v in m.named_parameters()})
                    with torch.no_grad():
                        for k, v in m.named_parameters():
                            v.copy_(p[k])
                    x = draw(r, [batch, steps, inputs]).requires_grad_()
                    h = draw(r, [layers * (1 + both), batch, projection or units]).requires_grad_()
                    states = [h, draw(r, [layers * (1 + both), batch, units]).requires_grad_()] if kind is torch.nn.LSTM else [h]

                    def f(x, *states):
                        start = tuple(states) if len(states) > 1 else states[0]
                        read = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False) if packed else x
                        y, end = m(read, start)
                        y = pad_packed_sequence(y, batch_first=True, total_length=steps)[0] if packed else y
                        return (y, *end) if len(states) > 1 else (y, end)

                    yield case("torch", {"seed": seed, "sizes": [batch, steps, inputs, units, layers, projection], "bidirectional": both, "activation": name,
                                         "lengths": lengths}, answers(r, f, dict(m.named_parameters()), [x] + states, seed))


def reset_before(count, seed):
    """The GRU of the paper, in plain operations; blocks r, z, n."""
    for i in range(count):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        batch, steps, inputs, n = 1 + sizes.below(3), 1 + sizes.below(6), 1 + sizes.below(5), 1 + sizes.below(6)
        p = parameters(r, {"weight_ih_l0": [3 * n, inputs], "weight_hh_l0": [3 * n, n], "bias_ih_l0": [3 * n], "bias_hh_l0": [3 * n]})
        x, h0 = draw(r, [batch, steps, inputs]).requires_grad_(), draw(r, [1, batch, n]).requires_grad_()

        def f(x, h0):
            w, u, b, d = p["weight_ih_l0"], p["weight_hh_l0"], p["bias_ih_l0"], p["bias_hh_l0"]
            h, ys = h0[0], []
            for t in range(steps):
                a = x[:, t] @ w.T + b
                reset = torch.sigmoid(a[:, :n] + h @ u[:n].T + d[:n])
                update = torch.sigmoid(a[:, n:2 * n] + h @ u[n:2 * n].T + d[n:2 * n])
                candidate = torch.tanh(a[:, 2 * n:] + (reset * h) @ u[2 * n:].T + d[2 * n:])
                h = update * h + (1 - update) * candidate
                ys.append(h)
            return torch.stack(ys, 1), h[None]

        yield case("before", {"seed": seed, "sizes": [batch, steps, inputs, n, 1, 0], "bidirectional": False, "activation": "tanh", "lengths": []},
                   answers(r, f, p, [x, h0], seed))


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "rnn", reference, list(networks(torch.nn.RNN, (1, 2, 3), 51000, relu=True)), recipe)
    write("nn", "lstm", reference, list(networks(torch.nn.LSTM, (1, 2), 52000, projections=(False, True))), recipe)
    write("nn", "gru", reference, list(networks(torch.nn.GRU, (1, 2), 53000)) + list(reset_before(10, 53500)), recipe)
