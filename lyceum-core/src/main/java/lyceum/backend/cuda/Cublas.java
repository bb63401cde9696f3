package lyceum.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** NVIDIA's matrix products, of one device; the handle is made by the first of them. */
final class Cublas {
    private final Library library;
    private long handle;

    Cublas(SymbolLookup lookup) {
        library = new Library("cuBLAS", lookup,
                "products need cuBLAS, and there is none: install the CUDA toolkit, or launch Kernels.matmul, which does without",
                (of, status) -> of.textOf("cublasGetStatusString", status) + " (cuBLAS's status " + status + ")");
    }

    /**
     * Row-major {@code c = a b} of (m, k) and (k, n). cuBLAS takes columns first, and a row-major matrix read so is its transpose: c' = b' a'.
     */
    synchronized void product(long stream, long a, long b, long c, int m, int n, int k) {
        try (var arena = Arena.ofConfined()) {
            if (handle == 0) {
                var place = arena.allocate(JAVA_LONG);
                library.call("cublasCreate_v2", "", place.address());
                handle = place.get(JAVA_LONG, 0);
            }
            library.call("cublasSetStream_v2", "", handle, stream);
            long one = arena.allocateFrom(JAVA_FLOAT, 1).address(), zero = arena.allocateFrom(JAVA_FLOAT, 0).address();
            library.call("cublasSgemm_v2", "of " + m + " x " + k + " by " + k + " x " + n, handle, 0, 0, n, m, k, one, b, n, a, k, zero, c,
                    n);
        }
    }

    synchronized void close() {
        if (handle == 0) return;
        long closed = handle;
        handle = 0;
        library.call("cublasDestroy_v2", "", closed);
    }
}
