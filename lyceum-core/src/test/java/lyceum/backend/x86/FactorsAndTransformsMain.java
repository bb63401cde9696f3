package lyceum.backend.x86;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.SparseRows;
import lyceum.backend.View;
import lyceum.memory.Allocator;

/** Substitution, products that are subtracted, Fourier transforms and sparse products, whose operands end with their memory: for JVMs that stop where that is left. */
public final class FactorsAndTransformsMain {
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final int[] LENGTHS = {64, 65, 72, 75, 96, 100, 127, 128, 360, 500, 1000, 1021, 2048, 3125, 17_000};

    private final Backend backend = Backend.current();
    private final SplittableRandom random = new SplittableRandom(1);

    private FactorsAndTransformsMain() {}

    public static void main(String[] args) {
        int runs = Integer.parseInt(args[0]);
        var main = new FactorsAndTransformsMain();
        int transforms = 0;
        for (int i = 0; i < runs; i++) {
            main.substitution(i);
            main.difference(TYPES[i % 2]);
            if (main.transform(LENGTHS[i % LENGTHS.length])) transforms++;
            main.sparse(TYPES[i % 2], i);
            main.scan();
        }
        System.out.println(runs + " of each and " + transforms + " transforms on " + main.backend.description());
    }

    private int side(int most) { return 1 + random.nextInt(most); }

    /** Of whole numbers, without a gap behind the last one. */
    private View view(DType type, long... shape) {
        var storage = Allocator.allocate(View.size(shape) * type.bytes(), null);
        var view = new View(type, storage, 0, shape, View.contiguousStrides(shape));
        var segment = storage.segment().asSlice(storage.base(), storage.bytes());
        for (long i = 0; i < view.size(); i++) {
            double value = 1 + random.nextInt(9);
            if (type == DType.F32) segment.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) value);
            else segment.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, value);
        }
        return view;
    }

    private void scan() {
        int n = side(3), t = side(9), k = side(40), s = side(20);
        if (!backend.selectiveScan(view(DType.F32, n, t, k), view(DType.F32, n, t, k), view(DType.F32, k, s), view(DType.F32, n, t, s),
                view(DType.F32, n, t, s), view(DType.F32, n, k, s), view(DType.F32, n, t, k)))
            throw new AssertionError("no scan");
    }

    private void substitution(int i) {
        int rows = 1 + i % backend.substitutes();
        backend.substitute(view(DType.F64, rows, rows), i % 3 == 0, view(DType.F64, rows, i % 7 == 0 ? 513 + side(40) : side(40)));
    }

    private void difference(DType type) {
        int m = side(70), n = side(70), k = side(70);
        backend.subtractProduct(view(type, m, k), view(type, k, n), view(type, m, n));
    }

    private boolean transform(int n) {
        int lines = n > 2000 ? 1 : side(9);
        return backend.fourier(view(DType.F64, lines, n), view(DType.F64, lines, n), view(DType.F64, lines, n), view(DType.F64, lines, n));
    }

    private void sparse(DType type, int i) {
        boolean large = i % 30 == 5; // beyond the caches: rows are asked for in advance
        int rows = i % 10 == 0 ? 600 : side(40), columns = large ? 9000 : side(50);
        int k = large ? 4 + side(30) : i % 3 == 0 ? 1 : i % 20 == 1 ? 300 : side(60);
        var starts = new int[rows + 1];
        var column = new int[rows * columns];
        for (int r = 0; r < rows; r++) {
            starts[r + 1] = starts[r];
            for (int c = 0; c < columns; c++) if (c == columns - 1 || random.nextInt(4) == 0) column[starts[r + 1]++] = c;
        }
        var pattern = new SparseRows.Pattern(rows, columns, starts, Arrays.copyOf(column, starts[rows]));
        var matrix = new SparseRows(pattern, view(type, starts[rows]));
        for (int turn = 0; turn < 2; turn++) backend.sparseProduct(matrix, view(type, columns, k), view(type, rows, k));
    }
}
