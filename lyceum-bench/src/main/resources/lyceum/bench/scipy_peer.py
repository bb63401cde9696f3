"""SciPy as a peer: prepare() makes the inputs of one operation, run() times calls of it."""

import numpy
import scipy
import scipy.fft
import scipy.linalg
import scipy.sparse
from peer import has_blas, serve, timed

workers = 1
random = numpy.random.default_rng(1)


def hello(threads):
    global workers
    workers = threads
    scipy.linalg.cholesky(numpy.eye(2))
    return {"name": "SciPy " + scipy.__version__, "blas": has_blas()}


def linalg(name, n):
    a = random.standard_normal((n, n))
    if name in ("cholesky", "eigh"):
        a = a @ a.T / n + numpy.eye(n)
    b = random.standard_normal((n, 1))
    f = scipy.linalg
    return {"cholesky": lambda: f.cholesky(a, lower=True), "lu": lambda: f.lu_factor(a), "qr": lambda: f.qr(a, mode="economic"), "solve": lambda: f.solve(a, b), "eigh": lambda: f.eigh(a), "svdvals": lambda: f.svdvals(a)}[name]


def spmm(n, each, width, dtype):
    kind = numpy.float32 if dtype == "F32" else numpy.float64
    columns = numpy.sort(random.integers(0, n, (n, each), dtype=numpy.int32), axis=1).ravel()
    a = scipy.sparse.csr_array((random.standard_normal(n * each).astype(kind), columns, numpy.arange(0, n * each + 1, each, dtype=numpy.int32)), shape=(n, n))
    x = random.standard_normal((n, width)).astype(kind)
    return lambda: a @ x


def fft(n):
    x = random.standard_normal(n) + 1j * random.standard_normal(n)
    return lambda: scipy.fft.fft(x, workers=workers)


def assignment(n):
    from scipy.optimize import linear_sum_assignment
    cost = numpy.random.default_rng(1).random((n, n))
    return lambda: linear_sum_assignment(cost)


def frechet(features):
    """As pytorch-fid computes it: the trace of the principal root of the product of both covariances."""
    rng = numpy.random.default_rng(1)

    def moments():
        x = rng.normal(size=(2 * features, features)) @ numpy.diag(1 + rng.random(features))
        return x.mean(0), numpy.cov(x, rowvar=False)

    (m1, c1), (m2, c2) = moments(), moments()

    def call():
        root = scipy.linalg.sqrtm(c1.dot(c2))
        return ((m1 - m2) ** 2).sum() + numpy.trace(c1) + numpy.trace(c2) - 2 * numpy.trace(root.real)

    return call


operations = {f.__name__: f for f in (linalg, spmm, fft, assignment, frechet)}
serve(hello, *timed(operations))
