"""lyceum-models: objectives between pictures and texts, each transcribed from its paper, with gradients; a text tower as CLIP's."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
REFERENCE = versions("torch")
N, D, K, L, V = 7, 5, 4, 3, 6


def unit(recipe, *shape):
    count = int(torch.tensor(shape).prod())
    return F.normalize(torch.tensor(recipe.bells(count).reshape(shape)), dim=-1).requires_grad_()


def of(name, inputs, loss, more=None):
    loss.backward()
    tensors = {k: v for k, v in inputs.items() if torch.is_tensor(v)}
    return case(name, {k: (v.detach().flatten() if torch.is_tensor(v) else v) for k, v in inputs.items()},
                {"loss": loss.item(), **{k + "Gradient": v.grad.flatten() for k, v in tensors.items() if v.grad is not None}, **(more or {})})


def symmetric(rows, columns, smoothing=0.0):
    target = torch.arange(rows.shape[0])
    return (F.cross_entropy(rows, target, label_smoothing=smoothing) + F.cross_entropy(columns, target, label_smoothing=smoothing)) / 2


def pairs(seed):
    recipe = Recipe(seed)
    return {"u": unit(recipe, N, D), "v": unit(recipe, N, D), "logScale": torch.tensor(1.7, requires_grad=True)}


def softmax(name, seed, smoothing):
    x = pairs(seed)
    logits = x["logScale"].exp() * x["u"] @ x["v"].T
    return of(name, x, symmetric(logits, logits.T, smoothing))


def locked():
    x = pairs(6)
    logits = x["logScale"].exp() * x["u"].detach() @ x["v"].T
    return of("lit", x, symmetric(logits, logits.T))


def sigmoid():
    x = {**pairs(3), "bias": torch.tensor(-3.1, requires_grad=True)}
    logits = x["logScale"].exp() * x["u"] @ x["v"].T + x["bias"]
    labels = 2 * torch.eye(N) - 1
    loss = -torch.sum(F.logsigmoid(labels * logits)) / N
    softplus = sum(torch.log1p(torch.exp(-labels[i, j] * logits[i, j])) for i in range(N) for j in range(N)) / N
    return of("siglip", x, loss, {"softplus": softplus.item()})


def filip():
    recipe = Recipe(4)
    u, v = unit(recipe, N, K, D), unit(recipe, N, L, D)
    scale = torch.tensor(1.7, requires_grad=True)
    lengths = [3, 1, 2, 3, 2, 1, 3]
    rows, columns = [], []
    for i in range(N):
        rows.append(torch.stack([sum(max_(u[i, k] @ v[j, :lengths[j]].T) for k in range(K)) / K for j in range(N)]))
        columns.append(torch.stack([sum(max_(u[j] @ v[i, l]) for l in range(lengths[i])) / lengths[i] for j in range(N)]))
    loss = symmetric(scale.exp() * torch.stack(rows), scale.exp() * torch.stack(columns))
    return of("filip", {"u": u, "v": v, "logScale": scale, "lengths": lengths}, loss)


def max_(x):
    return x.max()


def coca():
    recipe = Recipe(5)
    x = {**pairs(7), "logits": torch.tensor(recipe.bells(N * L * V).reshape(N, L, V), requires_grad=True)}
    ids = [[1, 4, 2], [1, 2, 0], [1, 5, 2], [1, 3, 3], [1, 3, 2], [1, 2, 0], [1, 5, 4]]
    target = torch.tensor([[t if t else -100 for t in row] for row in ids])
    logits = x["logScale"].exp() * x["u"] @ x["v"].T
    contrast = symmetric(logits, logits.T)
    caption = F.cross_entropy(x["logits"][:, :-1].reshape(-1, V), target[:, 1:].reshape(-1), ignore_index=-100)
    return of("coca", {**x, "ids": ids}, 1 * contrast + 2 * caption, {"contrast": contrast.item(), "caption": caption.item()})


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.self_attn = nn.ModuleDict({k: nn.Linear(width, width) for k in ("q_proj", "k_proj", "v_proj", "out_proj")})
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        self.heads = heads

    def forward(self, x):
        h = self.layer_norm1(x)
        q, k, v = (self.self_attn[p](h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in ("q_proj", "k_proj", "v_proj"))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.self_attn["out_proj"](a)
        h = self.mlp["fc1"](self.layer_norm2(x))
        return x + self.mlp["fc2"](h * torch.sigmoid(1.702 * h))


class Text(nn.Module):
    def __init__(self, vocabulary, positions, width, depth, heads):
        super().__init__()
        self.embeddings = nn.ModuleDict({"token_embedding": nn.Embedding(vocabulary, width), "position_embedding": nn.Embedding(positions, width)})
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList([Block(width, heads) for _ in range(depth)])})
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids):
        x = self.embeddings["token_embedding"](ids) + self.embeddings["position_embedding"].weight[:ids.shape[1]]
        for block in self.encoder["layers"]:
            x = block(x)
        return self.final_layer_norm(x)


def tower():
    recipe = Recipe(8)
    model = nn.ModuleDict({"text_model": Text(9, 6, 8, 2, 2)})
    with torch.no_grad():
        for name, p in model.state_dict().items():
            bells = torch.tensor(recipe.bells(p.numel()).reshape(p.shape))
            p.copy_(bells / (p.numel() / p.shape[0]) ** 0.5 if p.dim() > 1 else bells / 10 + (1 if name.endswith("weight") else 0))
    ids = torch.tensor([[1, 4, 5, 8, 8, 8], [1, 3, 2, 7, 6, 8], [1, 8, 8, 8, 8, 8]])
    y = model["text_model"](ids)
    ends = (ids == 8).int().argmax(1)
    return case("text tower", {"seed": 8, "ids": ids.flatten(), "state": {k: list(v.shape) for k, v in model.state_dict().items()}},
                {"tokens": y.detach().flatten(), "pooled": y[torch.arange(3), ends].detach().flatten()})


if __name__ == "__main__":
    write("models", "multimodal", REFERENCE, [softmax("clip", 1, 0), softmax("align", 2, 0.1), sigmoid(), locked(), filip(), coca(), tower()])
