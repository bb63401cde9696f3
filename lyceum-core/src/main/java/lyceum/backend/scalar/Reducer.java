package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;

/**
 * Reductions of a program's value. Axes are ordered so that memory is read in sequence: by rows where the innermost axis is reduced, by
 * columns of accumulators where it is kept. Pieces and the order in which they combine depend on the shape alone.
 */
final class Reducer {
    /** Elements of a row that one piece covers; longer rows have several pieces. */
    static final long PIECE = 65536;

    private final Reduction reduction;
    private final Program program;
    private final Lanes lanes;
    private final boolean integers;
    private final Strided[] walkers;
    private final Strided out;
    private final long rows, columns;

    private Reducer(Reduction reduction, Program program, Lanes lanes, View[] inputs, int[] order, long rows, long columns, View out) {
        this.reduction = reduction;
        this.program = program;
        this.lanes = lanes;
        this.rows = rows;
        this.columns = columns;
        var permuted = new View[inputs.length];
        for (int i = 0; i < inputs.length; i++) permuted[i] = permute(inputs[i], order);
        this.walkers = Strided.of(permuted);
        this.out = Strided.of(out)[0];
        this.integers = !program.at(program.output(0)).type().isFloat();
    }

    static void reduce(Reduction reduction, Program program, Lanes lanes, View[] inputs, boolean[] axes, View out) {
        var shape = inputs[0].shape();
        int rank = shape.length;
        long kept = 1, reduced = 1;
        for (int i = 0; i < rank; i++) if (axes[i]) reduced *= shape[i];
        else kept *= shape[i];
        if (kept == 0) return;
        long innerKept = 1;
        int split = rank;
        while (split > 0 && !axes[split - 1]) innerKept *= shape[--split];
        boolean byColumns = innerKept >= 16 && reduced > 1 && reduction.compareTo(Reduction.ARGMAX) < 0;
        var order = new int[rank];
        int at = 0;
        for (int i = 0; i < (byColumns ? split : rank); i++) if (!axes[i]) order[at++] = i;
        for (int i = 0; i < rank; i++) if (axes[i]) order[at++] = i;
        for (int i = split; byColumns && i < rank; i++) order[at++] = i;
        var reducer = new Reducer(reduction, program, lanes, inputs, order, kept, reduced, out);
        if (byColumns) reducer.byColumns(innerKept);
        else reducer.byRows();
    }

