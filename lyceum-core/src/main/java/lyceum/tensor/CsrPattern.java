package lyceum.tensor;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.backend.SparseRows;
import lyceum.memory.Scope;

/**
 * Where the entries of a sparse matrix stand, and what gradients and transposes make of that, once: all matrices of one pattern share it, and a training has one
 * pattern for all its steps. Safe for threads.
 */
final class CsrPattern {
    private final SparseRows.Pattern rows;
    private volatile Tensor rowOf, columnOf;
    private volatile Turned turned;

    /** The pattern of the transpose, and which entry here each of its entries is, I32. */
    record Turned(CsrPattern pattern, Tensor from) {}

    CsrPattern(SparseRows.Pattern rows) { this.rows = rows; }

    SparseRows.Pattern rows() { return rows; }

    /** The row of each entry, I32. */
    Tensor rowOf() {
        var known = rowOf;
        if (known != null) return known;
        var row = new int[rows.entries()];
        for (int i = 0; i < rows.rows(); i++) Arrays.fill(row, rows.starts()[i], rows.starts()[i + 1], i);
        return kept(() -> Tensor.of(row), t -> rowOf = t);
    }

    /** The column of each entry, I32. */
    Tensor columnOf() {
        var known = columnOf;
        return known != null ? known : kept(() -> Tensor.of(rows.column()), t -> columnOf = t);
    }

    Turned turned() {
        var known = turned;
        return known != null ? known : kept(this::turn, t -> turned = t);
    }

    private Turned turn() {
        int n = rows.columns();
        int[] starts = rows.starts(), column = rows.column(), start = new int[n + 1];
        for (int c : column) start[c + 1]++;
        for (int j = 0; j < n; j++) start[j + 1] += start[j];
        int[] next = start.clone(), row = new int[column.length], from = new int[column.length];
        for (int i = 0; i < rows.rows(); i++) {
            for (int e = starts[i]; e < starts[i + 1]; e++) {
                int to = next[column[e]]++;
                row[to] = i;
                from[to] = e;
            }
        }
        return new Turned(new CsrPattern(new SparseRows.Pattern(n, rows.rows(), start, row)), Tensor.of(from));
    }

    /** What is remembered outlives the scope of the first call; a run for shapes alone has nothing to remember. */
    private static <T> T kept(Supplier<T> made, Consumer<T> keep) {
        if (Fusion.isShapesOnly()) return made.get();
        try (var outside = Scope.outside()) {
            var found = made.get();
            keep.accept(found);
            return found;
        }
    }
}
