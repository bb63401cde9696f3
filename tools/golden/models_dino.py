"""lyceum-models: transcriptions of DINOv2's loss parts in PyTorch: Sinkhorn-Knopp targets, centring, the spreading term with its gradient, a moving average of weights."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def sinkhorn(logits, temperature, rounds):
    q = torch.exp(logits / temperature).t()
    k, b = q.shape
    q /= q.sum()
    for _ in range(rounds):
        q /= q.sum(dim=1, keepdim=True)
        q /= k
        q /= q.sum(dim=0, keepdim=True)
        q /= b
    return (q * b).t()


def koleo(x):
    x = F.normalize(x, eps=1e-8, p=2, dim=-1)
    dots = x @ x.t()
    dots.view(-1)[:: x.shape[0] + 1].fill_(-1)
    nearest = torch.max(dots, dim=1)[1]
    return -torch.log(torch.nn.PairwiseDistance(2, eps=1e-8)(x, x[nearest]) + 1e-8).mean()


def bells(recipe, *shape):
    return torch.tensor(recipe.bells(int(torch.tensor(shape).prod())).reshape(shape))


cases = []
for i, (n, k, t) in enumerate([(6, 4, 0.07), (24, 10, 0.1), (40, 16, 0.07), (9, 16, 0.04)]):
    logits = torch.tanh(bells(Recipe(900 + i), n, k))
    cases.append(case(f"sinkhorn {n} x {k}", {"seed": 900 + i, "n": n, "k": k, "temperature": t, "logits": logits.flatten()},
                      {"targets": sinkhorn(logits, t, 3).flatten()}))
r = Recipe(950)
centre, logits, momentum, t = bells(r, 5), bells(r, 8, 5), 0.9, 0.04
batch_centre = logits.sum(dim=0, keepdim=True) / len(logits)
cases.append(case("centring", {"centre": centre, "logits": logits.flatten(), "momentum": momentum, "temperature": t},
                  {"targets": F.softmax((logits - centre) / t, dim=-1).flatten(), "centre": (centre * momentum + batch_centre * (1 - momentum)).flatten()}))
for i, (n, d) in enumerate([(2, 3), (7, 4), (30, 8)]):
    x = bells(Recipe(960 + i), n, d).requires_grad_()
    loss = koleo(x)
    loss.backward()
    cases.append(case(f"koleo {n} x {d}", {"n": n, "d": d, "x": x.detach().flatten()}, {"loss": loss.item(), "gradient": x.grad.flatten()}))
r = Recipe(970)
teacher, student = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
weights = [bells(r, *p.shape) for m in (teacher, student) for p in m.parameters()]
with torch.no_grad():
    for p, w in zip([*teacher.parameters(), *student.parameters()], weights):
        p.copy_(w)
    before = [p.clone() for p in teacher.parameters()]
    for a, b in zip(student.parameters(), teacher.parameters()):
        b.mul_(0.992).add_(a.detach(), alpha=1 - 0.992)
cases.append(case("ema", {"momentum": 0.992, "teacher": torch.cat([p.flatten() for p in before]),
                          "student": torch.cat([p.detach().flatten() for p in student.parameters()])},
                  {"teacher": torch.cat([p.detach().flatten() for p in teacher.parameters()])}))
write("models", "dino", versions("torch"), cases, "golden.Recipe: tanh of bells as logits; all inputs are in the file")
