package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * The inner loop of every convolution: {@code y[i][v] = sum over steps k of a[i * stride + aOffset[k]] * x[column v + xOffset[k]]} for a few rows i
 * and a few vectors v of neighbouring columns, in registers from the first step to the last. Both operands lie where they lie: the offsets of
 * the steps come from a table, so that nothing is packed, whatever the taps, strides and dilations are.
 *
 * <p>A step is one load a vector of x, one broadcast a row of a, and a multiply-add for each pair. At the end the lanes that are outputs move
 * together (a vector may hold the gap between two lines of an image) and are stored.
 *
 * @param element that both operands and y have
 * @param rows of the tile, {@code vectors} in it
 * @param accumulate adds to what stands in y
 * @param bias adds a number a row
 * @param relu and what is negative becomes zero
 */
record OffsetProduct(Element element, int rows, int vectors, boolean accumulate, boolean bias, boolean relu) implements KernelForm {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field A = LAYOUT.word(), COLUMNS = LAYOUT.word(), Y = LAYOUT.word(), BIAS = LAYOUT.word();
    /** What is added to those from one tile to the next. */
    static final Field A_MOVE = LAYOUT.word(), COLUMNS_MOVE = LAYOUT.word(), Y_MOVE = LAYOUT.word(), BIAS_MOVE = LAYOUT.word();
    static final Field TILES = LAYOUT.word(), X = LAYOUT.word(), STEPS = LAYOUT.word(), COUNT = LAYOUT.word(), A_STRIDE = LAYOUT.word(),
            Y_STRIDE = LAYOUT.word();
    /** The kernel's own: where the next row of y is that is to be asked for, and where they end. */
    private static final Field ASK = LAYOUT.word(), ASK_END = LAYOUT.word();
    /** Steps, less one, from asking for a row of y to asking for the next. */
    private static final int BETWEEN_ROWS = 7;
    /** Steps from asking for a vector of x to its use; a table has so many entries more. */
    static final int AHEAD = 8;
    /** A step in its table: int offsets in bytes of x and a. */
    static final int STEP = 8;
    /** A column vector in its table: long offsets in bytes of x and y, mask of the lanes to store, which lanes they were, their order, and behind it (AVX2) the mask as lanes or (AVX-512) the order back. */
    static final int COLUMN = 192, COLUMN_X = 0, COLUMN_Y = 8, COLUMN_MASK = 16, COLUMN_VALID = 24, COLUMN_ORDER = 32, COLUMN_LANES = 96,
            COLUMN_SPREAD = 96;

    private static final Gp[] AT = {RBX, RBP, R12, R13};
    private static final Gp[] ROW = {RDX, RCX, R14, R15};
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Mask[] LANES = {Mask.K1, Mask.K2, Mask.K3, Mask.K4};

    /** Rows that fit the registers beside so many vectors. */
    static int mostRows(Cpu cpu, int vectors) {
        if (cpu.has(Feature.AVX512)) return switch (vectors) { case 4 -> 6; case 3 -> 8; default -> 12; };
        return vectors == 2 ? 6 : 10;
    }

    static int mostVectors(Cpu cpu) { return cpu.has(Feature.AVX512) ? 4 : 2; }

    @Override public String name(Cpu cpu) {
        return "offset-product-" + rows + "x" + vectors + (accumulate ? "-add" : "") + (bias ? "-bias" : "") + (relu ? "-relu" : "")
                + element.suffix(cpu.vectorBits());
    }

    @Override public void write(Assembler a, Cpu cpu) { new Generator(a, cpu).write(); }

    private final class Generator {
        private final int bits;
        private final boolean wide;
        private final Assembler a;

        Generator(Assembler a, Cpu cpu) {
            bits = cpu.vectorBits();
            wide = cpu.has(Feature.AVX512);
            this.a = a;
        }

        private Vec vec(int number) { return Vec.of(number, bits); }

        private Vec sum(int row, int vector) { return vec(row * vectors + vector); }

        /** Registers beside the sums. */
        private Vec spare(int i) { return vec(rows * vectors + i); }

        void write() {
            a.enter(SAVED);
            var tile = a.bind(a.label());
            a.mov(RSI, Mem.at(RDI, A));
            a.mov(R8, Mem.at(RDI, A_STRIDE));
            a.lea(R9, Mem.at(R8, R8, 2));
            a.mov(R10, Mem.at(RDI, STEPS));
            a.mov(R11, Mem.at(RDI, COUNT));
            beginResult();
            columns(X, COLUMN_X);
            for (int i = 0; i < rows * vectors; i++) a.emit(VXORPS, vec(i), vec(i), vec(i));
            var done = a.label();
            a.test(R11, R11);
            a.jump(Condition.E, done);
            a.align(32);
            var loop = a.bind(a.label());
            askForResult();
            step();
            a.add(R10, STEP);
            a.sub(R11, 1);
            a.jump(Condition.NE, loop);
            a.bind(done);
            store();
            move(A, A_MOVE);
            move(COLUMNS, COLUMNS_MOVE);
            move(Y, Y_MOVE);
            move(BIAS, BIAS_MOVE);
            a.mov(RAX, Mem.at(RDI, TILES));
            a.sub(RAX, 1);
            a.mov(Mem.at(RDI, TILES), RAX);
            a.jump(Condition.NE, tile);
            a.leave(SAVED);
        }

        private void move(Field argument, Field by) {
            a.mov(RAX, Mem.at(RDI, argument));
            a.add(RAX, Mem.at(RDI, by));
            a.mov(Mem.at(RDI, argument), RAX);
        }

