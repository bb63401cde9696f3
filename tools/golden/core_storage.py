"""lyceum-core: what torch saves of types that tensors here do not compute in: a small file and the numbers in it."""
import os

import torch

from golden import ROOT, case, versions, write

codes = torch.arange(256, dtype=torch.uint8)
tensors = {
    "i16": torch.tensor([[1, -2], [32767, -32768]], dtype=torch.int16), "u16": torch.tensor([0, 65535, 7], dtype=torch.uint16),
    "u32": torch.tensor([0, 2**32 - 1, 7], dtype=torch.uint32), "u64": torch.tensor([0, 2**63 - 1, 7], dtype=torch.uint64),
    "e4m3": codes.view(torch.float8_e4m3fn), "e5m2": codes.view(torch.float8_e5m2)[128:],
    "turned": torch.arange(12, dtype=torch.int16).reshape(3, 4).t(),
}
torch.save(tensors, os.path.join(ROOT, "lyceum-core/src/test/resources/format/storage.pt"))
x = torch.tensor([0.1, -3, 500, 448, 464, 1e-3, -1e-9, 57344, 61440, 1e6, float("inf"), float("nan"), -0.0, 0.0625 / 3])


def wide(t):
    return [str(v) for v in (t.double() if t.is_floating_point() else t.to(torch.int64)).flatten().tolist()]


write("core", "storage-types", versions("torch"), [
    case("numbers", {}, {n: {"shape": list(t.shape), "values": wide(t)} for n, t in tensors.items()}),
    case("rounding", {"x": [str(v) for v in x.tolist()]},
         {"e4m3": x.to(torch.float8_e4m3fn).view(torch.uint8).tolist(), "e5m2": x.to(torch.float8_e5m2).view(torch.uint8).tolist()}),
])
