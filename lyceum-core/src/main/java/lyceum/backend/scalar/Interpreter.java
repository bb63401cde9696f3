package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.random.Philox;

/**
 * Runs a program block by block: each register is a heap array of {@value #BLOCK} elements, so that a chain of any length reads and writes
 * memory once and otherwise stays in the first-level cache. One instance a thread and run.
 */
final class Interpreter {
    static final int BLOCK = 1024;

    /** Which of the four arrays of a slot holds a value of a type. */
    enum Bank {
        FLOAT, DOUBLE, INT, LONG;

        static Bank of(DType type) {
            return switch (type) {
                case F16, BF16, F32 -> FLOAT;
                case F64 -> DOUBLE;
                case I64 -> LONG;
                default -> INT;
            };
        }
    }

    /** The arrays of a thread, kept between runs: allocating them would cost more than most programs. */
    private static final class Frame {
        float[][] floats = new float[8][];
        double[][] doubles = new double[8][];
        int[][] ints = new int[8][];
        long[][] longs = new long[8][];

        void grow(int slots) {
            if (floats.length >= slots) return;
            floats = Arrays.copyOf(floats, slots);
            doubles = Arrays.copyOf(doubles, slots);
            ints = Arrays.copyOf(ints, slots);
            longs = Arrays.copyOf(longs, slots);
        }
    }

    private static final ThreadLocal<Frame> FRAMES = ThreadLocal.withInitial(Frame::new);

    private final Program program;
    private final Lanes lanes;
    private final Strided[] inputs;
    private final Frame frame;
    private final boolean[] filled;
    /** Whether an instruction may be done together with the one that follows. */
    private final boolean pairs;

    Interpreter(Program program, Lanes lanes, Strided[] inputs) {
        this.program = program;
        this.lanes = lanes;
        this.inputs = inputs;
        this.frame = FRAMES.get();
        this.filled = new boolean[program.length()];
        this.pairs = !program.isRowProgram();
        frame.grow(program.slots());
    }

    /** Runs all instructions on the elements numbered {@code start .. start + n - 1}. */
    void block(long start, int n) { for (int register = 0; register < program.length(); register++) step(register, start, n); }

    void step(int register, long start, int n) {
        var in = program.at(register);
        switch (in.op()) {
            case LOAD -> load(in, register, start, n);
            case CONST -> {} // filled when an instruction wants it as a block
            case RANDOM -> random(in, register, start, n);
            case CAST -> cast(in, register, n);
            case WHERE -> where(in, register, n);
            case FMA -> fma(in, register, n);
            case MUL -> { if (!isScaled(register)) binary(in, register, n); } // else done together with the addition that follows
            case ADD -> { if (!affine(in, register, n)) binary(in, register, n); }
            default -> {
                if (in.op().isPredicate()) compare(in, register, n);
                else if (in.op().arity() == 1) unary(in, register, n);
                else binary(in, register, n);
            }
        }
    }

    private void load(Instruction in, int register, long start, int n) {
        var input = inputs[(int) in.immediate()];
        switch (Bank.of(in.type())) {
            case FLOAT -> input.load(start, n, floats(register));
            case DOUBLE -> input.load(start, n, doubles(register));
            case INT -> input.load(start, n, ints(register));
            case LONG -> input.load(start, n, longs(register));
        }
    }

    /** True once for each constant that is read as a block. */
    private boolean mustFill(int register) {
        if (filled[register] || program.at(register).op() != Op.CONST) return false;
        return filled[register] = true;
    }

    private float floatConstant(int register) {
        return Elements.round(program.at(register).type(), Double.longBitsToDouble(program.at(register).immediate()));
    }

    private double doubleConstant(int register) { return Double.longBitsToDouble(program.at(register).immediate()); }

    private void random(Instruction in, int register, long start, int n) {
        long key = in.immediate();
        switch (Bank.of(in.type())) {
            case FLOAT -> {
                var r = floats(register);
                // No more bits than the type has: rounding would reach 1.
                int bits = in.type() == DType.F32 ? 24 : in.type() == DType.F16 ? 11 : 8;
                float unit = Math.scalb(1f, -bits);
                for (int i = 0; i < n; i++) r[i] = (Philox.word(key, start + i) >>> (64 - bits)) * unit;
            }
            case DOUBLE -> {
                var r = doubles(register);
                for (int i = 0; i < n; i++) r[i] = Philox.unit(Philox.word(key, start + i));
            }
            default -> throw new AssertionError(in);
        }
    }

