"""lyceum-nn: the debug state of a tiny ResNet, and what a bottleneck and group normalisation give."""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Recipe, case, versions, write


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None if stride == 1 and inputs == outputs else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.layer1 = BasicBlock(6, 6, 1)
        self.layer2 = BasicBlock(6, 10, 2)
        self.fc = nn.Linear(10, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(F.adaptive_avg_pool2d(self.layer2(self.layer1(x)), 1).flatten(1))


def fill(module, recipe):
    """Parameters in the order of state_dict: weights of more than one axis as bells / sqrt(fan-in); of one axis 1 + bell / 10 for weights, bell / 10 for biases."""
    for name, p in module.named_parameters():
        bells = torch.tensor(recipe.bells(p.numel()).reshape(p.shape))
        with torch.no_grad():
            p.copy_(bells / (p.numel() / p.shape[0]) ** 0.5 if p.dim() > 1 else bells / 10 + (1 if name.endswith("weight") else 0))


def floats(module):
    return {k: v.flatten() for k, v in module.state_dict().items()}


def tiny_resnet():
    torch.set_default_dtype(torch.float64)
    recipe = Recipe(32000)
    net = ResNet()
    fill(net, recipe)
    x = torch.tensor(recipe.bells(5 * 3 * 13 * 11).reshape(5, 3, 13, 11), requires_grad=True)
    target = torch.tensor(recipe.belows(4, 5))
    net.eval()
    expected = {"predicted": net(x).flatten()}
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        logits = net(x)
        loss = F.cross_entropy(logits, target)
        loss.backward()
        if step == 0:
            expected["logits"] = logits.flatten()
            expected["gradients"] = {k: p.grad.flatten().clone() for k, p in net.named_parameters()}
            expected["xGradient"] = x.grad.flatten().clone()
            expected["buffers"] = {k: v.flatten().clone() for k, v in net.state_dict().items() if "running" in k or "tracked" in k}
        losses.append(loss.item())
        optimizer.step()
    expected["losses"] = losses
    expected["state"] = floats(net)
    net.eval()
    expected["finally"] = net(x).flatten()
    return case("tiny ResNet", {"seed": 32000}, expected)


def parts():
    recipe = Recipe(32100)
    block = Bottleneck(6, 3, 2)
    fill(block, recipe)
    x = torch.tensor(recipe.bells(3 * 6 * 7 * 6).reshape(3, 6, 7, 6), requires_grad=True)
    y = block(x)
    y.square().sum().backward()
    yield case("bottleneck", {"seed": 32100}, {"y": y.flatten(), "xGradient": x.grad.flatten(), "gradients": {k: p.grad.flatten() for k, p in block.named_parameters()}})
    recipe = Recipe(32200)
    norm = nn.GroupNorm(3, 6)
    fill(norm, recipe)
    x = torch.tensor(recipe.bells(2 * 6 * 5).reshape(2, 6, 5), requires_grad=True)
    y = norm(x)
    y.pow(3).sum().backward()
    yield case("group norm", {"seed": 32200}, {"y": y.flatten(), "xGradient": x.grad.flatten(), "gradients": {k: p.grad.flatten() for k, p in norm.named_parameters()}})


if __name__ == "__main__":
    write("nn", "resnet", versions("torch", "numpy"), [tiny_resnet(), *parts()],
          "r = Recipe(seed); parameters in the order of state_dict: bells / sqrt(fan-in) if of more than one axis, else 1 + bells / 10 for weights and bells / 10 for biases; then x, then targets by belows(4). All float64. "
          "predicted: eval mode before any step. gradients and buffers: of the first step. state: after ten steps of AdamW at 0.01; finally: eval mode after them.")
