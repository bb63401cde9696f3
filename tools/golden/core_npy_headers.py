"""lyceum-core: headers of npy files in layouts that NumPy never writes, and what NumPy makes of each."""
import io
import json
import os
import struct
import warnings

import numpy as np

from golden import ROOT, versions

OUT = os.path.join(ROOT, "lyceum-core/src/test/resources/golden/npy-headers.json")
OURS = {"bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"}

F8 = np.array([[1.5, -2.0, 3.25], [4.0, 5.5, -6.0]])
I1 = np.array([-128, 0, 127], np.int8)
PLAIN = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"

# A header, the array whose bytes follow it, the version of the format.
CASES = [(PLAIN, F8, 1), (PLAIN, F8, 2), (PLAIN, F8, 3)]
CASES += [(h, F8, 1) for h in (
    "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f8'}",
    "{'fortran_order': False, 'shape': (2, 3), 'descr': '<f8',}",
    '{"descr": "<f8", "fortran_order": False, "shape": (2, 3)}',
    """{'descr':"<f8","fortran_order":False,'shape':(2,3)}""",
    "{'descr': '=f8', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '|f8', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': 'f8', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': 'd', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': 'float64', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L)}",
    "{'descr': u'<f8', u'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3,), }",
    "  {  'descr' :\t'<f8'\n, 'fortran_order' : False , 'shape' : ( 2 , 3 ) }  ",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (6,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (6L,)}",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3)}",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2, 3)}",
    # refused by NumPy as well
    "{'descr': '<f8', 'fortran_order': False, 'shape': (6)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 3]}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2.0, 3)}",
    "{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 3)}",
    "{'descr': '<f8', 'fortran_order': False}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
    "{'descr': '<f8' 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2,, 3)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (, )}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)} 1",
    "{'descr': '<f9', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': <f8, 'fortran_order': False, 'shape': (2, 3)}",
    "('descr', 'fortran_order', 'shape')",
    "",
)]
CASES += [(f"{{'descr': '{code}', 'fortran_order': False, 'shape': ({len(a)},)}}", a, 1) for code, a in (
    ("<i1", I1), (">i1", I1), ("i1", I1), ("b", I1), ("int8", I1), ("<u1", I1.view(np.uint8)), ("B", I1.view(np.uint8)),
    ("<b1", np.array([True, False])), ("?", np.array([True, False])), ("bool", np.array([True, False])),
    ("=i4", np.array([-7, 7], np.int32)), ("i", np.array([-7, 7], np.int32)), ("int64", np.array([-2**62, 5], np.int64)), ("q", np.array([-2**62, 5], np.int64)),
    (">i4", np.array([-7, 7], ">i4")), (">q", np.array([-2**62, 5], ">i8")), (">float32", np.array([0.5], ">f4")), (">f", np.array([0.5, -3], ">f4")),
    ("e", np.array([0.5, -3], np.float16)), ("half", np.array([0.5], np.float16)), ("f", np.array([0.5, -3], np.float32)),
    # NumPy reads these, no tensor holds them
    ("<i2", np.array([1, 2], np.int16)), ("<u2", np.array([1, 2], np.uint16)), ("<u4", np.array([1], np.uint32)), ("<u8", np.array([1], np.uint64)),
    ("<c8", np.array([1 + 2j], np.complex64)), ("<f16", np.array([1], np.longdouble)), ("<U3", np.array(["abc"])), ("|S3", np.array([b"abc"])),
    ("<M8[ns]", np.array([1], "M8[ns]")), ("|V4", np.zeros(1, "V4")),
)]
POINT = np.zeros(2, [("x", "<f4"), ("y", "<i4", (2,))])
NESTED = np.zeros(2, [("at", [("x", "<f4"), ("y", "<f4")]), ("größe", "<f8")])


def structured(a, version):
    return f"{{'descr': {np.lib.format.dtype_to_descr(a.dtype)!r}, 'fortran_order': False, 'shape': (2,), }}", a, version


CASES += [structured(POINT, 1), structured(NESTED, 1), structured(NESTED, 3)]


def case(header, array, version):
    text = (header + "\n").encode("utf-8" if version == 3 else "latin-1")
    raw = b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + array.tobytes()
    row = {"header": header, "version": version, "file": raw.hex()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = np.lib.format.read_array(io.BytesIO(raw), allow_pickle=False)
        row["numpy"] = str(read.dtype.newbyteorder("=")) if read.dtype.names is None else "structured"
        if row["numpy"] in OURS:
            row |= {"shape": list(read.shape), "values": read.astype(int if read.dtype.kind in "biu" else float).ravel().tolist()}
    except Exception as e:  # whatever it raises: NumPy does not read it
        row["numpy"] = "refused"
        row["why"] = type(e).__name__
    return row


if __name__ == "__main__":
    rows = [case(*c) for c in CASES]
    with open(OUT, "w") as f:
        f.write('{"reference": ' + json.dumps(versions("numpy")) + ',\n"cases": [\n' + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")
    for r in rows:
        print(r["numpy"], r.get("why", ""), r["header"])
