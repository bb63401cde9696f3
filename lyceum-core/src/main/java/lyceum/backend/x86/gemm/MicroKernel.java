package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.lang.foreign.MemorySegment;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates {@code C (+)= A B} or {@code C (-)= A B} for some rows of A and a panel of B of {@code vectors} vectors.
 *
 * <p>A tile of C, {@code rows x vectors}, stays in registers over the inner dimension: for every step the panel's vectors are loaded, and each
 * element of a column of A is broadcast and multiplied in. Broadcast apart from the product is faster than the embedded form. A and B are read
 * by strides, so that a packed operand is merely one with other strides. Rows are taken tile by tile, the rest by a smaller tile.
 * The rows of B some steps ahead are asked for in time: rows that are not packed lie pages apart, which no prefetcher of a CPU foresees.
 *
 * <p>Arguments: rdi a block of the fields below, rsi A, rdx B, rcx C, r8 number of rows, r9 mask of the last vector's lanes (for {@code masked}
 * kernels; its address, 32 bytes of lane masks, without AVX-512). An element's value is the same whatever tile computes it.
 */
final class MicroKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Bytes from row to row of A, from step to step of A and of B, from row to row of C; number of steps; 0 to overwrite C. */
    static final Field A_ROW = LAYOUT.word(), A_STEP = LAYOUT.word(), B_STEP = LAYOUT.word(), C_ROW = LAYOUT.word(), STEPS = LAYOUT.word(),
            ADD = LAYOUT.word();
    /** For {@link Arithmetic#I8I8} the address of what is taken off the sums of each column; bytes from tile to tile of A; where the panel is copied to. */
    static final Field STARTS = LAYOUT.word(), A_TILE = LAYOUT.word(), COPY_TO = LAYOUT.word();
    /**
     * With AVX-512 the first row of a panel that is to be copied, where they end, bytes from row to row, where they go, and a mask of the bits of the steps
     * left that are 0 when one is copied. None: equal ends.
     */
    static final Field BESIDE = LAYOUT.word(), BESIDE_END = LAYOUT.word(), BESIDE_STRIDE = LAYOUT.word(), BESIDE_TO = LAYOUT.word(),
            BESIDE_PACE = LAYOUT.word();
    /** The kernel's own. */
    private static final Field SUMS = LAYOUT.word(), SUMS_END = LAYOUT.word(), TILE = LAYOUT.word();
    /** Bytes behind rdi. */
    static final int PARAMETERS = LAYOUT.bytes();

    static final int UNROLL = 4;
    /** Times {@link #UNROLL} steps from asking for the last row of C to its use: longer than the way to a third-level cache behind a mesh. */
    private static final int SOON = 20;
    /** Steps from asking for a row of B to its use, and bytes from asking for a line of packed A to that. */
    private static final int AHEAD = 8, AHEAD_IN_A = 512;
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    private final Cpu cpu;
    private final Assembler a;
    private final Arithmetic arithmetic;
    private final int bits, vectors;
    private final boolean masked, wide, copying, minus;

    /**
     * @param rows of a tile
     * @param copying for one tile of at most 8 rows, which meanwhile copies the panel to where the tiles that follow read it in sequence, and (with AVX-512) asks
     *        for the panel beside it
     * @param minus whether the sums are those of {@code -A B}, of floats in their own type
     */
    record Form(Arithmetic arithmetic, int rows, int vectors, boolean masked, boolean copying, boolean minus) implements KernelForm {
        Form(Arithmetic arithmetic, int rows, int vectors, boolean masked, boolean copying) {
            this(arithmetic, rows, vectors, masked, copying, false);
        }

        @Override public String name(Cpu cpu) {
            return (copying ? "gemm copying " : "gemm ") + (minus ? "minus " : "") + arithmetic + " " + rows + "x" + vectors
                    + (masked ? " masked" : "");
        }

        @Override public void write(Assembler a, Cpu cpu) { new MicroKernel(a, cpu, this).write(rows); }

        @Override public int hashCode() {
            return ((arithmetic.ordinal() * 32 + rows) * 16 + vectors) * 8 + (minus ? 4 : 0) + (masked ? 2 : 0) + (copying ? 1 : 0);
        }

        @Override public boolean equals(Object other) { return other instanceof Form && other.hashCode() == hashCode(); }
    }

    private MicroKernel(Assembler a, Cpu cpu, Form form) {
        this.cpu = cpu;
        this.a = a;
        this.arithmetic = form.arithmetic;
        this.bits = cpu.vectorBits();
        this.wide = cpu.has(Feature.AVX512);
        this.vectors = form.vectors;
        this.masked = form.masked;
        this.copying = form.copying;
        this.minus = form.minus;
    }

    /** Most rows of a tile beside panels of {@code vectors}: accumulators, the panel's vectors, an element of A and a mask share the registers. */
    static int rows(Cpu cpu, Arithmetic arithmetic, int vectors) {
        if (cpu.has(Feature.AVX512)) return vectors == 1 ? 14 : 24 / vectors - (vectors == 8 ? 1 : 0);
        return vectors == 1 ? 8 : vectors == 2 ? arithmetic.isFused() ? 6 : 5 : vectors == 3 ? 3 : vectors == 4 ? 2 : 1;
    }

    /** No panel is copied by kernels with these parameters. */
    static void nothingBeside(MemorySegment parameters) {
        BESIDE.set(parameters, 0);
        BESIDE_END.set(parameters, 0);
    }

    /** True for kernels (of tiles of up to 8 rows) that copy a panel beside theirs while they run. */
    static boolean copiesBeside(Cpu cpu, Arithmetic arithmetic, int vectors) {
        return cpu.has(Feature.AVX512) && arithmetic.depth == 1 && vectors == 3;
    }

    private void write(int most) {
        a.enter(SAVED);
        if (masked && wide) a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        if (masked && !wide) a.emit(Instruction.VMOVUPS, mask(), Mem.at(R9));
        a.mov(RAX, Mem.at(RDI, A_ROW));
        a.lea(RBX, Mem.at(RAX, RAX, 2));
        a.lea(R10, Mem.at(RAX, RAX, 4));
        a.lea(R11, Mem.at(RBX, RAX, 4));
        a.mov(R12, Mem.at(RDI, A_STEP));
        a.mov(R13, Mem.at(RDI, B_STEP));
        if (isStream()) a.lea(R11, Mem.at(R13, R13, 1)); // no tile of such a kernel has the eighth row that it is for
        if (copying) {
            a.mov(RBP, Mem.at(RDI, COPY_TO));
            tile(most);
        } else {
            RowTiles.write(a, most, this::tile);
        }
        a.leave(SAVED);
    }

    private Vec accumulator(int row, int vector) { return Vec.of(row * vectors + vector, bits); }

    private int spare(int index) { return (wide ? 31 : 15) - index; }

    private Vec mask() { return Vec.ymm(spare(0)); }

    private Vec right(int vector) { return Vec.of(spare(1 + (isWideRow() ? 0 : vector)), bits); }

    /** Where a product waits to be added. */
    private Vec product() { return Vec.of(spare(isWideRow() ? 3 : 1 + vectors + (wide || !masked ? 0 : 1)), bits); }

    private Vec left() { return Vec.of(spare(wide || !masked ? 0 : isWideRow() ? 2 : 1 + vectors), bits); }

    /** One row beside a panel that would take most of 16 registers. */
    private boolean isWideRow() { return !wide && vectors > 4; }

    /** True for vectors of a panel that are multiplied where they lie. */
    private boolean isFromMemory(int vector) { return isWideRow() && !(masked && vector == vectors - 1); }

    /** Each row of B is met once, where it lies: it streams from afar, and the short steps of AVX2 are to ask earlier, for the second-level cache. */
    private boolean isStream() { return !wide && (copying || isWideRow()); }

    private void tile(int rows) {
        a.mov(R15, RSI);
        if (rows > 8) a.lea(RBP, Mem.at(RSI, RAX, 8));
        a.mov(R9, RDX);
        boolean paced = wide && !copying && rows <= 8;
        if (paced) beginSums(rows);
        else prefetchC(rows);
        begin(rows);
        a.mov(R14, Mem.at(RDI, STEPS));
        var rest = a.label();
        var done = a.label();
        a.sub(R14, UNROLL);
        a.jump(Condition.L, rest);
        a.align(32);
        var loop = a.bind(a.label());
        if (paced) meanwhile(rows);
        for (int u = 0; u < UNROLL; u++) {
            if (u % 2 == 0) a.prefetch(0, Mem.at(R15, AHEAD_IN_A + 32 * u)); // of a tile that lies row by row it is what its first row needs
            step(rows);
        }
        a.sub(R14, UNROLL);
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(R14, UNROLL);
        a.jump(Condition.E, done);
        var single = a.bind(a.label());
        step(rows);
        a.sub(R14, 1);
        a.jump(Condition.NE, single);
        a.bind(done);
        store(rows);
        if (paced) a.mov(RSI, Mem.at(RDI, TILE));
        a.add(RSI, Mem.at(RDI, A_TILE));
        a.mov(R15, Mem.at(RDI, C_ROW));
        a.imul(R15, R15, rows);
        a.add(RCX, R15);
    }

    private void begin(int rows) {
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < vectors; v++) a.emit(Instruction.VXORPS, accumulator(i, v), accumulator(i, v), accumulator(i, v));
        if (arithmetic != Arithmetic.I8I8) return;
        a.mov(R14, Mem.at(RDI, STARTS));
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < vectors; v++) a.emit(Instruction.VPSUBD, accumulator(i, v), accumulator(i, v), Mem.at(R14, v * bits / 8));
    }

    private void prefetchC(int rows) {
        a.mov(R14, Mem.at(RDI, C_ROW));
        a.mov(R9, RCX);
        for (int i = 0; i < rows; i++) {
            for (int at = 0; at < vectors * bits / 8; at += 64) a.prefetch(0, Mem.at(R9, at));
            a.add(R9, R14);
        }
        a.mov(R9, RDX);
    }

    /** Where the tile's sums begin and end, for {@link #askForSums}; the pointer to the tile's rows makes room for {@link #copyBeside}. */
    private void beginSums(int rows) {
        a.mov(Mem.at(RDI, TILE), RSI);
        a.mov(R14, Mem.at(RDI, C_ROW));
        a.imul(R14, R14, rows);
        a.add(R14, RCX);
        a.mov(Mem.at(RDI, SUMS_END), R14);
        a.mov(Mem.at(RDI, SUMS), RCX);
    }

    /** Between some steps and the next. */
    private void meanwhile(int rows) {
        askForSums(rows);
        if (copiesBeside(cpu, arithmetic, vectors)) copyBeside();
    }

    /** Near the end of a tile, row by row: at once and at the beginning they would hold up the panel's lines, and some would be gone when they are stored. */
    private void askForSums(int rows) {
        var done = a.label();
        a.cmp(R14, UNROLL * (rows + SOON));
        a.jump(Condition.G, done);
        a.mov(RBP, Mem.at(RDI, SUMS));
        a.cmp(RBP, Mem.at(RDI, SUMS_END));
        a.jump(Condition.AE, done);
        for (int at = 0; at < vectors * bits / 8; at += 64) a.prefetch(0, Mem.at(RBP, at));
        a.add(RBP, Mem.at(RDI, C_ROW));
        a.mov(Mem.at(RDI, SUMS), RBP);
        a.bind(done);
    }

    /** A row of the panel beside goes to where it will be read in sequence, now and then, so that what comes from afar comes evenly. */
    private void copyBeside() {
        var done = a.label();
        a.mov(RBP, Mem.at(RDI, BESIDE_PACE));
        a.test(RBP, R14);
        a.jump(Condition.NE, done);
        a.mov(RBP, Mem.at(RDI, BESIDE));
        a.cmp(RBP, Mem.at(RDI, BESIDE_END));
        a.jump(Condition.AE, done);
        a.mov(RSI, Mem.at(RDI, BESIDE_TO));
        for (int v = 0; v < vectors; v++) a.emit(Instruction.VMOVUPS, Vec.zmm(24 + v), Mem.at(RBP, v * bits / 8));
        for (int v = 0; v < vectors; v++) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RSI, v * bits / 8), Vec.zmm(24 + v));
        a.add(RSI, vectors * bits / 8);
        a.mov(Mem.at(RDI, BESIDE_TO), RSI);
        a.mov(RSI, Mem.at(RDI, BESIDE_STRIDE));
        for (int at = 0; at < vectors * bits / 8; at += 64) a.prefetch(0, Mem.at(RBP, RSI, 8, at));
        a.add(RBP, RSI);
        a.mov(Mem.at(RDI, BESIDE), RBP);
        a.bind(done);
    }

    /** One column of A times one row of the panel. */
    private void step(int rows) {
        for (int v = 0; v < vectors; v++) if (!isFromMemory(v)) loadRight(right(v), Mem.at(R9, v * bits / 8), v);
        for (int at = 0; at < vectors * bits / 8; at += 64) a.prefetch(isStream() ? 1 : 0, Mem.at(R9, isStream() ? R11 : R13, AHEAD, at));
        if (copying) {
            for (int at = 0; wide && at < vectors * bits / 8; at += 64) a.prefetch(1, Mem.at(R9, vectors * bits / 8 + at));
            for (int v = 0; v < vectors; v++) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RBP, v * bits / 8), right(v));
            a.add(RBP, vectors * bits / 8);
        }
        for (int i = 0; i < rows; i++) {
            a.emit(arithmetic.broadcast, left(), element(i));
            for (int v = 0; v < vectors; v++) multiplyAdd(accumulator(i, v), left(), isFromMemory(v) ? Mem.at(R9, v * bits / 8) : right(v));
        }
        a.add(R15, R12);
        if (rows > 8) a.add(RBP, R12);
        a.add(R9, R13);
    }

    /** The element of A goes first: of the products of bytes that is the one without a sign. */
    private void multiplyAdd(Vec sum, Vec x, lyceum.backend.x86.asm.Operand y) {
        if (arithmetic.isFused()) {
            a.emit(minus ? arithmetic.multiplySubtract() : arithmetic.multiplyAdd, sum, x, y);
        } else {
            a.emit(arithmetic.multiplyAdd, product(), x, y);
            a.emit(arithmetic.add, sum, sum, product());
        }
    }

    private void loadRight(Vec to, Mem from, int vector) {
        if (!masked || vector < vectors - 1) a.emit(Instruction.VMOVUPS, to, from);
        else if (wide) a.emit(arithmetic.lane == 8 ? Instruction.VMOVUPD : Instruction.VMOVUPS, to.mask(Mask.K1).zeroing(), from);
        else a.emit(arithmetic.lane == 8 ? Instruction.VMASKMOVPD : Instruction.VMASKMOVPS, to, mask(), from);
    }

    /** Element of row {@code i}: eight rows are reached from one base by the stride and its multiples by 3, 5 and 7. */
    private Mem element(int i) {
        var base = i < 8 ? R15 : RBP;
        return switch (i % 8) {
            case 0 -> Mem.at(base);
            case 1 -> Mem.at(base, RAX, 1);
            case 2 -> Mem.at(base, RAX, 2);
            case 3 -> Mem.at(base, RBX, 1);
            case 4 -> Mem.at(base, RAX, 4);
            case 5 -> Mem.at(base, R10, 1);
            case 6 -> Mem.at(base, RBX, 2);
            default -> Mem.at(base, R11, 1);
        };
    }

    private void store(int rows) {
        a.mov(R14, Mem.at(RDI, C_ROW));
        var overwrite = a.label();
        a.mov(R15, Mem.at(RDI, ADD));
        a.test(R15, R15);
        a.mov(R15, RCX);
        a.jump(Condition.E, overwrite);
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < vectors; v++) {
                loadRight(right(0), Mem.at(R15, v * bits / 8), v);
                a.emit(arithmetic.add, accumulator(i, v), accumulator(i, v), right(0));
            }
            if (i < rows - 1) a.add(R15, R14);
        }
        a.mov(R15, RCX);
        a.bind(overwrite);
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < vectors; v++) storeRow(Mem.at(R15, v * bits / 8), accumulator(i, v), v);
            if (i < rows - 1) a.add(R15, R14);
        }
    }

    private void storeRow(Mem to, Vec from, int vector) {
        if (!masked || vector < vectors - 1) a.emit(Instruction.VMOVUPS_STORE, to, from);
        else if (wide) a.emit(arithmetic.lane == 8 ? Instruction.VMOVUPD_STORE : Instruction.VMOVUPS_STORE, to.mask(Mask.K1), from);
        else a.emit(arithmetic.lane == 8 ? Instruction.VMASKMOVPD_STORE : Instruction.VMASKMOVPS_STORE, to, mask(), from);
    }
}
