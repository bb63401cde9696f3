package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/**
 * Gather and scatter-add of whole {@linkplain IndexedRows rows}. They are copied and added at the speed of memory, where {@link Indexing} goes
 * element by element.
 */
final class Rows {
    /** Bytes that a thread moves at once. */
    private static final long GRAIN = 1 << 17;
    /** Columns that a thread adds at once: its piece of a row stays in the first-level cache. */
    private static final int COLUMNS = 512;

    private Rows() {}

    /** False, and nothing is done, if these are no rows or too short. */
    static boolean gather(View in, int axis, View index, View out) {
        var plan = IndexedRows.of(in, axis, index, out);
        if (plan == null || plan.bytes() < 16) return false;
        long rows = plan.rows(), bytes = plan.bytes();
        MemorySegment from = in.storage().segment(), to = out.storage().segment(), numbers = index.storage().segment();
        Parallel.range(plan.outer() * rows, Math.max(1, GRAIN / bytes), 10 + 0.1 * bytes, (first, last) -> {
            for (long i = first; i < last; i++) {
                long row = i % rows, number = Indexing.inRange("gather",
                        numbers.get(Elements.LONG, index.byteOffset() + row * plan.indexStride()), axis, in);
                MemorySegment.copy(from, plan.tableAt(i / rows) + number * plan.tableStride(), to,
                        plan.denseAt(i / rows) + row * plan.denseStride(), bytes);
            }
        });
        return true;
    }

    /** For F32. Threads share the columns, so that the additions at one place keep their order. */
    static boolean add(View in, int axis, View index, View out) {
        var plan = in.dtype() == DType.F32 ? IndexedRows.of(out, axis, index, in) : null;
        if (plan == null || plan.elements() < 8) return false;
        long rows = plan.rows(), pieces = (plan.elements() + COLUMNS - 1) / COLUMNS;
        MemorySegment from = in.storage().segment(), to = out.storage().segment(), numbers = index.storage().segment();
        Parallel.range(plan.outer() * pieces, Math.max(1, GRAIN / (rows * COLUMNS * 4)), 0.3 * rows * Math.min(COLUMNS, plan.elements()),
                (first, last) -> {
                    float[] sum = new float[COLUMNS], more = new float[COLUMNS];
                    for (long i = first; i < last; i++) {
                        long column = i % pieces * COLUMNS, source = plan.denseAt(i / pieces) + column * 4,
                                target = plan.tableAt(i / pieces) + column * 4;
                        int n = (int) Math.min(COLUMNS, plan.elements() - column);
                        for (long row = 0; row < rows; row++) {
                            long at = target
                                    + Indexing.inRange("scatter", numbers.get(Elements.LONG, index.byteOffset() + row * plan.indexStride()),
                                            axis, out) * plan.tableStride();
                            MemorySegment.copy(from, Elements.FLOAT, source + row * plan.denseStride(), more, 0, n);
                            MemorySegment.copy(to, Elements.FLOAT, at, sum, 0, n);
                            for (int c = 0; c < n; c++) sum[c] += more[c];
                            MemorySegment.copy(sum, 0, to, Elements.FLOAT, at, n);
                        }
                    }
                });
        return true;
    }
}
