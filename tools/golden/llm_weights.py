"""lyceum-llm: one set of tensors as safetensors, torch.save, npz and GGUF, and their values as JSON.

safetensors and torch write theirs; GGUF is written here from the format's description, with ggml's reference rounding for Q8_0 and Q4_0.
"""
import json
import os
import struct
import sys

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file, save_file

from golden import ROOT, case, versions, write

OUT = os.path.join(ROOT, "lyceum-llm/src/test/resources/golden/weights")


def tensors():
    r = torch.Generator().manual_seed(7)
    x = torch.randn(4, 6, generator=r)
    return {
        "f32": x, "f64": x.double() / 3, "f16": x.half(), "bf16": x.bfloat16(), "i64": torch.tensor([[1, -2], [2**40, -(2**62)]]),
        "i32": torch.tensor([7, -8, 2**31 - 1], dtype=torch.int32), "i8": torch.tensor([-128, 127, 0], dtype=torch.int8),
        "u8": torch.tensor([0, 255, 3], dtype=torch.uint8), "bool": torch.tensor([True, False, True]), "scalar": torch.tensor(2.5),
        "layer.weight": torch.randn(3, 2, 2, generator=r), "empty": torch.zeros(0, 5), "transposed": torch.randn(3, 5, generator=r).t().contiguous(),
    }


def text(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def q8_0(x):
    out, back = b"", []
    for block in x.reshape(-1, 32):
        d = np.float32(np.abs(block).max() / 127)
        q = np.round(block * (np.float32(1) / d)).astype(np.int8)
        h = np.float16(d)
        out += h.tobytes() + q.tobytes()
        back.append(np.float32(h) * q.astype(np.float32))
    return out, np.concatenate(back)


def q4_0(x):
    out, back = b"", []
    for block in x.reshape(-1, 32):
        top = block[np.argmax(np.abs(block))]
        d = np.float32(top / -8)
        q = np.minimum(15, (block * (np.float32(1) / d) + np.float32(8.5)).astype(np.int8)).astype(np.uint8)
        h = np.float16(d)
        out += h.tobytes() + (q[:16] | q[16:] << 4).tobytes()
        back.append(np.float32(h) * (q.astype(np.float32) - 8))
    return out, np.concatenate(back)


def gguf(path, plain):
    kinds = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 30, torch.float64: 28, torch.int8: 24, torch.int32: 26, torch.int64: 27}
    w = torch.randn(4, 64, generator=torch.Generator().manual_seed(9)).numpy()
    items, expected = [], {}
    for name, t in plain.items():
        if t.dtype in kinds and t.numel():
            raw = t.contiguous().view(torch.uint8).numpy().tobytes() if t.dim() else t.reshape(1).view(torch.uint8).numpy().tobytes()
            items.append((name, list(t.shape), kinds[t.dtype], raw))
    for name, kind, f in (("q8", 8, q8_0), ("q4", 2, q4_0)):
        raw, back = f(w)
        items.append((name, [4, 64], kind, raw))
        expected[name] = [float(v) for v in back]
    settings = [("general.architecture", 8, text("llama")), ("general.license", 8, text("apache-2.0")), ("llama.block_count", 4, struct.pack("<I", 2)),
                ("llama.rope.freq_base", 6, struct.pack("<f", 10000)), ("tokenizer.ggml.add_bos_token", 7, b"\x01"),
                ("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 3) + text("<s>") + text("a") + text("\u00fc")),
                ("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 2) + struct.pack("<ff", -1.5, 0.25))]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(items), len(settings))
    for key, kind, value in settings:
        head += text(key) + struct.pack("<I", kind) + value
    data = b""
    for name, shape, kind, raw in items:
        head += text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", s) for s in reversed(shape)) + struct.pack("<IQ", kind, len(data))
        data += raw + b"\0" * (-len(raw) % 32)
    head += b"\0" * (-len(head) % 32)
    open(path, "wb").write(head + data)
    return expected


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    t = tensors()
    save_file(t, os.path.join(OUT, "a.safetensors"), metadata={"format": "pt", "license": "mit"})
    model = {k: v for k, v in t.items() if k != "transposed"}
    model["transposed"] = t["transposed"].t().contiguous().t()  # strides that are not in order
    model["part"] = t["f32"][1:3, 2:5]
    model["parameter"] = torch.nn.Parameter(t["f32"][:2])
    torch.save({"model": model, "epoch": 3, "name": "golden", "lr": 0.1, "list": [1, 2]}, os.path.join(OUT, "a.pt"))
    np.savez(os.path.join(OUT, "a.npz"), **{k: v.numpy() for k, v in t.items() if v.dtype != torch.bfloat16})
    blocks = gguf(os.path.join(OUT, "a.gguf"), t)
    values = {k: {"shape": list(v.shape), "dtype": str(v.dtype)[6:], "values": [repr(float(x)) if v.is_floating_point() else repr(int(x)) for x in v.double().flatten()] if v.is_floating_point() else [repr(int(x)) for x in v.flatten()]} for k, v in
              {**t, "part": model["part"], "parameter": model["parameter"].detach()}.items()}
    write("llm", "weights", versions("torch", "numpy"), [case("all", {}, {"tensors": values, "blocks": blocks})], "torch.Generator of seeds 7 and 9")
    # Given the folder that text_minilm.py takes: what ONNX Runtime makes of its first eight texts.
    if len(sys.argv) > 1:
        text = os.path.join(ROOT, "lyceum-text/src/test/resources/golden")
        kept = load_file(os.path.join(text, "minilm.safetensors"))
        with open(os.path.join(text, "minilm.json")) as f:
            texts = json.load(f)["texts"][:8]
        session = onnxruntime.InferenceSession(os.path.join(sys.argv[1], "all-minilm-l6-v2.onnx"))
        rows, at = [], 0
        for n in kept["lengths"][:8].tolist():
            ids = kept["ids"][at:at + n].numpy().astype(np.int64)[None]
            at += n
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            mean = session.run(None, {i.name: feed[i.name] for i in session.get_inputs()})[0][0].mean(0)
            rows.append([float(f"{x:.8f}") for x in mean / np.linalg.norm(mean)])
        write("llm", "weights-minilm", {"onnxruntime": onnxruntime.__version__}, [case("first", {"texts": texts}, {"vectors": rows})], "texts of lyceum-text")
