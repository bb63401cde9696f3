package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Op;
import lyceum.backend.Program;

/**
 * Runs a row program. What belongs to a row as a whole (its reductions, what is computed from them, operands that do not change along it) is
 * computed once a row. A row that fits a block stays there; a longer one is read once a phase, block by block: results of expensive functions
 * are kept in a buffer of the row's length, all else is computed again.
 *
 * <p>The order of a sum is that of {@link Reducer}: four running sums in F64 over a block of {@value Interpreter#BLOCK} elements, blocks in order.
 */
final class RowInterpreter {
    /** Rows below this width go through together. */
    private static final int NARROW = 32;
    /** Longer rows keep nothing between phases. */
    private static final int LONGEST_KEPT = 1 << 18;

    private final Program program;
    private final Interpreter interpreter;
    private final Strided[] walkers;
    private final int inputs;
    private final long columns;
    private final boolean[] uniform, wide;
    private final double[] block = new double[Interpreter.BLOCK];

    RowInterpreter(Program program, Lanes lanes, Strided[] walkers, int inputs, long columns) {
        this.program = program;
        this.interpreter = new Interpreter(program, lanes, walkers);
        this.walkers = walkers;
        this.inputs = inputs;
        this.columns = columns;
        this.uniform = new boolean[program.length()];
        this.wide = new boolean[program.length()];
        for (int r = 0; r < program.length(); r++) {
            var in = program.at(r);
            uniform[r] = switch (in.op()) {
                case CONST, ROW_SUM, ROW_MAX, ROW_MIN -> true;
                case RANDOM -> false;
                case LOAD -> walkers[(int) in.immediate()].repeatsAlong(columns);
                default -> uniform[in.a()] && (in.b() < 0 || uniform[in.b()]) && (in.c() < 0 || uniform[in.c()]);
            };
            if (!uniform[r] || in.op().isRowReduction())
                for (int operand : new int[] {in.a(), in.b(), in.c()}) if (operand >= 0) wide[operand] = true;
        }
        for (int i = 0; i < program.outputs(); i++) if (!takesOneValue(i)) wide[program.output(i)] = true;
    }

    private boolean takesOneValue(int output) { return walkers[inputs + output].repeatsAlong(columns); }

    void rows(long from, long to) {
        if (columns < NARROW) together(from, to);
        else if (columns <= Interpreter.BLOCK) for (long row = from; row < to; row++) inOneBlock(row);
        else new Phases().rows(from, to);
    }

    private static Reduction reduction(Op op) {
        return op == Op.ROW_SUM ? Reduction.SUM : op == Op.ROW_MAX ? Reduction.MAX : Reduction.MIN;
    }

    private double fold(int register, int start, int n) { return Reducer.fold(reduction(program.at(register).op()), block, start, n); }

    private void together(long from, long to) {
        int width = (int) columns, most = Interpreter.BLOCK / width;
        for (long row = from; row < to; row += most) {
            int count = (int) Math.min(most, to - row), n = count * width;
            for (int r = 0; r < program.length(); r++) {
                if (!program.at(r).op().isRowReduction()) {
                    interpreter.step(r, row * columns, n);
                    continue;
                }
                interpreter.readDoubles(program.at(r).a(), block, n);
                for (int k = 0; k < n; k += width) interpreter.put(r, start(r, fold(r, k, width)), k, k + width);
            }
            for (int i = 0; i < program.outputs(); i++) interpreter.store(program.output(i), walkers[inputs + i], row * columns, n);
        }
    }

    /** A reduction begins with the identity, which matters for the sum of negative zeros. */
    private double start(int register, double value) {
        var reduction = reduction(program.at(register).op());
        return Reducer.combine(reduction, Reducer.identityDouble(reduction), value);
    }

    private void inOneBlock(long row) {
        int n = (int) columns;
        long start = row * columns;
        for (int r = 0; r < program.length(); r++) {
            var in = program.at(r);
            if (in.op() == Op.CONST) continue;
            if (in.op().isRowReduction()) {
                interpreter.readDoubles(in.a(), block, n);
                interpreter.put(r, start(r, fold(r, 0, n)), 0, 1);
            } else {
                interpreter.step(r, start, uniform[r] ? 1 : n);
            }
            if (uniform[r] && wide[r]) interpreter.spread(r, n);
        }
        store(row, 0, n, -1);
    }

    /** Stores outputs: those of one value a row where {@code level} is -1 or {@code column} is, the others of the level. */
    private void store(long row, long column, int n, int level) {
        for (int i = 0; i < program.outputs(); i++) {
            int r = program.output(i);
            boolean one = takesOneValue(i);
            if (level < 0 || column >= 0 && !one && program.level(r) == level)
                interpreter.store(r, walkers[inputs + i], row * columns + Math.max(0, column), one ? 1 : n);
        }
    }

