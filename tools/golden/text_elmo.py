"""lyceum-text: the layers of a small ELMo by torch in float64: character convolutions, highway, two LSTM layers with projections each way."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

WIDTH, UNITS, BYTES, LONGEST, FILTERS, VOCABULARY = 5, 7, 4, 9, [(1, 3), (2, 4), (3, 2)], 6
WORDS = ["<s>", "</s>", "cat", "né", "cats", "a"]
r = Recipe(17)
state = {}


def draw(name, *shape):
    count = 1
    for s in shape:
        count *= s
    state[name] = torch.tensor(0.5 * r.bells(count).reshape(shape))
    return state[name]


total = sum(n for _, n in FILTERS)
draw("spelling.bytes.weight", 261, BYTES)
for i, (k, n) in enumerate(FILTERS):
    draw(f"spelling.filters.{i}.weight", n, BYTES, k)
    draw(f"spelling.filters.{i}.bias", n)
for part in ("plain", "gate"):
    draw(f"spelling.highways.0.{part}.weight", total, total)
    draw(f"spelling.highways.0.{part}.bias", total)
draw("spelling.projection.weight", WIDTH, total)
draw("spelling.projection.bias", WIDTH)
for side in ("ahead", "back"):
    for l in range(2):
        draw(f"{side}.{l}.weight_ih_l0", 4 * UNITS, WIDTH)
        draw(f"{side}.{l}.weight_hh_l0", 4 * UNITS, WIDTH)
        draw(f"{side}.{l}.bias_ih_l0", 4 * UNITS)
        draw(f"{side}.{l}.bias_hh_l0", 4 * UNITS)
        draw(f"{side}.{l}.weight_hr_l0", WIDTH, UNITS)
draw("head.weight", VOCABULARY, WIDTH)
draw("head.bias", VOCABULARY)


def spell(codes):
    codes = [258] + list(codes)[:LONGEST - 2] + [259]
    return codes + [260] * (LONGEST - len(codes))


def encode(words):
    ids = torch.tensor([spell([256] if w == "<s>" else [257] if w == "</s>" else w.encode()) for w in words])
    x = F.embedding(ids, state["spelling.bytes.weight"]).transpose(1, 2)
    y = torch.cat([F.conv1d(x, state[f"spelling.filters.{i}.weight"], state[f"spelling.filters.{i}.bias"]).amax(2) for i in range(len(FILTERS))], 1).relu()
    t = torch.sigmoid(F.linear(y, state["spelling.highways.0.gate.weight"], state["spelling.highways.0.gate.bias"]))
    h = F.linear(y, state["spelling.highways.0.plain.weight"], state["spelling.highways.0.plain.bias"]).relu()
    return F.linear(t * h + (1 - t) * y, state["spelling.projection.weight"], state["spelling.projection.bias"])


def run(side, x):
    outputs = []
    for l in range(2):
        lstm = torch.nn.LSTM(WIDTH, UNITS, proj_size=WIDTH).double()
        lstm.load_state_dict({k.split(".")[-1]: v for k, v in state.items() if k.startswith(f"{side}.{l}.")})
        with torch.no_grad():
            y = lstm(x.unsqueeze(1))[0].squeeze(1)
        x = y if l == 0 else y + x
        outputs.append(x)
    return outputs


cases = []
for i, text in enumerate([["cat", "a", "cats"], ["né"], ["a", "a", "cat", "né", "cats"], ["unseen", "longer-than-nine", "a"]]):
    x = encode(["<s>"] + text + ["</s>"])
    right = run("ahead", x)
    left = [y.flip(0) for y in run("back", x.flip(0))]
    layers = [torch.cat([x, x], 1)] + [torch.cat(p, 1) for p in zip(right, left)]
    expected = {"layers": [float(f"{v:.9g}") for v in torch.stack(layers)[:, 1:-1].flatten()]}
    if all(w in WORDS for w in text):
        logits = F.linear(right[-1], state["head.weight"], state["head.bias"])
        logits[:, 0] = -torch.inf
        logs = torch.log_softmax(logits, 1)
        after = [WORDS.index(w) for w in text] + [1]
        expected["ahead"] = float(sum(logs[t, w] for t, w in enumerate(after)))
        logits = F.linear(left[-1], state["head.weight"], state["head.bias"])
        logits[:, 1] = -torch.inf
        logs = torch.log_softmax(logits, 1)
        before = [0] + [WORDS.index(w) for w in text]
        expected["back"] = float(sum(logs[t + 1, w] for t, w in enumerate(before)))
    cases.append(case(f"text{i}", {"words": text}, expected))
cases.append(case("names", {"names": list(state), "shapes": [" ".join(map(str, v.shape)) for v in state.values()]}, {}))
write("text", "elmo", {"torch": torch.__version__, **versions()}, cases, "Recipe(17): 0.5 bells for each tensor in the order of names")
