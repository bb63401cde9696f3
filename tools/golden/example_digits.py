"""examples/digits.onnx, the model that docs/guides/run-an-onnx-model.md works with: what a colleague hands over.

    python3 tools/golden/example_digits.py

A small convolutional network of PyTorch, trained on the first 1,200 of scikit-learn's digits; eight of the others as digits.npy, and what PyTorch makes
of them as digits-logits.npz. Nothing of it is read by a test but as the guide reads it.
"""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from golden import ROOT

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(data.target)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(96, 10))
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
for epoch in range(30):
    for rows in torch.randperm(1200).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
    some = x[1200:1208]
    np.save(f"{ROOT}/examples/digits.npy", some.numpy())
    np.savez(f"{ROOT}/examples/digits-logits.npz", logits=model(some).numpy())
    print(y[1200:1208], model(some)[0])
torch.onnx.export(model, x[:2], f"{ROOT}/examples/digits.onnx", input_names=["pixels"], output_names=["logits"], opset_version=17,
                  dynamic_axes={"pixels": {0: "batch"}, "logits": {0: "batch"}})
