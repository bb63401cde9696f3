package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;

/**
 * Sums, maxima and minima of a program's value, as programs again. Where the innermost axes are reduced, a row program takes each row, or each piece
 * of a long one. Where they are kept, running results stand in a buffer that every row is added to, four rows at a time. Sums are accumulated in F64;
 * results of those four rows add up in their own type first. Borders of pieces and the order in which they combine depend on the shape alone.
 */
public final class FusedReductions {
    /** Elements of a row in one piece. */
    private static final long PIECE = 1 << 16;
    /** Columns that are accumulated together: their running results stay in the first-level cache. */
    private static final long BLOCK = 1024;
    /** Elements that are worth another thread, that a piece of rows has at least, and that a thread takes at once. */
    private static final long LEAST = 1 << 15, PIECE_OF_ROWS = 1 << 18, GRAIN = 1 << 18;
    /** Rows beside which the results of a piece cost little. */
    private static final long FEWEST_ROWS = 64;
    /** What an element of an operand costs, about. */
    private static final double NANOS = 0.05;
    private static final int TOGETHER = 4, SIMPLE = 8, MOST_PIECES = 64, SHORTEST_ROW = 64;

    private final FusedPrograms programs;

    public FusedReductions(FusedPrograms programs) { this.programs = programs; }

