"""lyceum-core: small npy, npz and safetensors files written by NumPy (safetensors by hand from its specification)."""
import json
import os
import struct

import numpy as np

from golden import ROOT, Recipe, versions

OUT = os.path.join(ROOT, "lyceum-core/src/test/resources/format")


def npy(name, array, version=None):
    with open(os.path.join(OUT, name), "wb") as f:
        np.lib.format.write_array(f, array, version=version)
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return {"file": name, "dtype": array.dtype.str, "shape": list(array.shape), "order": order, "values": clean(array)}


def clean(a):
    if a.dtype.kind in "cU":
        return None
    flat = np.asarray(a).astype(float if a.dtype.kind == "f" else a.dtype).ravel().tolist()
    return [("NaN" if v != v else "Infinity" if v == float("inf") else "-Infinity" if v == float("-inf") else v) if isinstance(v, float) else v for v in flat]


def arrays():
    r = Recipe(77)
    m = r.matrix(3, 4)
    yield npy("f64.npy", m)
    yield npy("f64-fortran.npy", np.asfortranarray(m))
    yield npy("f64-big-endian.npy", m.astype(">f8"))
    yield npy("f32.npy", np.array([0.1, -2.5, np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38], np.float32))
    yield npy("f16.npy", np.array([[1, 0.5, 65504], [-2, 6e-8, 0.1]], np.float16))
    yield npy("i64.npy", np.array([[-2**63, 2**63 - 1], [0, 42]], np.int64))
    yield npy("i32.npy", np.arange(-3, 5, dtype=np.int32).reshape(2, 2, 2))
    yield npy("i8.npy", np.array([-128, 127, 0], np.int8))
    yield npy("u8.npy", np.array([0, 255, 7], np.uint8))
    yield npy("bool.npy", np.array([[True, False], [False, True]]))
    yield npy("scalar.npy", np.array(3.25))
    yield npy("empty.npy", np.zeros((0, 3)))
    yield npy("version2.npy", np.arange(5.0), (2, 0))
    yield npy("version3.npy", np.arange(5.0), (3, 0))
    yield npy("unsupported-complex.npy", np.array([1 + 2j])) | {"refused": True}
    yield npy("unsupported-unicode.npy", np.array(["ab", "c"])) | {"refused": True}


def archives():
    a, b = np.arange(6.0).reshape(2, 3), np.array([1, -1], np.int32)
    np.savez(os.path.join(OUT, "stored.npz"), a=a, b=b)
    np.savez_compressed(os.path.join(OUT, "deflated.npz"), a=a, b=b)
    for name in ("stored.npz", "deflated.npz"):
        yield {"file": name, "entries": {"a": {"shape": [2, 3], "dtype": "<f8", "values": clean(a)}, "b": {"shape": [2], "dtype": "<i4", "values": b.tolist()}}}


def bfloat16(values):
    return (np.array(values, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()


def safetensors(name, tensors, metadata=None, pad=True, bytes_only=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for key, dtype, dims, raw in tensors:
        header[key] = {"dtype": dtype, "shape": dims, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(bytes_only or struct.pack("<Q", len(text)) + text + data)
    return name


def checkpoints():
    f = np.array([[0.5, -1.25, 3.0], [1e-3, 2.0, -0.0]], "<f4")
    all_types = [("weight", "F32", [2, 3], f.tobytes()), ("bias", "F64", [2], np.array([0.1, -7.5], "<f8").tobytes()),
                 ("half", "F16", [3], np.array([1, 0.5, -2], "<f2").tobytes()), ("brain", "BF16", [4], bfloat16([1.0, -2.5, 0.15625, 3e38])),
                 ("long", "I64", [2], np.array([-5, 2**40], "<i8").tobytes()), ("int", "I32", [1, 2], np.array([7, -7], "<i4").tobytes()),
                 ("small", "I8", [2], np.array([-1, 1], "i1").tobytes()), ("byte", "U8", [3], bytes([0, 128, 255])), ("mask", "BOOL", [2], bytes([1, 0])),
                 ("scalar", "F32", [], np.array(4.5, "<f4").tobytes()), ("nothing", "F32", [0, 4], b"")]
    values = {"weight": f.ravel().tolist(), "bias": [0.1, -7.5], "half": [1, 0.5, -2], "brain": [1.0, -2.5, 0.15625, float(np.frombuffer(bfloat16([3e38]) , "<u2").astype(np.uint32).__lshift__(16).view(np.float32)[0])],
              "long": [-5, 2**40], "int": [7, -7], "small": [-1, 1], "byte": [0, 128, 255], "mask": [True, False], "scalar": [4.5], "nothing": []}
    yield {"file": safetensors("all-types.safetensors", all_types, {"format": "pt", "formatVersion": "1"}), "metadata": {"format": "pt", "formatVersion": "1"},
           "tensors": {k: {"dtype": d, "shape": s, "values": values[k]} for k, d, s, _ in all_types}}
    yield {"file": safetensors("unpadded.safetensors", all_types[:1], pad=False), "metadata": {}, "tensors": {"weight": {"dtype": "F32", "shape": [2, 3], "values": values["weight"]}}}
    yield {"file": safetensors("empty.safetensors", []), "metadata": {}, "tensors": {}}

    def text(s, data=b""):
        return struct.pack("<Q", len(s)) + s + data
    bad = {
        "bad-truncated-length.safetensors": b"\x10\x00\x00",
        "bad-header-longer-than-file.safetensors": struct.pack("<Q", 1 << 40) + b"{}",
        "bad-not-json.safetensors": text(b"{not json"),
        "bad-overlap.safetensors": text(b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}', bytes(6)),
        "bad-hole.safetensors": text(b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}', bytes(6)),
        "bad-size.safetensors": text(b'{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', bytes(8)),
        "bad-overflow.safetensors": text(b'{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}'),
        "bad-past-end.safetensors": text(b'{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}', bytes(8)),
        "bad-trailing.safetensors": text(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(5)),
        "bad-dtype.safetensors": text(b'{"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
        "bad-duplicate-key.safetensors": text(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
    }
    for name, raw in bad.items():
        yield {"file": safetensors(name, [], bytes_only=raw), "refused": True}


def broken_arrays():
    good = open(os.path.join(OUT, "f64.npy"), "rb").read()
    bad = {"bad-magic.npy": b"\x93NUMPX" + good[6:], "bad-truncated.npy": good[:-3], "bad-header-length.npy": good[:8] + b"\xff\xff" + good[10:],
           "bad-pickle.npy": good.replace(b"'<f8'", b"'|O' "), "bad-shape.npy": good.replace(b"(3, 4)", b"(3,-4)")}
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 1099511627776), }"
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    bad["bad-huge-shape.npy"] = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    for name, raw in bad.items():
        with open(os.path.join(OUT, name), "wb") as f:
            f.write(raw)
        yield {"file": name, "refused": True}


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    rows = [*arrays(), *archives(), *checkpoints(), *broken_arrays()]
    with open(os.path.join(OUT, "index.json"), "w") as f:
        f.write('{"reference": ' + json.dumps(versions("numpy")) + ',\n"files": [\n' + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")
    print(len(rows), "files", sum(os.path.getsize(os.path.join(OUT, n)) for n in os.listdir(OUT)), "bytes")