    /** True for the x c of an {@code x c + d} with constants, read by that addition alone: two passes over the block become one. */
    private boolean isScaled(int register) {
        var in = program.at(register);
        if (!pairs || in.op() != Op.MUL || program.at(in.b()).op() != Op.CONST || program.uses(register) != 1 || !in.type().isFloat()
                || in.type().bytes() < 4)
            return false;
        for (int next = register + 1; next < program.length() && next <= register + 2; next++) {
            var reader = program.at(next);
            if (reader.op() == Op.CONST) continue;
            return reader.op() == Op.ADD && reader.a() == register && reader.type() == in.type() && program.at(reader.b()).op() == Op.CONST;
        }
        return false;
    }

    private boolean affine(Instruction in, int register, int n) {
        if (!isScaled(in.a()) || program.at(in.b()).op() != Op.CONST) return false;
        var product = program.at(in.a());
        if (in.type() == DType.F64)
            lanes.affine(doubles(product.a()), doubleConstant(product.b()), doubleConstant(in.b()), doubles(register), n);
        else lanes.affine(floats(product.a()), floatConstant(product.b()), floatConstant(in.b()), floats(register), n);
        return true;
    }

    private void unary(Instruction in, int register, int n) {
        switch (Bank.of(in.type())) {
            case FLOAT -> {
                lanes.unary(in.op(), floats(in.a()), floats(register), n);
                lanes.narrow(in.type(), floats(register), n);
            }
            case DOUBLE -> lanes.unary(in.op(), doubles(in.a()), doubles(register), n);
            case INT -> {
                lanes.unary(in.op(), ints(in.a()), ints(register), n);
                lanes.narrow(in.type(), ints(register), n);
            }
            case LONG -> lanes.unary(in.op(), longs(in.a()), longs(register), n);
        }
    }

    private void binary(Instruction in, int register, int n) {
        switch (Bank.of(in.type())) {
            case FLOAT -> {
                if (program.at(in.b()).op() != Op.CONST
                        || !lanes.withConstant(in.op(), floats(in.a()), floatConstant(in.b()), floats(register), n))
                    lanes.binary(in.op(), floats(in.a()), floats(in.b()), floats(register), n);
                lanes.narrow(in.type(), floats(register), n);
            }
            case DOUBLE -> {
                if (program.at(in.b()).op() != Op.CONST
                        || !lanes.withConstant(in.op(), doubles(in.a()), doubleConstant(in.b()), doubles(register), n))
                    lanes.binary(in.op(), doubles(in.a()), doubles(in.b()), doubles(register), n);
            }
            case INT -> {
                lanes.binary(in.op(), ints(in.a()), ints(in.b()), ints(register), n);
                lanes.narrow(in.type(), ints(register), n);
            }
            case LONG -> lanes.binary(in.op(), longs(in.a()), longs(in.b()), longs(register), n);
        }
    }

    private void compare(Instruction in, int register, int n) {
        int b = in.b() < 0 ? in.a() : in.b();
        var r = ints(register);
        switch (Bank.of(program.at(in.a()).type())) {
            case FLOAT -> lanes.compare(in.op(), floats(in.a()), floats(b), r, n);
            case DOUBLE -> lanes.compare(in.op(), doubles(in.a()), doubles(b), r, n);
            case INT -> lanes.compare(in.op(), ints(in.a()), ints(b), r, n);
            case LONG -> lanes.compare(in.op(), longs(in.a()), longs(b), r, n);
        }
    }

    private void where(Instruction in, int register, int n) {
        var condition = ints(in.a());
        switch (Bank.of(in.type())) {
            case FLOAT -> {
                float[] x = floats(in.b()), y = floats(in.c()), r = floats(register);
                for (int i = 0; i < n; i++) r[i] = condition[i] != 0 ? x[i] : y[i];
            }
            case DOUBLE -> {
                double[] x = doubles(in.b()), y = doubles(in.c()), r = doubles(register);
                for (int i = 0; i < n; i++) r[i] = condition[i] != 0 ? x[i] : y[i];
            }
            case INT -> {
                int[] x = ints(in.b()), y = ints(in.c()), r = ints(register);
                for (int i = 0; i < n; i++) r[i] = condition[i] != 0 ? x[i] : y[i];
            }
            case LONG -> {
                long[] x = longs(in.b()), y = longs(in.c()), r = longs(register);
                for (int i = 0; i < n; i++) r[i] = condition[i] != 0 ? x[i] : y[i];
            }
        }
    }

