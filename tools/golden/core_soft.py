"""lyceum-core: softmax by temperature (SciPy), softmax of large rows (PyTorch), number formats and quantised integers (PyTorch), CSR (SciPy)."""
import hashlib

import numpy as np
import scipy.sparse
import scipy.special
import torch

from golden import Recipe, case, versions, write


def temperature():
    cases = []
    for k, (n, scale) in enumerate([(2, 1), (5, 3), (12, 1), (12, 10), (40, 4)]):
        z = scale * Recipe(8100 + k).bells(n)
        for t in (0.05, 0.3, 0.7, 1.0, 1.9, 8.0, 250.0):
            cases.append(case(f"{n} logits, T {t}", {"seed": 8100 + k, "n": n, "scale": scale, "temperature": t}, {"shares": scipy.special.softmax(z / t)}))
    write("core", "softmax-temperature", versions("scipy"), cases, "logits: scale * n bells")


ROWS = 10_000


def large_rows():
    """F32 rows of magnitudes 0.1 to 1e4, short ones and such as fill a vector of sixteen several times; torch's answer beside the formula in F64."""
    cases = []
    for name, seed, columns, every in [("", 8200, 12, 50), ("wide ", 8201, 67, 1000)]:
        r = Recipe(seed)
        scale = 10 ** (5 * np.repeat(r.uniforms(ROWS), columns) - 1)
        x = ((2 * r.uniforms(ROWS * columns) - 1) * scale).astype(np.float32).reshape(ROWS, columns)
        p = torch.softmax(torch.tensor(x), 1).numpy()
        z = x.astype(np.float64)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        gap = np.abs(p - e / e.sum(axis=1, keepdims=True)).max()
        cases.append(case(name + "gap", {"seed": seed, "rows": ROWS, "columns": columns}, {"largestGapToDouble": float(gap), "sumOfInputs": float(np.abs(z).sum())}))
        cases.append(case(name + "some", {"every": every}, {"shares": p[::every].ravel()}))
    write("core", "softmax-rows", versions("torch"), cases,
          "r = Recipe(seed); scale of each row = 10^(5u - 1); entries (2u - 1) scale, row by row, as float32. largestGapToDouble: over all rows, torch in F32 to exp(z - max) / sum in F64.")


FORMATS = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp8 E4M3": torch.float8_e4m3fn, "fp8 E5M2": torch.float8_e5m2}


def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def decoded(dtype):
    wide = dtype in (torch.bfloat16, torch.float16)
    codes = np.arange(65536, dtype=np.uint16) if wide else np.arange(256, dtype=np.uint8)
    return torch.from_numpy(codes.view(np.int16) if wide else codes).view(dtype).to(torch.float32).numpy()


def encoded(dtype, x):
    """Codes as uint16; every NaN as 0xFFFF."""
    y = torch.tensor(x).to(dtype)
    codes = y.view(torch.int16 if dtype.itemsize == 2 else torch.uint8).numpy()
    codes = codes.view(np.uint16) if dtype.itemsize == 2 else codes.astype(np.uint16)
    return np.where(torch.isnan(y.to(torch.float32)).numpy(), np.uint16(0xFFFF), codes)


def number_formats():
    cases, bits = [], Recipe(8300).bits(1_000_000)
    words = (bits >> np.uint64(32)).astype(np.uint32)
    # Every second: any bits at all. The others: exponents -28 to 17, where the small formats live.
    near = (words & np.uint32(0x807FFFFF)) | ((127 - 28 + (bits & np.uint64(0xFFFFFFFF)) % np.uint64(46)).astype(np.uint32) << np.uint32(23))
    words = np.where(np.arange(len(words)) % 2 == 0, words, near)
    x = words.view(np.float32)
    for name, dtype in FORMATS.items():
        values = decoded(dtype)
        bits32 = np.where(np.isnan(values), np.uint32(0x7FC00000), values.view(np.uint32))
        top = values[np.isfinite(values)].astype(np.float64)
        grid = np.unique(top)
        middle = ((grid[:-1] + grid[1:]) / 2).astype(np.float32)
        beyond = np.float32(grid[-1] + (grid[-1] - grid[-2]) / 2)
        middle = np.concatenate([middle, [beyond, -beyond]]).astype(np.float32)
        with np.errstate(over="ignore"):
            points = np.concatenate([middle, np.nextafter(middle, np.float32(np.inf)), np.nextafter(middle, np.float32(-np.inf))])
        expected = {"valuesHash": digest(bits32), "randomHash": digest(encoded(dtype, x)), "midpoints": len(middle), "midpointsHash": digest(encoded(dtype, points)),
                    "max": float(grid[-1]), "specials": encoded(dtype, np.array([np.inf, -np.inf, np.nan, -0.0], np.float32)).tolist()}
        if dtype.itemsize == 1:
            expected["values"] = values.astype(np.float64)
        cases.append(case(name, {"seed": 8300, "count": len(x)}, expected))
    write("core", "number-formats", versions("torch"), cases,
          "w = Recipe(8300).next(), 1,000,000 times; word = w >>> 32; of odd places the exponent field is 99 + (low 32 bits of w) mod 46; floats of those bits. "
          "SHA-256 of: valuesHash: float bits of all codes in order, little-endian, NaN as 0x7FC00000; randomHash: codes as unsigned 16 bits, NaN as 0xFFFF; "
          "midpointsHash: likewise of all midpoints of neighbours, ascending, then of the overflow's and its negative; then the next float above each; then the next below each. "
          "specials: codes of inf, -inf, NaN, -0.0.")


