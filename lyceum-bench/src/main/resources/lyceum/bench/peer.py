"""What every Python peer does: answers a request, a line of JSON on stdin that names a function and its arguments, with a line on stdout."""
import json
import sys
import time


def timed(operations, own_clock=False):
    """prepare() makes the inputs of one operation, run() times calls of it, or sums what they say that they took."""
    made = []

    def prepare(op, **arguments):
        if op not in operations:
            raise ValueError("no such operation: " + op)
        made[:] = [operations[op](**arguments)]
        made[0]()
        return {"ready": True}

    def run(calls):
        if own_clock:
            return {"seconds": sum(made[0]() for _ in range(calls))}
        start = time.perf_counter()
        for _ in range(calls):
            made[0]()
        return {"seconds": time.perf_counter() - start}

    return prepare, run


def has_blas():
    """Whether a fast one is loaded."""
    return any("openblas" in line or "mkl_" in line for line in open("/proc/self/maps"))


def serve(*functions):
    calls = {f.__name__: f for f in functions}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = calls[request.pop("call")](**request)
        except Exception as e:
            answer = {"error": type(e).__name__ + ": " + str(e)}
        print(json.dumps(answer), flush=True)
