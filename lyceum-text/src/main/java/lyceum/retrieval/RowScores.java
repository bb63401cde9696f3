package lyceum.retrieval;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import lyceum.DType;
import lyceum.backend.RowDots;

/** The scores of one vector with many rows at once. For one thread. */
final class RowScores {
    private static final RowDots.Many DOTS = RowDots.many();

    private final VectorRows store;
    /** Of rows as they lie; null for signs, which are compared by bits. */
    private final DType type;
    private final MemorySegment numbers, addresses, sums;
    /** Where the vector's floats stand, and what owns them. */
    private long x;
    private VectorRows.Query query;
    private double square;

    /** @param most rows of a call */
    RowScores(VectorRows store, int most) {
        this.store = store;
        type = switch (store.encoding) {
            case FLOAT32 -> DType.F32;
            case FLOAT16 -> DType.F16;
            case INT8 -> DType.I8;
            case BINARY -> null;
        };
        var arena = Arena.ofAuto();
        numbers = arena.allocate(4L * store.dimensions, 64);
        addresses = arena.allocate(8L * most, 64);
        sums = arena.allocate(4L * most, 64);
    }

    /** A vector from outside. */
    void of(VectorRows.Query query) {
        this.query = query;
        square = query.square();
        x = numbers.address();
        MemorySegment.copy(query.values(), 0, numbers, VectorRows.FLOAT, 0, store.dimensions);
    }

    /** A row, which is not copied if it is floats. */
    void of(int row) {
        if (store.encoding != VectorEncoding.FLOAT32) {
            of(store.query(row));
            return;
        }
        x = store.address(row);
        square = store.square(row);
    }

    /** The scores of {@code n} rows from place {@code from} on. */
    void of(int[] rows, int from, int n, double[] into) {
        if (type == null) {
            for (int i = 0; i < n; i++) into[i] = store.score(query, rows[from + i]);
            return;
        }
        for (int i = 0; i < n; i++) addresses.setAtIndex(ValueLayout.JAVA_LONG, i, store.address(rows[from + i]));
        DOTS.dots(x, store.dimensions, addresses.address(), n, type, sums.address());
        for (int i = 0; i < n; i++) {
            double dot = sums.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            into[i] = store.scoreOf(dot, square, rows[from + i]);
        }
        Reference.reachabilityFence(store);
    }
}