    /** Rows longer than a block. */
    private final class Phases {
        private final boolean[][] needed = new boolean[program.levels() + 1][program.length()];
        private final int[] keptSince = new int[program.length()];
        private final Object[] kept = new Object[program.length()];
        private final long[] value = new long[program.length()];
        private final double[] piece = new double[program.length()], total = new double[program.length()];

        Phases() {
            Arrays.fill(keptSince, -1);
            for (int phase = 0; phase <= program.levels(); phase++) plan(phase);
        }

        private void plan(int phase) {
            var need = needed[phase];
            for (int i = 0; i < program.outputs(); i++)
                if (!takesOneValue(i) && program.level(program.output(i)) == phase) need[program.output(i)] = true;
            for (int r = program.length() - 1; r >= 0; r--) {
                var in = program.at(r);
                if (in.op().isRowReduction() && program.level(r) == phase + 1) need[in.a()] = true;
                if (!need[r] || uniform[r]) continue;
                if (keptSince[r] >= 0) continue;
                if (phase < program.levels() && isExpensive(in.op()) && in.type().isFloat() && columns <= LONGEST_KEPT) {
                    keptSince[r] = phase;
                    kept[r] = in.type() == DType.F64 ? new double[(int) columns] : new float[(int) columns];
                }
                for (int operand : new int[] {in.a(), in.b(), in.c()}) if (operand >= 0) need[operand] = true;
            }
        }

        private static boolean isExpensive(Op op) {
            return switch (op) {
                case LOAD, CONST, NEG, ABS, ADD, SUB, MUL, MAX, MIN, FMA, WHERE, SQUARE, CAST, RELU -> false;
                default -> true;
            };
        }

        void rows(long from, long to) {
            for (long row = from; row < to; row++) {
                uniforms(row, 0);
                for (int phase = 0; phase <= program.levels(); phase++) {
                    if (isIdle(phase)) continue;
                    pass(row, phase);
                    uniforms(row, phase + 1);
                }
                for (int i = 0; i < program.outputs(); i++) {
                    if (!takesOneValue(i)) continue;
                    int r = program.output(i);
                    if (program.at(r).op() != Op.CONST) interpreter.put(r, value[r], 1);
                    interpreter.store(r, walkers[inputs + i], row * columns, 1);
                }
            }
        }

        private boolean isIdle(int phase) {
            for (boolean need : needed[phase]) if (need) return false;
            return true;
        }

        private void pass(long row, int phase) {
            Arrays.fill(piece, Double.NaN);
            for (long c = 0; c < columns; c += Interpreter.BLOCK) {
                int n = (int) Math.min(Interpreter.BLOCK, columns - c);
                for (int r = 0; r < program.length(); r++) {
                    var in = program.at(r);
                    if (in.op().isRowReduction() && program.level(r) == phase + 1) accumulate(r, c, n);
                    else if (needed[phase][r]) compute(r, row, c, n, phase);
                }
                store(row, c, n, phase);
            }
        }

        private void compute(int r, long row, long c, int n, int phase) {
            if (program.at(r).op() == Op.CONST) return;
            if (uniform[r]) interpreter.put(r, value[r], n);
            else if (keptSince[r] >= 0 && keptSince[r] < phase) interpreter.recall(r, kept[r], (int) c, n);
            else interpreter.step(r, row * columns + c, n);
            if (keptSince[r] == phase) interpreter.keep(r, kept[r], (int) c, n);
        }

        private void accumulate(int r, long c, int n) {
            var reduction = reduction(program.at(r).op());
            if (c % Reducer.PIECE == 0) {
                if (c > 0) total[r] = c == Reducer.PIECE ? piece[r] : Reducer.combine(reduction, total[r], piece[r]);
                piece[r] = Reducer.identityDouble(reduction);
            }
            interpreter.readDoubles(program.at(r).a(), block, n);
            piece[r] = Reducer.combine(reduction, piece[r], fold(r, 0, n));
            if (c + n < columns) return;
            interpreter.put(r, columns > Reducer.PIECE ? Reducer.combine(reduction, total[r], piece[r]) : piece[r], 0, 1);
            value[r] = interpreter.bits(r);
        }

        /** What a row has one value of and can be computed now. */
        private void uniforms(long row, int level) {
            for (int r = 0; r < program.length(); r++) {
                var in = program.at(r);
                if (!uniform[r] || program.level(r) != level || in.op() == Op.CONST || in.op().isRowReduction()) continue;
                for (int operand : new int[] {in.a(), in.b(), in.c()})
                    if (operand >= 0 && program.at(operand).op() != Op.CONST) interpreter.put(operand, value[operand], 1);
                interpreter.step(r, row * columns, 1);
                value[r] = interpreter.bits(r);
            }
        }
    }
}
