"""lyceum-core: block formats of quantised weights, from their descriptions, element by element.

Blocks of random bytes (their F16 scales replaced by finite ones) and what they mean; rows of floats and the bytes that GGUF's
reference writer gives for Q8_0 and Q4_0; for the K formats the error of the plain rounding by the range, which a search must beat.
"""
import numpy as np

from golden import Recipe, case, versions, write


def half(b, at):
    return float(np.frombuffer(bytes(b[at:at + 2]), "<f2")[0])


def q8_0(b):
    d = half(b, 0)
    return [d * (v - 256 if v > 127 else v) for v in b[2:34]]


def q4_0(b):
    d = half(b, 0)
    return [d * ((b[2 + i % 16] >> (4 * (i // 16)) & 15) - 8) for i in range(32)]


def six_bits(s, g):
    """Scale and minimum of group g from the twelve bytes."""
    if g < 4:
        return s[g] & 63, s[g + 4] & 63
    return (s[g + 4] & 15) + 16 * (s[g - 4] >> 6), (s[g + 4] >> 4) + 16 * (s[g] >> 6)


def q4_k(b):
    d, e, out = half(b, 0), half(b, 2), []
    for i in range(256):
        part, j = divmod(i, 64)
        q = b[16 + 32 * part + j % 32] >> (4 * (j // 32)) & 15
        s, m = six_bits(b[4:16], i // 32)
        out.append(np.float32(d * s * q) - np.float32(e * m))
    return out


def q5_k(b):
    d, e, out = half(b, 0), half(b, 2), []
    for i in range(256):
        part, j = divmod(i, 64)
        q = (b[48 + 32 * part + j % 32] >> (4 * (j // 32)) & 15) + 16 * (b[16 + i % 32] >> (i // 32) & 1)
        s, m = six_bits(b[4:16], i // 32)
        out.append(np.float32(d * s * q) - np.float32(e * m))
    return out


def q6_k(b):
    d, out = half(b, 208), []
    for i in range(256):
        h, rest = divmod(i, 128)
        r, j = divmod(rest, 32)
        low = b[64 * h + 32 * (r % 2) + j] >> (4 * (r // 2)) & 15
        q = low + 16 * (b[128 + 32 * h + j] >> (2 * r) & 3) - 32
        s = b[192 + i // 16]
        out.append(d * (s - 256 if s > 127 else s) * q)
    return out


def flat(fifth, lifted):
    """Q4_1, Q5_0, Q5_1: scale, minimum, fifth bits as one number, pairs of low halves."""
    start = 2 + 2 * lifted + 4 * fifth

    def read(b):
        high = int.from_bytes(bytes(b[start - 4:start]), "little") if fifth else 0
        q = [(b[start + i % 16] >> (4 * (i // 16)) & 15) + 16 * (high >> i & 1) for i in range(32)]
        return [np.float32(half(b, 0) * v) + np.float32(half(b, 2)) if lifted else half(b, 0) * (v - 16) for v in q]
    return read


def iq4_nl(b):
    table = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
    return [half(b, 0) * table[b[2 + i % 16] >> (4 * (i // 16)) & 15] for i in range(32)]


def two_bits(b, at, i):
    h, rest = divmod(i, 128)
    return b[at + 32 * h + rest % 32] >> (2 * (rest // 32)) & 3


def q2_k(b):
    d, e = half(b, 80), half(b, 82)
    return [np.float32(d * (b[i // 16] & 15) * two_bits(b, 16, i)) - np.float32(e * (b[i // 16] >> 4)) for i in range(256)]


def q3_k(b):
    # the sixteen scales of six bits, as ggml unpacks them: 4 x 32 bits of low halves, 32 of upper pairs
    low = [b[96 + g % 8] >> (4 * (g // 8)) & 15 for g in range(16)]
    high = int.from_bytes(bytes(b[104:108]), "little")
    s = [low[g] + 16 * (high >> (8 * (g % 4) + 2 * (g // 4)) & 3) - 32 for g in range(16)]
    return [half(b, 108) * s[i // 16] * (two_bits(b, 32, i) + 4 * (b[i % 32] >> (i // 32) & 1) - 4) for i in range(256)]


def int4(group, zero):
    head = 3 if zero else 2

    def read(b):
        z = b[2] & 15 if zero else 8
        return [half(b, 0) * ((b[head + i // 2] >> (4 * (i % 2)) & 15) - z) for i in range(group)]
    return read


FORMATS = {"Q8_0": (34, [0], q8_0), "Q4_0": (18, [0], q4_0), "Q4_K": (144, [0, 2], q4_k), "Q5_K": (176, [0, 2], q5_k), "Q6_K": (210, [208], q6_k)}
for group in (32, 64, 128):
    FORMATS[f"INT4_{group}"] = (2 + group // 2, [0], int4(group, False))
    FORMATS[f"INT4_{group}Z"] = (3 + group // 2, [0], int4(group, True))

FORMATS |= {"Q4_1": (20, [0, 2], flat(0, 1)), "Q5_0": (22, [0], flat(1, 0)), "Q5_1": (24, [0, 2], flat(1, 1)), "IQ4_NL": (18, [0], iq4_nl),
            "Q2_K": (84, [80, 82], q2_k), "Q3_K": (110, [108], q3_k)}


def blocks(r, name, count):
    size, halves, _ = FORMATS[name]
    out = bytearray(int(v) for v in r.belows(256, size * count))
    for i in range(count):
        for at in halves:
            out[size * i + at:size * i + at + 2] = np.float16(0.02 * r.bell()).tobytes()
    return out


def values(name, data):
    size, _, read = FORMATS[name]
    return [float(np.float32(v)) for at in range(0, len(data), size) for v in read(data[at:at + size])]


def write_q8_0(x):
    d = np.float32(max(abs(x))) / np.float32(127)
    inverse = np.float32(0) if d == 0 else np.float32(1) / d
    v = (x * inverse).astype(np.float64)
    q = np.sign(v) * np.floor(np.abs(v) + 0.5)
    return np.float16(d).tobytes() + q.astype(np.int8).tobytes()


def write_q4_0(x):
    d = x[np.argmax(np.abs(x))] / np.float32(-8)
    inverse = np.float32(0) if d == 0 else np.float32(1) / d
    q = np.clip(np.trunc(x.astype(np.float64) * np.float64(inverse) + 8.5), 0, 15).astype(np.uint8)
    return np.float16(d).tobytes() + (q[:16] | q[16:] << 4).tobytes()


def write_flat(fifth, lifted):
    def writer(x):
        most = 31 if fifth else 15
        if lifted:
            d = (x.max() - x.min()) / np.float32(most)
            inverse = np.float32(0) if d == 0 else np.float32(1) / d
            q = np.clip(np.trunc((x - x.min()) * inverse + np.float32(0.5)), 0, most).astype(np.uint8)
        else:
            d = x[np.argmax(np.abs(x))] / np.float32(-16)
            inverse = np.float32(0) if d == 0 else np.float32(1) / d
            q = np.clip(np.trunc(x.astype(np.float64) * np.float64(inverse) + 16.5), 0, most).astype(np.uint8)
        head = np.float16(d).tobytes() + (np.float16(x.min()).tobytes() if lifted else b"")
        return head + (np.packbits(q >> 4, bitorder="little").tobytes() if fifth else b"") + (q[:16] & 15 | (q[16:] & 15) << 4).tobytes()
    return writer


def range_rounding(x, bits, group, symmetric):
    """RMS error of rounding by the range alone, scales unrounded."""
    g = x.reshape(-1, group)
    most = 2**bits - 1
    if symmetric:
        d = np.abs(g).max(1, keepdims=True) / 2**(bits - 1)
        y = d * np.clip(np.rint(g / d), -2**(bits - 1), 2**(bits - 1) - 1)
    else:
        low = np.minimum(g.min(1, keepdims=True), 0)
        d = (g.max(1, keepdims=True) - low) / most
        y = low + d * np.rint((g - low) / d)
    return float(np.sqrt(np.mean((y - g)**2)))


cases = []
for number, name in enumerate(FORMATS):
    r = Recipe(900 + number)
    count = (2 if FORMATS[name][0] > 100 else 4) if number < 11 else 1 if FORMATS[name][0] > 50 else 2
    data = blocks(r, name, count)
    expected = {"values": values(name, data)}
    k = len(expected["values"])
    x = r.bells(3 * k).astype(np.float32).reshape(3, k)
    expected["products"] = (x.astype(np.float64) @ np.array(expected["values"])).tolist()
    cases.append(case("meaning " + name, {"format": name, "bytes": data.hex(), "x": x}, expected))
for name, writer in (("Q8_0", write_q8_0), ("Q4_0", write_q4_0), ("Q4_1", write_flat(0, 1)), ("Q5_0", write_flat(1, 0)),
                     ("Q5_1", write_flat(1, 1))):
    r = Recipe(950)
    x = np.concatenate([r.bells(96).astype(np.float32), np.zeros(32, np.float32), np.float32(1e-3) * r.bells(32).astype(np.float32)])
    cases.append(case("writing " + name, {"format": name, "x": x}, {"bytes": b"".join(writer(x[i:i + 32]) for i in range(0, len(x), 32)).hex()}))
x = Recipe(960).bells(4096)
for name, bits, group, symmetric in (("Q4_K", 4, 32, False), ("Q5_K", 5, 32, False), ("Q6_K", 6, 16, True), ("Q2_K", 2, 16, False), ("Q3_K", 3, 16, True)):
    cases.append(case("error " + name, {"format": name, "recipe": "4096 bells of seed 960"}, {"rms": range_rounding(x, bits, group, symmetric)}))
write("core", "quantised-formats", versions("numpy"), cases)
