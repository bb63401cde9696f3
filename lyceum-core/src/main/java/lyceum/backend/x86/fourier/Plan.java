package lyceum.backend.x86.fourier;

import java.lang.ref.Reference;
import lyceum.backend.Parallel;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.fourier.Columns.Place;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.math.FourierLengths;
import lyceum.math.Roots;
import lyceum.memory.Storage;

/** The transform of lines of one length, as a matrix of {@code down} rows. Immutable. */
final class Plan implements FourierTransforms.Line {
    /** Numbers of a strip of columns, so that two copies of it stay in the second-level cache; and columns of one at least. */
    private static final int STRIP = 1 << 14, LEAST = 16;
    private static final double NANOS = 2;

    final int n;
    private final int strip, stripAfter;
    private final Columns down, across;
    /** {@code exp(-2 pi i k j / n)} for row k and column j, strip after strip. */
    private final Storage factors;

    private Plan(int n, int rows) {
        this.n = n;
        int columns = n / rows;
        down = new Columns(rows);
        across = new Columns(columns);
        strip = strip(rows, columns);
        stripAfter = strip(columns, rows);
        int wide = wide(strip), strips = (columns + strip - 1) / strip;
        var numbers = new double[2 * strips * rows * wide];
        for (int s = 0; s < strips; s++) {
            int at = 2 * s * rows * wide;
            for (int k = 0; k < rows; k++) for (int j = s * strip; j < Math.min(columns, (s + 1) * strip); j++) {
                int place = at + k * wide + j - s * strip;
                numbers[place] = Roots.cos((long) k * j, n);
                numbers[place + rows * wide] = -Roots.sin((long) k * j, n);
            }
        }
        factors = Columns.stored(numbers);
    }

    private static int strip(int length, int columns) { return Math.min(columns, Math.max(LEAST, STRIP / length / 8 * 8)); }

    private static int wide(int columns) { return (columns + 7) / 8 * 8; }

    /** Null for lengths that are too small or have other factors than 2, 3 and 5. */
    static Plan of(int n) {
        return n < 64 || FourierLengths.radices(n, 2, 3, 5) == null ? null : new Plan(n, FourierLengths.rows(n, 8)); // columns in full vectors
    }

    /** Transforms the line whose parts begin at {@code re} and {@code im} into {@code outRe}, {@code outIm}. */
    @Override public void transform(KernelCache<Cpu> kernels, long re, long im, long outRe, long outIm) {
        int rows = down.length, columns = across.length;
        long turned = rows + 8L; // a line apart, or the columns of many rows would meet in one set of the caches
        var middle = Scratch.ofThread().middle(2 * columns * turned * Double.BYTES);
        long middleRe = middle.address(), middleIm = middleRe + columns * turned * Double.BYTES;
        int wide = wide(strip), strips = (columns + strip - 1) / strip;
        Parallel.range(strips, 1, NANOS * rows * strip, (from, to) -> {
            for (int s = (int) from; s < to; s++) {
                int j = s * strip, count = Math.min(strip, columns - j);
                var scratch = Scratch.ofThread();
                Place first = scratch.place(0, rows, wide), second = scratch.place(1, rows, wide), last = down.last(first, second);
                long table = factors.address() + 2L * s * rows * wide * Double.BYTES;
                down.run(kernels, scratch.block(), new Place(re + 8L * j, im + 8L * j, 8L * columns), count, first, second, null,
                        new Place(table, table + 8L * rows * wide, 8L * wide));
                var turn = kernels.of(new TransposeKernel.Form(Double.BYTES));
                turn.move((long) rows * count, last.re(), last.row(), middleRe + j * turned * 8, turned * 8, rows, count);
                turn.move((long) rows * count, last.im(), last.row(), middleIm + j * turned * 8, turned * 8, rows, count);
            }
        });
        int wideAfter = wide(stripAfter), stripsAfter = (rows + stripAfter - 1) / stripAfter;
        Parallel.range(stripsAfter, 1, NANOS * columns * stripAfter, (from, to) -> {
            for (int s = (int) from; s < to; s++) {
                int k = s * stripAfter;
                var scratch = Scratch.ofThread();
                across.run(kernels, scratch.block(), new Place(middleRe + 8L * k, middleIm + 8L * k, 8 * turned),
                        Math.min(stripAfter, rows - k), scratch.place(0, columns, wideAfter), scratch.place(1, columns, wideAfter),
                        new Place(outRe + 8L * k, outIm + 8L * k, 8L * rows), null);
            }
        });
        Reference.reachabilityFence(middle);
        Reference.reachabilityFence(this);
    }
}
