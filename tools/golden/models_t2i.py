"""lyceum-models: the loss of Diffusion-DPO from predicted and true velocities, and its gradient, in float64 from the recipe."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
N, WIDTH = 5, 12


def losses():
    for i, beta in enumerate((0.2, 1, 20, 500, 2000, 10000)):
        seed = 67900 + i
        r = Recipe(seed)
        target = torch.tensor(r.matrix(2 * N, WIDTH))
        model = torch.tensor(r.matrix(2 * N, WIDTH), requires_grad=True)
        reference = model.detach() + 0.01 * torch.tensor(r.matrix(2 * N, WIDTH))
        # winners first, losers after them
        won, lost = F.mse_loss(model, target, reduction="none").mean(1).chunk(2)
        reference_won, reference_lost = F.mse_loss(reference, target, reduction="none").mean(1).chunk(2)
        inside = -0.5 * beta * ((won - lost) - (reference_won - reference_lost))
        loss = -F.logsigmoid(inside).mean()
        (grad,) = torch.autograd.grad(loss, model)
        yield case(f"beta {beta}", {"seed": seed, "beta": beta}, {"loss": loss.item(), "grad": grad.flatten().tolist()})


if __name__ == "__main__":
    write("models", "t2i-alignment", versions("torch"), list(losses()), "target, model, and (reference - model) / 0.01: matrix(10, 12) each; the first 5 rows are the winners.")
