"""SciPy as a peer: prepare() makes the inputs of one operation, run() times calls of it."""
import time

from peer import serve

operation = None


def hello(threads):
    import scipy
    import scipy.linalg  # so that the BLAS behind it is loaded
    blas = [line for line in open("/proc/self/maps") if "openblas" in line or "mkl_" in line]
    return {"name": "SciPy " + scipy.__version__, "blas": bool(blas)}


def prepare(op, **arguments):
    global operation
    if op not in operations:
        raise LookupError("no such operation: " + op)
    operation = operations[op](**arguments)
    operation()
    return {"ready": True}


def run(calls):
    start = time.perf_counter()
    for _ in range(calls):
        operation()
    return {"seconds": time.perf_counter() - start}


def assignment(n):
    import numpy
    from scipy.optimize import linear_sum_assignment
    cost = numpy.random.default_rng(1).random((n, n))
    return lambda: linear_sum_assignment(cost)


def frechet(features):
    """As pytorch-fid computes it: the trace of the principal root of the product of both covariances."""
    import numpy
    import scipy.linalg
    rng = numpy.random.default_rng(1)

    def moments():
        x = rng.normal(size=(2 * features, features)) @ numpy.diag(1 + rng.random(features))
        return x.mean(0), numpy.cov(x, rowvar=False)

    (m1, c1), (m2, c2) = moments(), moments()

    def call():
        root = scipy.linalg.sqrtm(c1.dot(c2))
        return ((m1 - m2) ** 2).sum() + numpy.trace(c1) + numpy.trace(c2) - 2 * numpy.trace(root.real)

    return call


operations = {f.__name__: f for f in (assignment, frechet)}
serve(hello, prepare, run)
