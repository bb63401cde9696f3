"""ONNX Runtime as a peer: sessions by name, timed runs, and a first answer with the process's resident size."""
import os
import time

from peer import serve

import numpy

os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # Debian's build says of each operator that it is registered twice; errors are answers
import onnxruntime

sessions = {}
inputs = {}


def hello():
    return {"name": "ONNX Runtime " + onnxruntime.__version__}


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def load(name, path, files, threads):
    sessions[name] = session(path, threads)
    inputs[name] = {key: numpy.load(file) for key, file in files.items()}
    return {}


def run(name, calls):
    start = time.perf_counter()
    for _ in range(calls):
        y = sessions[name].run(None, inputs[name])
    return {"seconds": (time.perf_counter() - start) / calls, "mean": float(numpy.abs(y[0]).mean())}


def first(path, files, threads):
    given = {key: numpy.load(file) for key, file in files.items()}
    start = time.perf_counter()
    s = session(path, threads)
    s.run(None, given)
    seconds = time.perf_counter() - start
    for _ in range(20):
        s.run(None, given)
    with open("/proc/self/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {"seconds": seconds, "resident": resident}


serve(hello, load, run, first)
