"""llama.cpp as a peer, by the library that LLAMA_LIBRARY names: npm's node-llama-cpp brings one built for each CPU, de.kherud:llama one built for AVX2.

Structs are passed by value as the library's own defaults, with the first words changed; they are larger here than any version has them.
"""
import ctypes
import glob
import os
import time

from peer import serve, timed

library, threads, held = None, 1, {}


class Blob(ctypes.Structure):
    _fields_ = [("words", ctypes.c_int32 * 128)]


class Batch(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int32), ("token", ctypes.c_void_p), ("embd", ctypes.c_void_p), ("pos", ctypes.c_void_p), ("n_seq_id", ctypes.c_void_p),
                ("seq_id", ctypes.c_void_p), ("logits", ctypes.c_void_p), ("spare", ctypes.c_void_p * 4)]


@ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
def quiet(level, text, data):
    pass


def hello(threads):
    globals()["threads"] = threads
    globals()["library"] = lib = opened(os.environ["LLAMA_LIBRARY"])
    for name in ("llama_model_default_params", "llama_context_default_params"):
        getattr(lib, name).restype = Blob
    for name in ("llama_model_load_from_file", "llama_init_from_model", "llama_get_memory"):
        if hasattr(lib, name):
            getattr(lib, name).restype = ctypes.c_void_p
    lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Blob]
    lib.llama_init_from_model.argtypes = [ctypes.c_void_p, Blob]
    lib.llama_decode.argtypes = [ctypes.c_void_p, Batch]
    lib.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.llama_get_logits_ith.restype = ctypes.POINTER(ctypes.c_float)
    lib.llama_log_set(quiet, None)
    lib.llama_backend_init()
    return {"name": os.environ["LLAMA_NAME"]}


def opened(path):
    folder = os.path.dirname(os.path.abspath(path))
    for name in ("libggml-base.so", "libggml.v*.so"):
        for part in glob.glob(os.path.join(folder, name)):
            lib = ctypes.CDLL(part, ctypes.RTLD_GLOBAL)
            if "libggml.v" in part:
                lib.ggml_backend_load_all_from_path(folder.encode())
    return ctypes.CDLL(path, ctypes.RTLD_GLOBAL)


def context(file, positions, sequences):
    """Of a model; one is held at a time."""
    key = (file, positions, sequences)
    if key not in held:
        for model, c in held.values():
            library.llama_free(ctypes.c_void_p(c))
            library.llama_model_free(ctypes.c_void_p(model))
        held.clear()
        model = library.llama_model_load_from_file(file.encode(), library.llama_model_default_params())
        if not model:
            raise ValueError("the file is not read: " + file)
        params = library.llama_context_default_params()
        params.words[0], params.words[1], params.words[2], params.words[3] = positions * sequences, 512, 512, sequences
        c = library.llama_init_from_model(model, params)
        library.llama_set_n_threads(ctypes.c_void_p(c), threads, threads)
        held[key] = (model, c)
    return held[key][1]


def clear(c):
    if hasattr(library, "llama_memory_clear"):
        library.llama_memory_clear(ctypes.c_void_p(library.llama_get_memory(ctypes.c_void_p(c))), True)
    else:
        library.llama_kv_cache_clear(ctypes.c_void_p(c))


def decode(c, places, wanted):
    """places: (id, position, sequence) each; logits behind those that are wanted."""
    n = len(places)
    at = lambda a: ctypes.cast(a, ctypes.c_void_p)
    tokens, positions = (ctypes.c_int32 * n)(*[p[0] for p in places]), (ctypes.c_int32 * n)(*[p[1] for p in places])
    ones, numbers = (ctypes.c_int32 * n)(*[1] * n), [ctypes.c_int32(p[2]) for p in places]
    sequences = (ctypes.POINTER(ctypes.c_int32) * n)(*[ctypes.pointer(s) for s in numbers])
    output = (ctypes.c_int8 * n)(*[int(i in wanted) for i in range(n)])
    if library.llama_decode(c, Batch(n, at(tokens), None, at(positions), at(ones), at(sequences), at(output))) != 0:
        raise ValueError("llama_decode failed")
    for i in wanted:
        library.llama_get_logits_ith(c, i)[0]


def read(c, length, sequence, ids):
    for start in range(0, length, 512):
        part = [((7 * i + 3) % ids, i, sequence) for i in range(start, min(length, start + 512))]
        decode(c, part, {len(part) - 1})


def llama_prefill(file, prompt, ids):
    c = context(file, prompt + 256, 1)

    def call():
        clear(c)
        start = time.perf_counter()
        read(c, prompt, 0, ids)
        return time.perf_counter() - start

    return call


def llama_decode(file, prompt, written, ids):
    c = context(file, prompt + 256, 1)

    def call():
        clear(c)
        read(c, prompt, 0, ids)
        start = time.perf_counter()
        for i in range(written):
            decode(c, [(i % ids, prompt + i, 0)], {0})
        return time.perf_counter() - start

    return call


def llama_together(file, streams, length, written, ids):
    c = context(file, (length + written + 255) // 256 * 256, streams)

    def call():
        clear(c)
        start = time.perf_counter()
        places = [((7 * i + s) % ids, i, s) for s in range(streams) for i in range(length)]
        for at in range(0, len(places), 512):
            part = places[at:at + 512]
            decode(c, part, {i for i, p in enumerate(part) if p[1] == length - 1})
        for i in range(written - 1):
            decode(c, [(i % ids, length + i, s) for s in range(streams)], set(range(streams)))
        return time.perf_counter() - start

    return call


operations = {f.__name__: f for f in (llama_prefill, llama_decode, llama_together)}
serve(hello, *timed(operations, own_clock=True))
