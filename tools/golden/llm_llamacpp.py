"""lyceum-llm: what llama.cpp itself makes of tiny GGUF files, by the library that npm's node-llama-cpp carries:

    npm pack @node-llama-cpp/linux-x64@3.21.1 && tar xzf node-llama-cpp-linux-x64-3.21.1.tgz
    python3 tools/golden/llm_llamacpp.py package/bins/linux-x64

Writes model.gguf beside the checkpoint of every family that llama.cpp has (after llm_families.py), and llamacpp.json: their logits (llama_decode, weights and cache in
F32); logits of models whose blocks come from the recipe, by type; and the blocks that llama_model_quantize makes of a matrix from the recipe. And llamacpp-wide.json: the
logits of such models with weights twice as wide, where what is rounded on the way counts for more.
"""
import ctypes
import glob
import json
import os
import sys
import tempfile

import numpy as np
from safetensors.torch import load_file

import gguf
from golden import Recipe, case, write

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKPOINTS = os.path.join(HERE, "../../lyceum-llm/src/test/resources/checkpoints")
FTYPES = {"Q4_0": 2, "Q8_0": 7, "Q4_K": 14, "Q5_K": 16, "Q6_K": 18}
V, W, H, KV, HIDDEN, LAYERS, T, EVERY = 96, 256, 4, 2, 256, 2, 24, 6


class Blob(ctypes.Structure):
    """A struct by value, larger than any of the library's."""
    _fields_ = [("words", ctypes.c_int32 * 128)]


class Batch(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int32), ("token", ctypes.c_void_p), ("embd", ctypes.c_void_p), ("pos", ctypes.c_void_p), ("n_seq_id", ctypes.c_void_p),
                ("seq_id", ctypes.c_void_p), ("logits", ctypes.c_void_p), ("spare", ctypes.c_void_p * 4)]


class Quantize(ctypes.Structure):
    _fields_ = [("nthread", ctypes.c_int32), ("ftype", ctypes.c_int32), ("output", ctypes.c_int32), ("embedding", ctypes.c_int32), ("flags", ctypes.c_bool * 8),
                ("pointers", ctypes.c_void_p * 8)]


class Llama:
    def __init__(self, folder):
        for name in ("libggml-base.so", "libggml.v*.so", "libllama.v*.so"):
            library = ctypes.CDLL(glob.glob(os.path.join(folder, name))[0], ctypes.RTLD_GLOBAL)
            if "libggml.v" in library._name:
                library.ggml_backend_load_all_from_path(os.path.abspath(folder).encode())
        self.lib = library
        for name in ("llama_model_default_params", "llama_context_default_params"):
            getattr(library, name).restype = Blob
        library.llama_model_quantize_default_params.restype = Quantize
        for name in ("llama_model_load_from_file", "llama_init_from_model"):
            getattr(library, name).restype = ctypes.c_void_p
        library.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Blob]
        library.llama_init_from_model.argtypes = [ctypes.c_void_p, Blob]
        library.llama_decode.argtypes = [ctypes.c_void_p, Batch]
        library.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
        library.llama_get_logits_ith.restype = ctypes.POINTER(ctypes.c_float)
        library.llama_free.argtypes = library.llama_model_free.argtypes = [ctypes.c_void_p]
        library.llama_version.restype = ctypes.c_char_p
        self.quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
            lambda level, text, _: sys.stderr.write(text.decode()) if level >= 4 else None)
        library.llama_log_set(self.quiet, None)
        library.llama_backend_init()

    def version(self):
        return self.lib.llama_version().decode()

    def logits(self, path, ids, vocabulary):
        model = self.lib.llama_model_load_from_file(path.encode(), self.lib.llama_model_default_params())
        assert model, path
        params = self.lib.llama_context_default_params()
        words = params.words
        words[0], words[1], words[2] = 256, 256, 256
        flash = next(i for i in range(8, 14) if words[i] == -1 and words[i + 1] == 0)  # flash_attn_type, auto, before rope_freq_base of 0
        words[flash] = 0
        cache = next(i for i in range(flash + 6, 60) if words[i] == 1 and words[i + 1] == 1)  # type_k and type_v, F16
        words[cache] = words[cache + 1] = 0
        context = self.lib.llama_init_from_model(model, params)
        n = len(ids)
        tokens, positions = (ctypes.c_int32 * n)(*ids), (ctypes.c_int32 * n)(*range(n))
        one, zero = (ctypes.c_int32 * n)(*[1] * n), ctypes.c_int32(0)
        sequences = (ctypes.POINTER(ctypes.c_int32) * n)(*[ctypes.pointer(zero)] * n)
        wanted = (ctypes.c_int8 * n)(*[1] * n)
        at = lambda a: ctypes.cast(a, ctypes.c_void_p)
        assert self.lib.llama_decode(context, Batch(n, at(tokens), None, at(positions), at(one), at(sequences), at(wanted))) == 0, path
        rows = [np.ctypeslib.as_array(self.lib.llama_get_logits_ith(context, i), (vocabulary,)).astype(np.float32).copy() for i in range(n)]
        self.lib.llama_free(context)
        self.lib.llama_model_free(model)
        return np.stack(rows)

    def quantize(self, source, target, kind):
        params = self.lib.llama_model_quantize_default_params()
        params.nthread, params.ftype = 1, FTYPES[kind]
        params.flags[3] = True  # pure
        assert self.lib.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) == 0, kind


