"""lyceum-llm: what llama.cpp writes greedily, weights and cache in F32, from 50 prompts, 64 ids each; the library as llm_llamacpp.py has it:

    python3 tools/golden/llm_llamacpp_greedy.py package/bins/linux-x64

Beside each id stands by how much it led. Where that is next to nothing, another order of additions leads elsewhere.
"""
import ctypes
import os
import sys
import tempfile

import numpy as np

from golden import Recipe, case, write
from llm_llamacpp import V, Batch, Llama, recipe_model

PROMPTS, LENGTH, MOST, CLOSE = 50, 12, 64, 1e-2


def context(llama, model):
    params = llama.lib.llama_context_default_params()
    words = params.words
    words[0], words[1], words[2] = 128, 128, 128  # positions, batch, part of it
    flash = next(i for i in range(8, 14) if words[i] == -1 and words[i + 1] == 0)
    words[flash] = 0
    cache = next(i for i in range(flash + 6, 60) if words[i] == 1 and words[i + 1] == 1)
    words[cache] = words[cache + 1] = 0
    made = llama.lib.llama_init_from_model(model, params)
    llama.lib.llama_set_n_threads(made, 1, 1)  # more of them wait for one another all the time
    return made


def last(llama, context, ids, begin):
    """Logits behind the last of some ids, whose first has that position."""
    n = len(ids)
    tokens, positions = (ctypes.c_int32 * n)(*ids), (ctypes.c_int32 * n)(*range(begin, begin + n))
    one, zero = (ctypes.c_int32 * n)(*[1] * n), ctypes.c_int32(0)
    sequences = (ctypes.POINTER(ctypes.c_int32) * n)(*[ctypes.pointer(zero)] * n)
    wanted = (ctypes.c_int8 * n)(*[0] * (n - 1), 1)
    at = lambda a: ctypes.cast(a, ctypes.c_void_p)
    assert llama.lib.llama_decode(context, Batch(n, at(tokens), None, at(positions), at(one), at(sequences), at(wanted))) == 0
    return np.ctypeslib.as_array(llama.lib.llama_get_logits_ith(context, n - 1), (V,)).astype(np.float64).copy()


def main(folder):
    llama, cases = Llama(folder), []
    llama.lib.llama_get_memory.restype = ctypes.c_void_p
    llama.lib.llama_get_memory.argtypes = [ctypes.c_void_p]
    llama.lib.llama_memory_clear.argtypes = [ctypes.c_void_p, ctypes.c_bool]
    llama.lib.llama_set_n_threads.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]
    with tempfile.TemporaryDirectory() as temp:
        for seed, arch in ((81, "llama"), (82, "qwen3")):
            path = os.path.join(temp, "m.gguf")
            recipe_model(path, arch, "F32", seed, 0.08)
            model = llama.lib.llama_model_load_from_file(path.encode(), llama.lib.llama_model_default_params())
            recipe, prompts, written, places, leads = Recipe(seed + 100), [], [], [], []
            state = context(llama, model)
            for p in range(PROMPTS):
                ids = recipe.belows(V, LENGTH).tolist()
                prompts.append(ids)
                own, at, given = [], 0, ids
                llama.lib.llama_memory_clear(llama.lib.llama_get_memory(state), True)
                for t in range(MOST):
                    logits = last(llama, state, given, at)
                    at += len(given)
                    order = np.argsort(logits)
                    lead = float(logits[order[-1]] - logits[order[-2]])
                    if lead < CLOSE:
                        places.append(p * MOST + t)
                        leads.append(lead)
                    given = [int(order[-1])]
                    own += given
                written.append(own)
            llama.lib.llama_free(state)
            llama.lib.llama_model_free(model)
            print(arch, len({tuple(w) for w in written}), "different texts,", len(places), "close calls")
            cases.append(case("greedy " + arch, {"seed": seed, "prompts": prompts}, {"ids": written, "places": places, "leads": leads}))
    write("llm", "llamacpp-greedy", {"llama.cpp": llama.version(), "node-llama-cpp": "3.21.1"}, cases)


if __name__ == "__main__":
    main(sys.argv[1])