    /** Reduces; false if there is no code for it. As {@link lyceum.backend.Backend#reduce}. */
    public boolean reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) {
        var type = program.at(program.output(0)).type();
        if (rowOp(reduction) == null || !type.isFloat() || inputs.length == 0 || !program.isPlain()) return false;
        var shape = inputs[0].shape();
        long kept = 1, reduced = 1, inner = 1;
        int split = shape.length;
        for (int i = 0; i < shape.length; i++) if (axes[i]) reduced *= shape[i];
        else kept *= shape[i];
        if (kept == 0 || reduced == 0) return false;
        while (split > 0 && (!axes[split - 1] || shape[split - 1] == 1)) split--;
        for (int i = split; i < shape.length; i++) inner *= shape[i];
        if (split == 0) return false;
        if (inner < 8) return byRows(reduction, program, inputs, axes, kept, reduced, out) || inTwo(reduction, program, inputs, axes, out);
        try (var partial = Scope.open("partial results")) {
            return byColumns(reduction, program, inputs, axes, split, out);
        }
    }

    private static Op rowOp(Reduction reduction) {
        return switch (reduction) {
            case SUM -> Op.ROW_SUM;
            case MAX -> Op.ROW_MAX;
            case MIN -> Op.ROW_MIN;
            default -> null;
        };
    }

    /**
     * Where reduced axes stand on both sides of one that stays, as in the moments of an image's channels: the innermost by rows and then the outer ones, or
     * the other way round where the rows would be short and every operand has a number for each column.
     */
    private boolean inTwo(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) {
        int last = axes.length;
        long row = 1;
        for (; last > 0 && axes[last - 1]; last--) row *= inputs[0].shape()[last - 1];
        var inner = new boolean[axes.length];
        Arrays.fill(inner, last, axes.length, true);
        var outer = Arrays.copyOf(Arrays.copyOf(axes, last), axes.length);
        if (last == axes.length || Arrays.equals(inner, axes)) return false;
        return row < SHORTEST_ROW && inTwo(reduction, program, inputs, axes, outer, out)
                || inTwo(reduction, program, inputs, axes, inner, out);
    }

    private boolean inTwo(Reduction reduction, Program program, View[] inputs, boolean[] axes, boolean[] first, View out) {
        var shape = inputs[0].shape();
        var sizes = IntStream.range(0, axes.length).filter(i -> !first[i]).mapToLong(i -> shape[i]).toArray();
        var type = reduction == Reduction.SUM ? DType.F64 : program.at(program.output(0)).type();
        var rest = new boolean[sizes.length];
        for (int i = 0, at = 0; i < axes.length; i++) if (!first[i]) rest[at++] = axes[i];
        try (var scope = Scope.open("partial results")) {
            var partial = new View(type, Allocator.allocate(View.size(sizes) * type.bytes()), 0, sizes, View.contiguousStrides(sizes));
            return reduce(reduction, program, inputs, first, partial)
                    && reduce(reduction, Program.copy(type), new View[] {partial}, rest, out);
        }
    }

    // By rows.

    private boolean byRows(Reduction reduction, Program program, View[] inputs, boolean[] axes, long kept, long reduced, View out) {
        var rows = new View[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            rows[i] = withRowLast(inputs[i], axes, reduced);
            if (rows[i] == null) return false;
        }
        var target = withRowLast(out, kept(rows[0]), reduced, 0);
        var type = out.dtype() == DType.F64 ? DType.F64 : program.at(program.output(0)).type();
        if (reduced <= PIECE) return programs.run(reducing(reduction, program, type, out.dtype()), rows, new View[] {target});
        try (var partial = Scope.open("partial results")) {
            return longRows(reduction, program, rows, kept, reduced, out);
        }
    }

    private static long[] kept(View row) { return Arrays.copyOf(row.shape(), row.shape().length - 1); }

    /** The axes that stay, then the reduced ones as one; null if they do not follow one another. */
    private static View withRowLast(View view, boolean[] axes, long reduced) {
        int rank = axes.length, n = 0;
        for (boolean axis : axes) if (!axis) n++;
        var shape = new long[n + 1];
        var strides = new long[n + 1];
        long stride = 0, expected = 0;
        int at = n - 1;
        boolean first = true;
        for (int i = rank - 1; i >= 0; i--) {
            if (!axes[i]) {
                shape[at] = view.shape()[i];
                strides[at--] = view.strides()[i];
            } else if (view.shape()[i] != 1) {
                if (first) stride = view.strides()[i];
                else if (view.strides()[i] != expected) return null;
                expected = view.strides()[i] * view.shape()[i];
                first = false;
            }
        }
        shape[n] = reduced;
        strides[n] = stride;
        return view.with(shape, strides);
    }

    private static View withRowLast(View view, long[] outer, long columns, long stride) {
        var shape = Arrays.copyOf(outer, outer.length + 1);
        var strides = Arrays.copyOf(view.strides(), outer.length + 1);
        shape[outer.length] = columns;
        strides[outer.length] = stride;
        return view.with(shape, strides);
    }

    /** The program with its value reduced by rows, in {@code type}. */
    private static Program reducing(Reduction reduction, Program program, DType type, DType out) {
        var p = new ProgramBuilder();
        p.addAll(program);
        return p.build(p.cast(out, p.of(rowOp(reduction), type, p.cast(type, program.output(0)))));
    }

    /** Rows in pieces, whose results are combined in order. */
    private boolean longRows(Reduction reduction, Program program, View[] rows, long kept, long reduced, View out) {
        long whole = reduced / PIECE, rest = reduced % PIECE, pieces = whole + (rest > 0 ? 1 : 0);
        var reducing = reducing(reduction, program, DType.F64, DType.F64);
        var partial = new View(DType.F64, Allocator.allocate(kept * pieces * 8), 0, new long[] {kept, pieces}, new long[] {pieces, 1});
        var outer = kept(rows[0]);
        var strides = View.contiguousStrides(outer);
        for (int i = 0; i < strides.length; i++) strides[i] *= pieces;
        if (!programs.run(reducing, cut(rows, 0, whole), new View[] {piecesOf(partial, 0, outer, strides, whole, PIECE)})) return false;
        if (rest > 0 && !programs.run(reducing, cut(rows, whole, 1, rest), new View[] {piecesOf(partial, whole, outer, strides, 1, rest)}))
            return false;
        var combined = withRowLast(out, outer, pieces, 0);
        var all = new View(DType.F64, partial.storage(), 0, combined.shape(), appended(strides, 1));
        var p = new ProgramBuilder();
        int result = p.of(rowOp(reduction), DType.F64, p.load(DType.F64, 0));
        return programs.run(p.build(p.cast(out.dtype(), result)), new View[] {all}, new View[] {combined});
    }

    private static long[] appended(long[] array, long... more) {
        var result = Arrays.copyOf(array, array.length + more.length);
        System.arraycopy(more, 0, result, array.length, more.length);
        return result;
    }

    private static View[] appended(View[] array, View more) {
        var result = Arrays.copyOf(array, array.length + 1);
        result[array.length] = more;
        return result;
    }

    private static View[] cut(View[] rows, long first, long pieces) { return cut(rows, first, pieces, PIECE); }

    /** Pieces of the last axis as an axis of their own. */
    private static View[] cut(View[] rows, long first, long pieces, long length) {
        var result = new View[rows.length];
        for (int i = 0; i < rows.length; i++) {
            int last = rows[i].shape().length - 1;
            long stride = rows[i].strides()[last];
            var shape = appended(Arrays.copyOf(rows[i].shape(), last), pieces, length);
            var strides = appended(Arrays.copyOf(rows[i].strides(), last), stride * PIECE, stride);
            result[i] = new View(rows[i].dtype(), rows[i].storage(), rows[i].offset() + first * PIECE * stride, shape, strides);
        }
        return result;
    }

    private static View piecesOf(View partial, long first, long[] outer, long[] strides, long pieces, long length) {
        return new View(DType.F64, partial.storage(), first, appended(outer, pieces, length), appended(strides, 1, 0));
    }

    // By columns.

    private boolean byColumns(Reduction reduction, Program program, View[] inputs, boolean[] axes, int split, View out) {
        var type = reduction == Reduction.SUM || out.dtype() == DType.F64 ? DType.F64 : DType.F32;
        // Order: outer kept axes, reduced axes, inner kept axes.
        int rank = axes.length;
        var order = new ArrayList<Integer>();
        for (int i = 0; i < split; i++) if (!axes[i]) order.add(i);
        int outerAxes = order.size();
        for (int i = 0; i < rank; i++) if (axes[i]) order.add(i);
        for (int i = split; i < rank; i++) if (!axes[i]) order.add(i);
        var views = new View[inputs.length];
        for (int i = 0; i < inputs.length; i++) views[i] = merged(permuted(inputs[i], order), outerAxes, outerAxes + reducedAxes(axes));
        for (var view : views) if (view == null) return false;
        var shape = views[0].shape();
        long outer = shape[0], rows = shape[1], columns = shape[2], blocks = Math.max(1, columns / BLOCK); // the last takes the rest
        if (merged(out, outerAxes) == null) return false;
        long pieceRows = rowsOfPiece(outer, rows, columns), pieces = (rows + pieceRows - 1) / pieceRows;
        int count = program.length() <= SIMPLE ? TOGETHER : 1;
        long rounds = Math.min(rows, pieceRows) / count, rest = rows % count;
        Program together = accumulating(reduction, program, type, count),
                single = rest > 0 ? accumulating(reduction, program, type, 1) : null;
        var storage = Allocator.allocate(outer * pieces * columns * type.bytes());
        var results = new View(type, storage, 0, new long[] {outer, pieces, columns}, new long[] {pieces * columns, columns, 1});
        var probe = new View(type, storage, 0, new long[] {1, columns}, new long[] {0, 1});
        if (rounds > 0 && !isMade(together, columnViews(views, 0, 0, 0, probe, rounds, count), rounds, probe)) return false;
        if (rest > 0 && !isMade(single, columnViews(views, 0, 0, 0, probe, rest, 1), rest, probe)) return false;
        var refused = new AtomicBoolean(); // the memory for code may be full
        long units = outer * pieces * blocks, unit = Math.min(rows, pieceRows) * (columns / blocks),
                shares = Math.min(units, evenly(units * unit));
        Parallel.range(units, (units + shares - 1) / shares, NANOS * unit * inputs.length, (from, to) -> {
            for (long at = from, next; at < to; at = next) {
                long o = at / blocks / pieces, piece = at / blocks % pieces, block = at % blocks, column = block * BLOCK;
                long first = piece * pieceRows, n = Math.min(pieceRows, rows - first);
                boolean isLast = block == blocks - 1;
                next = isLast ? at + 1 : Math.min(to, at - block + blocks - 1);
                var sums = new View(type, storage, (o * pieces + piece) * columns + column,
                        new long[] {next - at, isLast ? columns - column : BLOCK}, new long[] {BLOCK, 1});
                if (!add(single, together, count, reduction, views, o, first, n, column, sums)) refused.set(true);
            }
        });
        return !refused.get() && combine(reduction, results, out, outerAxes);
    }

    /**
     * Rows are cut where there are enough of them: the work before went by rows as well, so a thread finds in its own cache what it wrote there. With two cores that
     * have no cache in common (Zen 5), RMS norm of 256x4096 with its gradient takes 240 us so, and 325 where threads share columns.
     */
    private static long rowsOfPiece(long outer, long rows, long columns) {
        long pieces = Long.highestOneBit(
                Math.clamp(Math.min(rows / FEWEST_ROWS, rows * columns / PIECE_OF_ROWS), 1, Math.max(1, MOST_PIECES / outer)));
        return ((rows + pieces - 1) / pieces + TOGETHER - 1) / TOGETHER * TOGETHER;
    }

    /** Pieces of so much work that every thread gets as many: where they end decides no bits. */
    private static long evenly(long elements) {
        long threads = Parallel.threads();
        return elements < 2 * LEAST ? 1 : (elements / GRAIN + threads) / threads * threads;
    }

    /** Adds rows to {@code sums}: blocks of columns. */
    private boolean add(Program single, Program together, int count, Reduction reduction, View[] views, long o, long first, long rows,
            long column, View sums) {
        boolean done = begin(reduction, sums);
        long rounds = rows / count, rest = rows % count;
        if (rounds > 0) done &= runInto(together, columnViews(views, o, first, column, sums, rounds, count), rounds, sums);
        if (rest > 0) done &= runInto(single, columnViews(views, o, first + rounds * count, column, sums, rest, 1), rest, sums);
        return done;
    }

    private boolean begin(Reduction reduction, View sums) {
        if (reduction == Reduction.SUM) {
            sums.storage().segment().asSlice(sums.byteOffset(), sums.size() * sums.dtype().bytes()).fill((byte) 0);
            return true;
        }
        double start = reduction == Reduction.MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        return programs.runAlone(new Program(List.of(Instruction.constant(sums.dtype(), Double.doubleToRawLongBits(start))), 0),
                new View[0], sums);
    }

    /** Whether there is code for {@link #runInto}. */
    private boolean isMade(Program program, View[] inputs, long rows, View sums) {
        var all = repeated(sums, rows);
        return programs.prepare(program, appended(inputs, all), all);
    }

    private boolean runInto(Program program, View[] inputs, long rows, View sums) {
        var all = repeated(sums, rows);
        return programs.runAlone(program, appended(inputs, all), all);
    }

    /** Each block once a row. */
    private static View repeated(View sums, long rows) {
        return sums.with(new long[] {sums.shape()[0], rows, sums.shape()[1]}, new long[] {sums.strides()[0], 0, 1});
    }

    /** {@code count} views of the columns that {@code sums} has of each input: its rows {@code first + k}, {@code first + k + count}, ... of a block, then of the next. */
    private static View[] columnViews(View[] views, long o, long first, long column, View sums, long rows, int count) {
        var result = new View[views.length * count];
        var shape = new long[] {sums.shape()[0], rows, sums.shape()[1]};
        for (int k = 0; k < count; k++) {
            for (int i = 0; i < views.length; i++) {
                var v = views[i];
                long offset = v.offset() + o * v.strides()[0] + (first + k) * v.strides()[1] + column * v.strides()[2];
                result[k * views.length + i] = new View(v.dtype(), v.storage(), offset, shape,
                        new long[] {BLOCK * v.strides()[2], v.strides()[1] * count, v.strides()[2]});
            }
        }
        return result;
    }

    /** {@code sums (op)= value(row) (op) value(next row) ...}: the operands of each copy, then the running results. */
    private static Program accumulating(Reduction reduction, Program program, DType type, int count) {
        var p = new ProgramBuilder();
        int inputs = 0;
        for (int i = 0; i < program.length(); i++)
            if (program.at(i).op() == Op.LOAD) inputs = Math.max(inputs, (int) program.at(i).immediate() + 1);
        var values = new int[count];
        for (int k = 0; k < count; k++) {
            int shift = k * program.length();
            for (int i = 0; i < program.length(); i++) {
                var in = program.at(i);
                if (in.op() == Op.LOAD) p.load(in.type(), (int) in.immediate() + k * inputs);
                else p.add(in.renamed(r -> r + shift));
            }
            values[k] = program.output(0) + shift;
        }
        var op = reduction == Reduction.SUM ? Op.ADD : reduction == Reduction.MAX ? Op.MAX : Op.MIN;
        var value = program.at(program.output(0));
        // Results are rounded already and add up as they are, except for narrow ones, which have no room; what is loaded is not rounded.
        boolean isResult = value.op() != Op.LOAD && value.op() != Op.CAST && (op != Op.ADD || value.type().bytes() >= 4);
        for (int k = 0; k < count && !isResult; k++) values[k] = p.cast(type, values[k]);
        for (int n = count; n > 1; n /= 2) {
            for (int k = 0; k < n / 2; k++) values[k] = p.of(op, isResult ? value.type() : type, values[2 * k], values[2 * k + 1]);
        }
        int sum = p.cast(type, values[0]);
        return p.build(p.of(op, type, p.load(type, inputs * count), sum));
    }

    private static View permuted(View view, List<Integer> order) {
        var shape = new long[order.size()];
        var strides = new long[order.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = view.shape()[order.get(i)];
            strides[i] = view.strides()[order.get(i)];
        }
        return view.with(shape, strides);
    }

    private static int reducedAxes(boolean[] axes) {
        int n = 0;
        for (boolean axis : axes) if (axis) n++;
        return n;
    }

    /** The axes between the borders as one each; null if those of a group do not follow one another. */
    private static View merged(View view, int... borders) {
        int groups = borders.length + 1, axis = 0;
        var shape = new long[groups];
        var strides = new long[groups];
        for (int group = 0; group < groups; group++) {
            int end = group < borders.length ? borders[group] : view.shape().length;
            shape[group] = 1;
            long expected = 0;
            boolean first = true;
            for (int i = end - 1; i >= axis; i--) {
                long size = view.shape()[i], stride = view.strides()[i];
                if (size == 1) continue;
                if (first) strides[group] = stride;
                else if (stride != expected) return null;
                expected = stride * size;
                shape[group] *= size;
                first = false;
            }
            axis = end;
        }
        return view.with(shape, strides);
    }

    /** The pieces' results into {@code out}, whose axes are the outer and the inner ones. */
    private boolean combine(Reduction reduction, View results, View out, int outerAxes) {
        var type = results.dtype();
        long outer = results.shape()[0], pieces = results.shape()[1], columns = results.shape()[2];
        var p = new ProgramBuilder();
        var inputs = new View[(int) pieces];
        int sum = -1;
        var op = reduction == Reduction.SUM ? Op.ADD : reduction == Reduction.MAX ? Op.MAX : Op.MIN;
        for (int i = 0; i < pieces; i++) {
            inputs[i] = new View(type, results.storage(), i * columns, new long[] {outer, columns}, new long[] {pieces * columns, 1});
            int next = p.load(type, i);
            sum = i == 0 ? next : p.of(op, type, sum, next);
        }
        return programs.run(p.build(p.cast(out.dtype(), sum)), inputs, new View[] {merged(out, outerAxes)});
    }
}
