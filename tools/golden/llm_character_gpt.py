"""A character GPT learns the King James Bible in PyTorch, three times from three seeds: nats a character of held-out text by step.

What depends on chance, first weights and the order of rows, is drawn by PyTorch: another implementation of the same configuration is
compared by the mean over as many seeds. Takes a few minutes on two cores.
"""
import math

import torch
import torch.nn.functional as F

from golden import _open, case, versions, write

VOCABULARY, LENGTH, LAYERS, HEADS, WIDTH = 128, 64, 3, 3, 96
STEPS, WARM_UP, BATCH, RATE, DECAY, CLIP = 1200, 60, 16, 3e-3, 0.01, 1.0
LEARNED, HELD, EVERY, SEEDS = 4_000_000, 1024 * LENGTH, 200, (1, 2, 3)


def letters():
    """The chapters one after another, verses on lines of their own; characters beyond ASCII as blanks."""
    text, place = [], None
    for line in _open("corpus/kjv.tsv.gz").decode("utf-8").splitlines():
        book, chapter, _, verse = line.split("\t")
        text.append(("\n" if place == (book, chapter) else "") + verse)
        place = (book, chapter)
    return torch.tensor([ord(c) if ord(c) < VOCABULARY else 32 for c in "".join(text)[:LEARNED + HELD]])


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.up, self.down = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (z.view(b, t, HEADS, WIDTH // HEADS).transpose(1, 2) for z in self.qkv(self.first(x)).split(WIDTH, 2))
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh"))


class Gpt(torch.nn.Module):
    """As Radford et al. (2019): tied, normal first weights of 0.02, those that write to the residual stream narrower."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(VOCABULARY, WIDTH), torch.nn.Embedding(LENGTH, WIDTH)
        self.blocks, self.norm = torch.nn.Sequential(*(Block() for _ in range(LAYERS))), torch.nn.LayerNorm(WIDTH)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.zeros_(parameter)
            elif parameter.dim() == 2:
                narrow = name.endswith(("out.weight", "down.weight"))
                torch.nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * LAYERS) if narrow else 1))

    def loss(self, rows):
        x = self.blocks(self.tokens(rows[:, :-1]) + self.places.weight[:rows.shape[1] - 1])
        return F.cross_entropy((self.norm(x) @ self.tokens.weight.T).flatten(0, 1), rows[:, 1:].flatten())


def factor(step):
    if step < WARM_UP:
        start = 1 / WARM_UP
        return start + (1 - start) * step / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP)))


def held_out(model, rows):
    with torch.no_grad():
        return sum(float(model.loss(part)) for part in rows.split(64)) / len(rows.split(64))


def curve(seed, learned, held):
    torch.manual_seed(seed)
    model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    order, points = torch.randperm(len(learned)), []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * factor(step)
        optimizer.zero_grad()
        model.loss(learned[order[step * BATCH:(step + 1) * BATCH]]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        if (step + 1) % EVERY == 0:
            points.append(round(held_out(model, held), 6))
            print(seed, step + 1, points[-1], flush=True)
    return points


text = letters()
learned, held = text[:LEARNED].view(-1, LENGTH), text[LEARNED:].view(-1, LENGTH)
given = {"vocabulary": VOCABULARY, "length": LENGTH, "layers": LAYERS, "heads": HEADS, "width": WIDTH, "steps": STEPS, "warmUp": WARM_UP,
         "batch": BATCH, "rate": RATE, "decay": DECAY, "clip": CLIP, "learned": LEARNED, "held": HELD, "every": EVERY,
         "seeds": len(SEEDS), "parameters": sum(p.numel() for p in Gpt().parameters()), "letters": text[:200].tolist(), "sum": int(text.sum())}
write("llm", "character-gpt", versions("torch"), [case("king james", given, {"curves": [curve(seed, learned, held) for seed in SEEDS]})])
