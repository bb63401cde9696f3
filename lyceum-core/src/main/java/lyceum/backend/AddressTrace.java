package lyceum.backend;

/**
 * The addresses that a loop touches, in its order, for a {@link CacheHierarchy}. Matrices are stored by rows, one behind the other, A first, then B, then C, each from
 * a multiple of 4096 bytes on.
 */
@FunctionalInterface
public interface AddressTrace {
    /** Touches every address of the loop. */
    void play(CacheHierarchy caches);

    /**
     * {@code C[i][j] = sum_k A[i][k] B[k][j]} for n x n matrices as in the book: i, then j, then k, the sum in a register.
     *
     * @param bytes of an element
     */
    static AddressTrace product(int n, int bytes) {
        long a = 0, b = matrix(n, bytes), c = 2 * b;
        return caches -> {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    for (int k = 0; k < n; k++) {
                        caches.read(a + ((long) i * n + k) * bytes);
                        caches.read(b + ((long) k * n + j) * bytes);
                    }
                    caches.write(c + ((long) i * n + j) * bytes);
                }
            }
        };
    }

    /**
     * The same in tiles of {@code tile} x {@code tile}: for each tile of C, the products of a row of A's tiles and a column of B's are added to it.
     *
     * @throws IllegalArgumentException unless tile divides n
     */
    static AddressTrace tiledProduct(int n, int tile, int bytes) {
        if (tile < 1 || n % tile != 0)
            throw new IllegalArgumentException("tiledProduct: tiles of " + tile + " in a matrix of " + n + "; they have to divide it");
        long a = 0, b = matrix(n, bytes), c = 2 * b;
        return caches -> {
            for (int i0 = 0; i0 < n; i0 += tile)
                for (int j0 = 0; j0 < n; j0 += tile)
                    for (int k0 = 0; k0 < n; k0 += tile) for (int i = i0; i < i0 + tile; i++) for (int j = j0; j < j0 + tile; j++) {
                        caches.read(c + ((long) i * n + j) * bytes);
                        for (int k = k0; k < k0 + tile; k++) {
                            caches.read(a + ((long) i * n + k) * bytes);
                            caches.read(b + ((long) k * n + j) * bytes);
                        }
                        caches.write(c + ((long) i * n + j) * bytes);
                    }
        };
    }

    /** {@code count} addresses, {@code stride} bytes apart, {@code rounds} times over. */
    static AddressTrace strided(int count, long stride, int rounds) {
        return caches -> {
            for (int r = 0; r < rounds; r++) for (int i = 0; i < count; i++) caches.read(i * stride);
        };
    }

    private static long matrix(int n, int bytes) { return ((long) n * n * bytes + 4095) / 4096 * 4096; }
}