        /** Where the tile's rows of y are, for {@link #askForResult}. */
        private void beginResult() {
            a.mov(RAX, Mem.at(RDI, COLUMNS));
            a.mov(RDX, Mem.at(RDI, Y));
            a.add(RDX, Mem.at(RAX, COLUMN_Y));
            a.mov(Mem.at(RDI, ASK), RDX);
            a.mov(RAX, Mem.at(RDI, Y_STRIDE));
            a.imul(RAX, RAX, rows);
            a.add(RDX, RAX);
            a.mov(Mem.at(RDI, ASK_END), RDX);
        }

        /**
         * Now and then a row of y is fetched while the sums are made: where it comes from afar, stores that wait for it hold up the next tile, and all rows
         * at once hold up the lines of x.
         */
        private void askForResult() {
            var done = a.label();
            a.mov(RAX, BETWEEN_ROWS);
            a.test(RAX, R11);
            a.jump(Condition.NE, done);
            a.mov(RAX, Mem.at(RDI, ASK));
            a.cmp(RAX, Mem.at(RDI, ASK_END));
            a.jump(Condition.AE, done);
            for (int at = 0; at < vectors * bits / 8; at += 64) a.prefetchWrite(Mem.at(RAX, at));
            a.add(RAX, Mem.at(RDI, Y_STRIDE));
            a.mov(Mem.at(RDI, ASK), RAX);
            a.bind(done);
        }

        /** Points {@link #AT} to the operand at {@code base}, displaced as each column's table entry says. */
        private void columns(Field base, int entry) {
            a.mov(RAX, Mem.at(RDI, COLUMNS));
            for (int v = 0; v < vectors; v++) {
                a.mov(AT[v], Mem.at(RDI, base));
                a.add(AT[v], Mem.at(RAX, v * COLUMN + entry));
            }
        }

        private void step() {
            a.movsxd(RAX, Mem.at(R10));
            a.movsxd(RDX, Mem.at(R10, 4));
            a.add(RDX, RSI);
            for (int p = 1; p <= (rows - 1) / 3; p++) a.lea(ROW[p], Mem.at(ROW[p - 1], R9, 1));
            for (int v = 0; v < vectors; v++) a.emit(VMOVUPS, spare(v), Mem.at(AT[v], RAX, 1));
            a.movsxd(RAX, Mem.at(R10, AHEAD * STEP));
            for (int v = 0; v < vectors; v++) a.prefetch(0, Mem.at(AT[v], RAX, 1));
            int broadcasts = (wide ? 32 : 16) - rows * vectors - vectors;
            for (int i = 0; i < rows; i++) {
                var factor = spare(vectors + i % Math.min(broadcasts, 4));
                a.emit(element.broadcast, factor, row(i));
                for (int v = 0; v < vectors; v++) a.emit(element.multiplyAdd, sum(i, v), factor, spare(v));
            }
        }

        private Mem row(int i) {
            var base = ROW[i / 3];
            return i % 3 == 0 ? Mem.at(base) : Mem.at(base, R8, i % 3);
        }

        private void store() {
            columns(Y, COLUMN_Y); // leaves the table in rax
            a.mov(RDX, Mem.at(RDI, Y_STRIDE));
            if (bias) a.mov(RCX, Mem.at(RDI, BIAS));
            for (int v = 0; v < vectors; v++) {
                a.emit(VMOVUPS, spare(v), Mem.at(RAX, v * COLUMN + COLUMN_ORDER));
                if (!wide) continue;
                a.mov32(R8, Mem.at(RAX, v * COLUMN + COLUMN_MASK));
                a.emit(KMOVW_FROM, LANES[v], R8);
            }
            if (wide) {
                finish(true);
                return;
            }
            // Parts of vectors are stored slowly there.
            Label parts = a.label(), done = a.label();
            for (int v = 0; v < vectors; v++) {
                a.mov32(R8, Mem.at(RAX, v * COLUMN + COLUMN_MASK));
                a.cmp(R8, (1 << bits / 32) - 1);
                a.jump(Condition.NE, parts);
            }
            finish(false);
            a.jump(done);
            a.bind(parts);
            finish(true);
            a.bind(done);
        }

        private void finish(boolean mayBePart) {
            for (int i = 0; i < rows; i++) {
                for (int v = 0; v < vectors; v++) finish(i, v, mayBePart);
                for (int v = 0; v < vectors && i + 1 < rows; v++) a.add(AT[v], RDX);
            }
        }

        private void finish(int i, int v, boolean mayBePart) {
            var value = sum(i, v);
            var at = Mem.at(AT[v]);
            var other = spare(vectors);
            a.emit(VPERMPS, value, spare(v), value);
            if (accumulate) {
                if (mayBePart) load(other, v, at);
                else a.emit(VMOVUPS, other, at);
                a.emit(element.add, value, value, other);
            }
            if (bias) {
                a.emit(element.broadcast, other, Mem.at(RCX, element.bytes * i));
                a.emit(element.add, value, value, other);
            }
            if (relu) { // with the value second, so that NaN and -0 stay
                a.emit(VXORPS, other, other, other);
                a.emit(element.max, value, other, value);
            }
            if (wide) {
                a.emit(VMOVUPS_STORE, at.mask(LANES[v]), value);
            } else if (mayBePart) {
                a.emit(VMOVUPS, other, Mem.at(RAX, v * COLUMN + COLUMN_LANES));
                a.emit(VMASKMOVPS_STORE, at, other, value);
            } else {
                a.emit(VMOVUPS_STORE, at, value);
            }
        }

        private void load(Vec to, int v, Mem at) {
            if (wide) {
                a.emit(VMOVUPS, to.mask(LANES[v]).zeroing(), at);
            } else {
                a.emit(VMOVUPS, to, Mem.at(RAX, v * COLUMN + COLUMN_LANES));
                a.emit(VMASKMOVPS, to, to, at);
            }
        }
    }
}
