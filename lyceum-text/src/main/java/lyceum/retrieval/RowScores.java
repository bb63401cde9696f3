package lyceum.retrieval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.RowDots;

/** The scores of one vector with many rows at once. For one thread. */
final class RowScores {
    private static final RowDots.Many DOTS = RowDots.many();

    private final VectorRows store;
    /** Of rows as they lie; null for signs, which are compared by bits. */
    private final DType type;
    private final MemorySegment numbers, addresses, sums;
    private final double[] squares, steps;
    /** Where the vector's numbers stand: floats, or codes that are multiples of the step. */
    private long x;
    private boolean byCodes;
    private double square, step;
    private VectorRows.Query query;

    /** @param most rows of a call, with what is read next */
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
        squares = new double[most];
        steps = new double[most];
        Arrays.fill(steps, 1);
    }

    /** A vector from outside. */
    void of(VectorRows.Query query) {
        MemorySegment.copy(query.values(), 0, numbers, VectorRows.FLOAT, 0, store.dimensions);
        of(query, numbers.address(), 1, false);
    }

    /** The same for a walk: where rows are codes, with the vector's own codes, several times as fast. {@link VectorRows#roughMargin} tells how far off scores are. */
    void roughly(VectorRows.Query query) {
        if (!store.walksByCodes()) {
            of(query);
            return;
        }
        MemorySegment.copy(query.codes(), 0, numbers, JAVA_BYTE, 0, store.dimensions);
        of(query, numbers.address(), query.step(), true);
    }

    private void of(VectorRows.Query query, long x, double step, boolean byCodes) {
        this.query = query;
        this.x = x;
        this.step = step;
        this.byCodes = byCodes;
        square = query.square();
    }

    /** A row, which is not copied if it is floats or codes. */
    void of(int row) {
        byCodes = store.walksByCodes();
        if (!byCodes && type != DType.F32) {
            of(store.query(row));
            return;
        }
        x = store.address(row);
        step = byCodes ? store.step(row) : 1;
        square = store.square(row);
    }

    /** The scores of {@code n} rows from place {@code from} on. */
    void of(int[] rows, int from, int n, double[] into) { of(rows, from, n, into, null, 0); }

    /** @param next addresses of what is read next, {@code ahead} of them: 128 bytes from each on are brought near meanwhile */
    void of(int[] rows, int from, int n, double[] into, long[] next, int ahead) {
        if (type == null) {
            for (int i = 0; i < n; i++) into[i] = store.score(query, rows[from + i]);
            return;
        }
        store.find(rows, from, n, addresses, squares, steps);
        for (int i = 0; i < ahead; i++) addresses.setAtIndex(ValueLayout.JAVA_LONG, n + i, next[i]);
        if (byCodes) DOTS.dotsOfBytes(x, store.dimensions, addresses.address(), n, sums.address(), ahead);
        else DOTS.dots(x, store.dimensions, addresses.address(), n, type, sums.address(), ahead);
        for (int i = 0; i < n; i++) {
            double dot = byCodes ? sums.getAtIndex(ValueLayout.JAVA_INT, i) : sums.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            into[i] = store.metric.score(step * steps[i] * dot, square, squares[i]);
        }
        Reference.reachabilityFence(store);
    }
}