    private void fma(Instruction in, int register, int n) {
        switch (Bank.of(in.type())) {
            case FLOAT -> {
                float[] x = floats(in.a()), y = floats(in.b()), z = floats(in.c()), r = floats(register);
                for (int i = 0; i < n; i++) r[i] = Math.fma(x[i], y[i], z[i]);
                lanes.narrow(in.type(), r, n);
            }
            case DOUBLE -> {
                double[] x = doubles(in.a()), y = doubles(in.b()), z = doubles(in.c()), r = doubles(register);
                for (int i = 0; i < n; i++) r[i] = Math.fma(x[i], y[i], z[i]);
            }
            default -> throw new AssertionError(in);
        }
    }

    /** Floats to integers truncate towards zero and saturate, NaN becomes 0; integers wrap; anything but zero is true. */
    private void cast(Instruction in, int register, int n) {
        var from = Bank.of(program.at(in.a()).type());
        var type = in.type();
        switch (Bank.of(type)) {
            case FLOAT -> {
                var r = floats(register);
                switch (from) {
                    case FLOAT -> System.arraycopy(floats(in.a()), 0, r, 0, n);
                    case DOUBLE -> {
                        var x = doubles(in.a());
                        if (type == DType.F32) for (int i = 0; i < n; i++) r[i] = (float) x[i];
                        else for (int i = 0; i < n; i++) r[i] = (float) Elements.toOdd(x[i]);
                    }
                    case INT -> { var x = ints(in.a()); for (int i = 0; i < n; i++) r[i] = x[i]; }
                    case LONG -> { var x = longs(in.a()); for (int i = 0; i < n; i++) r[i] = x[i]; }
                }
                lanes.narrow(type, r, n);
            }
            case DOUBLE -> toDouble(from, in.a(), doubles(register), n);
            case INT -> {
                var r = ints(register);
                boolean bool = type == DType.BOOL;
                int low = Elements.least(type), high = Elements.most(type);
                switch (from) {
                    case FLOAT -> {
                        var x = floats(in.a());
                        for (int i = 0; i < n; i++) r[i] = bool ? (x[i] != 0 ? 1 : 0) : Math.clamp((long) x[i], low, high);
                    }
                    case DOUBLE -> {
                        var x = doubles(in.a());
                        for (int i = 0; i < n; i++) r[i] = bool ? (x[i] != 0 ? 1 : 0) : Math.clamp((long) x[i], low, high);
                    }
                    case INT -> System.arraycopy(ints(in.a()), 0, r, 0, n);
                    case LONG -> { var x = longs(in.a()); for (int i = 0; i < n; i++) r[i] = bool ? (x[i] != 0 ? 1 : 0) : (int) x[i]; }
                }
                lanes.narrow(type, r, n);
            }
            case LONG -> {
                var r = longs(register);
                switch (from) {
                    case FLOAT -> { var x = floats(in.a()); for (int i = 0; i < n; i++) r[i] = (long) x[i]; }
                    case DOUBLE -> { var x = doubles(in.a()); for (int i = 0; i < n; i++) r[i] = (long) x[i]; }
                    case INT -> { var x = ints(in.a()); for (int i = 0; i < n; i++) r[i] = x[i]; }
                    case LONG -> System.arraycopy(longs(in.a()), 0, r, 0, n);
                }
            }
        }
    }

    private void toDouble(Bank from, int register, double[] r, int n) {
        switch (from) {
            case FLOAT -> { var x = floats(register); for (int i = 0; i < n; i++) r[i] = x[i]; }
            case DOUBLE -> System.arraycopy(doubles(register), 0, r, 0, n);
            case INT -> { var x = ints(register); for (int i = 0; i < n; i++) r[i] = x[i]; }
            case LONG -> { var x = longs(register); for (int i = 0; i < n; i++) r[i] = x[i]; }
        }
    }