def shapes(arch):
    """Of a decoder from the recipe, in the order of the draws."""
    d = W // H
    all = {"token_embd.weight": (V, W), "output_norm.weight": (W,), "output.weight": (V, W)}
    for n in range(LAYERS):
        at = f"blk.{n}."
        all |= {at + "attn_norm.weight": (W,), at + "attn_q.weight": (H * d, W), at + "attn_k.weight": (KV * d, W), at + "attn_v.weight": (KV * d, W),
                at + "attn_output.weight": (W, H * d), at + "ffn_norm.weight": (W,), at + "ffn_gate.weight": (HIDDEN, W), at + "ffn_up.weight": (HIDDEN, W),
                at + "ffn_down.weight": (W, HIDDEN)}
        if arch == "qwen3":
            all |= {at + "attn_q_norm.weight": (d,), at + "attn_k_norm.weight": (d,)}
    return all


def recipe_model(path, arch, kind, seed, spread=0.04):
    r, tensors = Recipe(seed), {}
    for name, shape in shapes(arch).items():
        if len(shape) == 1:
            tensors[name] = ("F32", list(shape), (1 + 0.1 * r.bells(shape[0])).astype("<f4").tobytes())
        elif kind in ("F32", "F16"):
            tensors[name] = (kind, list(shape), (spread * r.bells(shape[0] * shape[1])).astype("<f4").astype("<f4" if kind == "F32" else "<f2").tobytes())
        else:
            tensors[name] = (kind, list(shape), gguf.random_blocks(r, kind, shape[0] * shape[1] // gguf.KINDS[kind][1], spread))
    keys = {"context_length": 128, "embedding_length": W, "block_count": LAYERS, "feed_forward_length": HIDDEN, "attention.head_count": H,
            "attention.head_count_kv": KV, "attention.key_length": W // H, "attention.value_length": W // H, "rope.dimension_count": W // H,
            "rope.freq_base": 10000.0, "attention.layer_norm_rms_epsilon": 1e-6, "vocab_size": V}
    gguf.write(path, {"general.architecture": arch, **{f"{arch}.{k}": v for k, v in keys.items()}, "tokenizer.ggml.model": "no_vocab"}, tensors)


def by_type(llama, temp, spread):
    cases = []
    for seed, arch in ((71, "llama"), (72, "qwen3")):
        for kind in ("F32", "F16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"):
            path = os.path.join(temp, "m.gguf")
            recipe_model(path, arch, kind, seed, spread)
            ids = Recipe(seed + 100).belows(V, T).tolist()
            rows = llama.logits(path, ids, V)[EVERY - 1::EVERY]
            cases.append(case(f"type {arch} {kind}", {"seed": seed, "ids": ids, "every": EVERY}, {"logits": rows}))
    return cases


def wide(llama):
    with tempfile.TemporaryDirectory() as temp:
        write("llm", "llamacpp-wide", {"llama.cpp": llama.version(), "node-llama-cpp": "3.21.1"}, by_type(llama, temp, 0.08))


def main(folder):
    llama, cases = Llama(folder), []
    wide(llama)
    for name in sorted(os.listdir(CHECKPOINTS)):
        place = os.path.join(CHECKPOINTS, name)
        with open(os.path.join(place, "config.json")) as f:
            config = json.load(f)
        if config["model_type"] not in gguf.ARCHITECTURES:
            continue
        tensors = {}
        for file in sorted(glob.glob(os.path.join(place, "model*.safetensors"))):
            tensors.update(load_file(file))
        path = os.path.join(place, "model.gguf")
        gguf.write(path, gguf.settings(config), gguf.converted(config, tensors))
        expected = load_file(os.path.join(place, "expected.safetensors"))
        ids = expected["ids"][0].tolist()
        found = llama.logits(path, ids, config["vocab_size"])
        print(f"{name}: largest difference from PyTorch's {np.abs(found - expected['logits'][0].numpy()).max():.2e}")
        cases.append(case("family " + name, {"ids": ids}, {"logits": found}))
    with tempfile.TemporaryDirectory() as temp:
        cases += by_type(llama, temp, 0.04)
        source = os.path.join(temp, "f.gguf")
        recipe_model(source, "llama", "F32", 73)
        given = gguf.read(source)["blk.0.ffn_down.weight"]
        for kind in FTYPES:
            target = os.path.join(temp, "q.gguf")
            llama.quantize(source, target, kind)
            number, shape, content = gguf.read(target)["blk.0.ffn_down.weight"]
            assert number == gguf.KINDS[kind][0] and shape == given[1], kind
            rows = 4
            cases.append(case(f"blocks {kind}", {"seed": 73, "rows": rows}, {"bytes": content[:rows * W // gguf.KINDS[kind][1] * gguf.KINDS[kind][2]].hex()}))
    write("llm", "llamacpp", {"llama.cpp": llama.version(), "node-llama-cpp": "3.21.1"}, cases)


if __name__ == "__main__":
    main(sys.argv[1])