    private static View permute(View view, int[] order) {
        var shape = new long[order.length];
        var strides = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            shape[i] = view.shape()[order[i]];
            strides[i] = view.strides()[order[i]];
        }
        return view.with(shape, strides);
    }

    private void byRows() {
        if (columns == 0) {
            for (long row = 0; row < rows; row++) store(row, new Accumulator(reduction, integers));
        } else if (columns > PIECE) {
            for (long row = 0; row < rows; row++) longRow(row);
        } else {
            long grain = Math.max(1, PIECE / columns);
            Parallel.range(rows, grain, 0.3 * program.length() * columns, this::shortRows);
        }
    }

    private void longRow(long row) {
        int pieces = Math.toIntExact((columns + PIECE - 1) / PIECE);
        var partial = new Accumulator[pieces];
        Parallel.range(pieces, 1, (from, to) -> {
            var interpreter = new Interpreter(program, lanes, walkers);
            var buffer = new Buffer();
            for (int p = (int) from; p < to; p++) {
                var accumulator = new Accumulator(reduction, integers);
                long end = Math.min(columns, (p + 1) * PIECE);
                for (long c = p * PIECE; c < end; c += Interpreter.BLOCK) {
                    int n = (int) Math.min(Interpreter.BLOCK, end - c);
                    interpreter.block(row * columns + c, n);
                    accumulator.add(buffer.read(interpreter, n), 0, n, c);
                }
                partial[p] = accumulator;
            }
        });
        for (int p = 1; p < pieces; p++) partial[0].merge(partial[p]);
        store(row, partial[0]);
    }

    private void shortRows(long from, long to) {
        var interpreter = new Interpreter(program, lanes, walkers);
        var buffer = new Buffer();
        if (columns > Interpreter.BLOCK) {
            for (long row = from; row < to; row++) {
                var accumulator = new Accumulator(reduction, integers);
                for (long c = 0; c < columns; c += Interpreter.BLOCK) {
                    int n = (int) Math.min(Interpreter.BLOCK, columns - c);
                    interpreter.block(row * columns + c, n);
                    accumulator.add(buffer.read(interpreter, n), 0, n, c);
                }
                store(row, accumulator);
            }
            return;
        }
        int together = (int) (Interpreter.BLOCK / columns);
        for (long row = from; row < to; row += together) {
            int count = (int) Math.min(together, to - row);
            interpreter.block(row * columns, (int) (count * columns));
            buffer.read(interpreter, (int) (count * columns));
            for (int r = 0; r < count; r++) {
                var accumulator = new Accumulator(reduction, integers);
                accumulator.add(buffer, (int) (r * columns), (int) columns, 0);
                store(row + r, accumulator);
            }
        }
    }

    /** Rows of {@code inner} neighbouring results are accumulated together, in pieces of 64 terms to bound the rounding error. */
    private void byColumns(long inner) {
        long outer = rows / inner, blocks = (inner + Interpreter.BLOCK - 1) / Interpreter.BLOCK;
        long work = Math.max(1, Math.min(inner, Interpreter.BLOCK) * columns);
        Parallel.range(outer * blocks, Math.max(1, PIECE / work), 0.3 * program.length() * work, (from, to) -> {
            var interpreter = new Interpreter(program, lanes, walkers);
            var buffer = new Buffer();
            var total = new Columns(reduction, integers);
            var piece = new Columns(reduction, integers);
            for (long unit = from; unit < to; unit++) {
                long o = unit / blocks, first = unit % blocks * Interpreter.BLOCK;
                int n = (int) Math.min(Interpreter.BLOCK, inner - first);
                total.reset(n);
                for (long c = 0; c < columns;) {
                    long end = Math.min(columns, c + 64);
                    piece.reset(n);
                    for (; c < end; c++) {
                        interpreter.block((o * columns + c) * inner + first, n);
                        piece.add(buffer.read(interpreter, n), n);
                    }
                    total.merge(piece, n);
                }
                total.store(out, o * inner + first, n);
            }
        });
    }

    private void store(long row, Accumulator accumulator) {
        if (accumulator.isIndex()) out.set(row, accumulator.index);
        else if (integers) out.set(row, accumulator.l);
        else out.set(row, accumulator.d);
    }

    /** The block's values as doubles, or longs for integer types. */
    private final class Buffer {
        final double[] doubles = integers ? null : new double[Interpreter.BLOCK];
        final long[] longs = integers ? new long[Interpreter.BLOCK] : null;

        Buffer read(Interpreter interpreter, int n) {
            if (integers) interpreter.readLongs(program.output(0), longs, n);
            else interpreter.readDoubles(program.output(0), doubles, n);
            return this;
        }
    }

    /** One running result. */
    private static final class Accumulator {
        final Reduction reduction;
        final boolean integers;
        double d;
        long l;
        long index = -1;

        Accumulator(Reduction reduction, boolean integers) {
            this.reduction = reduction;
            this.integers = integers;
            d = identityDouble(reduction);
            l = identityLong(reduction);
        }

        boolean isIndex() { return reduction == Reduction.ARGMAX || reduction == Reduction.ARGMIN; }

        void add(Reducer.Buffer buffer, int start, int n, long number) {
            if (isIndex()) {
                for (int i = start; i < start + n; i++)
                    consider(integers ? 0 : buffer.doubles[i], integers ? buffer.longs[i] : 0, number + i - start);
            } else if (integers) {
                l = combine(reduction, l, fold(reduction, buffer.longs, start, n));
            } else {
                d = combine(reduction, d, fold(reduction, buffer.doubles, start, n));
            }
        }

        void merge(Accumulator other) {
            if (isIndex()) {
                if (other.index >= 0) consider(other.d, other.l, other.index);
            } else if (integers) {
                l = combine(reduction, l, other.l);
            } else {
                d = combine(reduction, d, other.d);
            }
        }

        private void consider(double x, long y, long number) {
            boolean better;
            if (index < 0) better = true;
            else if (integers) better = reduction == Reduction.ARGMAX ? y > l : y < l;
            else better = d == d && (x != x || (reduction == Reduction.ARGMAX ? x > d : x < d));
            if (!better) return;
            d = x;
            l = y;
            index = number;
        }
    }

    /** A block of running results side by side. */
    private static final class Columns {
        final Reduction reduction;
        final boolean integers;
        final double[] d = new double[Interpreter.BLOCK];
        final long[] l = new long[Interpreter.BLOCK];

        Columns(Reduction reduction, boolean integers) {
            this.reduction = reduction;
            this.integers = integers;
        }

        void reset(int n) {
            if (integers) Arrays.fill(l, 0, n, identityLong(reduction));
            else Arrays.fill(d, 0, n, identityDouble(reduction));
        }

        void add(Reducer.Buffer buffer, int n) {
            if (integers) combineAll(reduction, l, buffer.longs, n);
            else combineAll(reduction, d, buffer.doubles, n);
        }

        void merge(Columns other, int n) {
            if (integers) combineAll(reduction, l, other.l, n);
            else combineAll(reduction, d, other.d, n);
        }

        void store(Strided out, long first, int n) {
            for (int i = 0; i < n; i++) {
                if (integers) out.set(first + i, l[i]);
                else out.set(first + i, d[i]);
            }
        }
    }

    static double identityDouble(Reduction reduction) {
        return switch (reduction) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX, ARGMAX -> Double.NEGATIVE_INFINITY;
            case MIN, ARGMIN -> Double.POSITIVE_INFINITY;
        };
    }

    private static long identityLong(Reduction reduction) {
        return switch (reduction) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX, ARGMAX -> Long.MIN_VALUE;
            case MIN, ARGMIN -> Long.MAX_VALUE;
        };
    }

    static double combine(Reduction reduction, double a, double b) {
        return switch (reduction) {
            case SUM -> a + b;
            case PROD -> a * b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            default -> throw new AssertionError(reduction);
        };
    }

    private static long combine(Reduction reduction, long a, long b) {
        return switch (reduction) {
            case SUM -> a + b;
            case PROD -> a * b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            default -> throw new AssertionError(reduction);
        };
    }

    private static void combineAll(Reduction reduction, double[] a, double[] b, int n) {
        switch (reduction) {
            case SUM -> { for (int i = 0; i < n; i++) a[i] += b[i]; }
            case PROD -> { for (int i = 0; i < n; i++) a[i] *= b[i]; }
            case MAX -> { for (int i = 0; i < n; i++) a[i] = Math.max(a[i], b[i]); }
            case MIN -> { for (int i = 0; i < n; i++) a[i] = Math.min(a[i], b[i]); }
            default -> throw new AssertionError(reduction);
        }
    }

    private static void combineAll(Reduction reduction, long[] a, long[] b, int n) {
        for (int i = 0; i < n; i++) a[i] = combine(reduction, a[i], b[i]);
    }

    static double fold(Reduction reduction, double[] x, int start, int n) {
        // Four chains hide the latency of the addition; their order is fixed.
        double a = identityDouble(reduction), b = a, c = a, d = a;
        int i = start, end = start + n;
        switch (reduction) {
            case SUM -> {
                for (; i + 3 < end; i += 4) {
                    a += x[i];
                    b += x[i + 1];
                    c += x[i + 2];
                    d += x[i + 3];
                }
                for (; i < end; i++) a += x[i];
            }
            default -> { for (; i < end; i++) a = combine(reduction, a, x[i]); }
        }
        return combine(reduction, combine(reduction, a, b), combine(reduction, c, d));
    }

    private static long fold(Reduction reduction, long[] x, int start, int n) {
        long a = identityLong(reduction);
        for (int i = start; i < start + n; i++) a = combine(reduction, a, x[i]);
        return a;
    }
}