    /** Copies the value of a register widened to double. */
    void readDoubles(int register, double[] to, int n) { toDouble(Bank.of(program.at(register).type()), register, to, n); }

    /** Copies the value of an integer register widened to long. */
    void readLongs(int register, long[] to, int n) {
        if (Bank.of(program.at(register).type()) == Bank.LONG) {
            System.arraycopy(longs(register), 0, to, 0, n);
        } else {
            var x = ints(register);
            for (int i = 0; i < n; i++) to[i] = x[i];
        }
    }

    void store(int register, Strided output, long start, int n) {
        switch (Bank.of(program.at(register).type())) {
            case FLOAT -> output.store(floats(register), start, n);
            case DOUBLE -> output.store(doubles(register), start, n);
            case INT -> output.store(ints(register), start, n);
            case LONG -> output.store(longs(register), start, n);
        }
    }

    /** Gives the value of element 0 to the {@code n} first. */
    void spread(int register, int n) {
        switch (Bank.of(program.at(register).type())) {
            case FLOAT -> Arrays.fill(floats(register), 1, n, floats(register)[0]);
            case DOUBLE -> Arrays.fill(doubles(register), 1, n, doubles(register)[0]);
            case INT -> Arrays.fill(ints(register), 1, n, ints(register)[0]);
            case LONG -> Arrays.fill(longs(register), 1, n, longs(register)[0]);
        }
    }

    /** Element 0, as the bits that {@link #put} takes. */
    long bits(int register) {
        return switch (Bank.of(program.at(register).type())) {
            case FLOAT -> Float.floatToRawIntBits(floats(register)[0]);
            case DOUBLE -> Double.doubleToRawLongBits(doubles(register)[0]);
            case INT -> ints(register)[0];
            case LONG -> longs(register)[0];
        };
    }

    /** Sets the first {@code n} elements to one value. */
    void put(int register, long bits, int n) {
        switch (Bank.of(program.at(register).type())) {
            case FLOAT -> Arrays.fill(floats(register), 0, n, Float.intBitsToFloat((int) bits));
            case DOUBLE -> Arrays.fill(doubles(register), 0, n, Double.longBitsToDouble(bits));
            case INT -> Arrays.fill(ints(register), 0, n, (int) bits);
            case LONG -> Arrays.fill(longs(register), 0, n, bits);
        }
    }

    /** Sets elements {@code from .. to - 1} to a float value, rounded to the register's type. */
    void put(int register, double value, int from, int to) {
        var type = program.at(register).type();
        if (type == DType.F64) Arrays.fill(doubles(register), from, to, value);
        else Arrays.fill(floats(register), from, to, Elements.round(type, value));
    }

    /** The block of a float register, kept for a later phase. */
    void keep(int register, Object row, int at, int n) { System.arraycopy(array(register), 0, row, at, n); }

    void recall(int register, Object row, int at, int n) { System.arraycopy(row, at, array(register), 0, n); }

    private Object array(int register) { return program.at(register).type() == DType.F64 ? doubles(register) : floats(register); }

    private float[] floats(int register) {
        int slot = program.slot(register);
        var array = frame.floats[slot];
        if (array == null) array = frame.floats[slot] = new float[BLOCK];
        if (mustFill(register)) Arrays.fill(array, floatConstant(register));
        return array;
    }

    private double[] doubles(int register) {
        int slot = program.slot(register);
        var array = frame.doubles[slot];
        if (array == null) array = frame.doubles[slot] = new double[BLOCK];
        if (mustFill(register)) Arrays.fill(array, doubleConstant(register));
        return array;
    }

    private int[] ints(int register) {
        int slot = program.slot(register);
        var array = frame.ints[slot];
        if (array == null) array = frame.ints[slot] = new int[BLOCK];
        if (mustFill(register)) Arrays.fill(array, Elements.wrap(program.at(register).type(), (int) program.at(register).immediate()));
        return array;
    }

    private long[] longs(int register) {
        int slot = program.slot(register);
        var array = frame.longs[slot];
        if (array == null) array = frame.longs[slot] = new long[BLOCK];
        if (mustFill(register)) Arrays.fill(array, program.at(register).immediate());
        return array;
    }
}
