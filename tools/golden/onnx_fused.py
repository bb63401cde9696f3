"""lyceum-nn: operators of com.microsoft by ONNX Runtime. Each case is a whole model, as hexadecimal, with its inputs and first output.

    python3 tools/golden/onnx_fused.py
"""
import json
import subprocess
import sys

import numpy as np

from golden import Recipe, write


def bells(seed, *shape):
    return np.round(Recipe(seed).bells(int(np.prod(shape))), 3).reshape(shape).astype(np.float32)


def below(seed, bound, kind, *shape):
    return Recipe(seed).belows(bound, int(np.prod(shape))).reshape(shape).astype(kind)


B, S, D = 2, 5, 8
FLAGS = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)
X, W, BIAS = bells(1, B, S, D), bells(2, D, 3 * D) / 2, bells(3, 3 * D)
CASES = [
    ("attention", "Attention", {"num_heads": 2}, [X, W, BIAS]),
    ("attention of flags", "Attention", {"num_heads": 2}, [X, W, BIAS, FLAGS]),
    ("attention of lengths", "Attention", {"num_heads": 4}, [X, W, BIAS, np.array([3, 5], np.int32)]),
    ("causal attention", "Attention", {"num_heads": 2, "unidirectional": 1, "scale": 0.3}, [X, W, BIAS]),
    ("attention after a past", "Attention", {"num_heads": 2, "unidirectional": 1}, [X, W, BIAS, np.ones((B, S + 3), np.int32), bells(23, 2, B, 2, 3, D // 2)]),
    ("attention after a past with flags", "Attention", {"num_heads": 2},
     [X, W, BIAS, np.array([[0, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]], np.int32), bells(23, 2, B, 2, 3, D // 2)]),
    ("quantised attention", "QAttention", {"num_heads": 2}, [below(4, 255, np.uint8, B, S, D), below(5, 127, np.int8, D, 3 * D), BIAS, np.array(0.01, np.float32),
                                                           np.array(0.02, np.float32), FLAGS, np.array(128, np.uint8), np.array(0, np.int8)]),
    ("embeddings", "EmbedLayerNormalization", {"epsilon": 1e-6}, [below(6, 9, np.int32, B, S), below(7, 2, np.int32, B, S), bells(8, 9, D), bells(9, 7, D),
                                                                 bells(10, 2, D), bells(11, D), bells(12, D), FLAGS]),
    ("skip norm", "SkipLayerNormalization", {"epsilon": 1e-5}, [X, bells(13, B, S, D), bells(14, D), bells(15, D), bells(16, D)]),
    ("bias gelu", "BiasGelu", {}, [X, bells(17, D)]),
    ("fast gelu", "FastGelu", {}, [X, bells(17, D)]),
    ("quick gelu", "QuickGelu", {"alpha": 1.5}, [X]),
    ("fused matmul", "FusedMatMul", {"alpha": 0.5, "transB": 1}, [X, bells(18, B, 3, D)]),
    ("matmul of 4 bits", "MatMulNBits", {"K": 40, "N": 3, "bits": 4, "block_size": 32},
     [bells(19, 2, 40), below(20, 256, np.uint8, 3, 2, 16), bells(21, 6), below(22, 256, np.uint8, 3)]),
    ("matmul of 4 bits without zeros", "MatMulNBits", {"K": 32, "N": 3, "bits": 4, "block_size": 16}, [bells(19, 2, 32), below(20, 256, np.uint8, 3, 2, 8), bells(21, 6)]),
]
MAKE = """
import json, sys
from onnx import TensorProto as T, helper
for line in sys.stdin:
    op, attributes, kinds, shapes, outputs = json.loads(line)
    names = [f"x{i}" for i in range(len(kinds))]
    node = helper.make_node(op, names, ["y", "z"][:outputs], domain="com.microsoft", **attributes)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info(n, k, s) for n, k, s in zip(names, kinds, shapes)],
                              [helper.make_tensor_value_info("y", T.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("", 17)], ir_version=8)
    print(model.SerializeToString().hex())
"""
KINDS = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6}
lines = [json.dumps([op, a, [KINDS[str(x.dtype)] for x in xs], [list(x.shape) for x in xs], 2 if op.startswith("Embed") or (op == "Attention" and len(xs) > 4) else 1]) for _, op, a, xs in CASES]
models = subprocess.run([sys.executable, "-c", MAKE], input="\n".join(lines), capture_output=True, text=True, check=True).stdout.split()

import onnxruntime  # noqa: E402

onnxruntime.set_default_logger_severity(4)
found = []
for (name, op, attributes, xs), model in zip(CASES, models):
    session = onnxruntime.InferenceSession(bytes.fromhex(model), providers=["CPUExecutionProvider"])
    y = session.run(None, {f"x{i}": x for i, x in enumerate(xs)})[0]
    found.append({"name": name, "model": model, "inputs": [{"shape": list(x.shape), "type": str(x.dtype), "values": x.ravel().tolist()} for x in xs],
                  "shape": list(y.shape), "values": y.ravel().tolist()})
write("nn", "onnx_fused", "onnxruntime " + onnxruntime.__version__, found)