def quantised():
    """100 tensors of 6 x 8; integers by torch as SHA-256 of signed bytes, all in order."""
    cases, r = [], Recipe(8400)
    whole, channels, first = [], [], None
    for k in range(100):
        x = (10 ** (4 * r.uniform() - 2) * r.bells(48)).astype(np.float32).reshape(6, 8)
        scale = np.float32(float(np.abs(x).max()) * (0.5 + r.uniform()) / 127)
        if k % 4 == 0:
            x = (np.rint(x / scale * 2) / 2 * scale).astype(np.float32)  # many halves
        zero = r.below(41) - 20
        whole.append(torch.quantize_per_tensor(torch.tensor(x), float(scale), zero, torch.qint8).int_repr().numpy())
        axis = k % 2
        scales = ((0.5 + r.uniforms(x.shape[axis])) * float(scale)).astype(np.float32)
        zeros = r.belows(41, x.shape[axis]) - 20
        channels.append(torch.quantize_per_channel(torch.tensor(x), torch.tensor(scales), torch.tensor(zeros), axis, torch.qint8).int_repr().numpy())
        inverse = (np.float32(1) / scales).reshape([-1, 1] if axis == 0 else [1, -1])
        rule = np.clip(np.rint(x * inverse) + zeros.reshape(inverse.shape), -128, 127)
        assert (rule == channels[-1]).all() and (np.clip(np.rint(x * (np.float32(1) / scale)) + zero, -128, 127) == whole[-1]).all()
    cases.append(case("all", {"seed": 8400, "tensors": 100}, {"perTensor": digest(np.stack(whole)), "perChannel": digest(np.stack(channels)), "firstPerTensor": whole[1], "firstPerChannel": channels[1]}))
    write("core", "quantised-integers", versions("torch"), cases,
          "for each k: x = float32(10^(4u - 2) * 48 bells), 6 x 8; scale = float32(max |x| (0.5 + u) / 127); for k mod 4 = 0 x = float32(rint(x / scale * 2) / 2 * scale), in F32; zero = below(41) - 20; "
          "axis k mod 2; channel scales float32((0.5 + u) scale), then as many zero points below(41) - 20. SHA-256 of signed bytes. first...: of k = 1.")


def compressed_rows():
    """300 matrices from triples; SciPy's CSR after summing duplicates, sorting and eliminating zeros."""
    pattern, whole, cases = hashlib.sha256(), hashlib.sha256(), []
    for k in range(300):
        r = Recipe(8500 + k)
        m, n = 1 + r.below(25), 1 + r.below(25)
        z = r.below(m * n)
        i, j = r.belows(m, z), r.belows(n, z)
        v = r.belows(7, z) - 3.0 if k % 2 == 0 else r.bells(z)
        a = scipy.sparse.coo_matrix((v, (i, j)), (m, n)).tocsr()
        a.sum_duplicates()
        a.sort_indices()
        a.eliminate_zeros()
        pattern.update(a.indptr.astype("<i4").tobytes() + a.indices.astype("<i4").tobytes())
        if k % 2 == 0:
            whole.update(a.data.astype("<f8").tobytes())
        elif k % 16 == 1 and len(a.data) < 250:
            cases.append(case(f"{k}", {"seed": 8500 + k}, {"values": a.data, "columns": a.indices, "rowStart": a.indptr}))
    cases.append(case("all", {"matrices": 300}, {"pattern": pattern.hexdigest(), "wholeValues": whole.hexdigest()}))
    write("core", "compressed-rows", versions("scipy"), cases,
          "matrix k: r = Recipe(8500 + k); m = 1 + below(25), n likewise, z = below(m n); z rows below(m), z columns below(n), z values: for even k below(7) - 3, else bells. "
          "pattern: SHA-256 of row starts, then columns, of all matrices, as 32 bits little-endian; wholeValues: of the values of even k as F64.")


if __name__ == "__main__":
    temperature()
    large_rows()
    number_formats()
    quantised()
    compressed_rows()
