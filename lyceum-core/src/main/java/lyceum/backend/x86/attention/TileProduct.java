package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VDPBF16PS;
import static lyceum.backend.x86.asm.Instruction.VFMADD231PS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VMULPS;
import static lyceum.backend.x86.asm.Instruction.VXORPS;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * {@code C = A B}, {@code C += A B} or {@code C = diag(s) C + A B} for a strip of C that is a few vectors wide and any number of row groups high (one beside pages): the
 * one product that all of attention is made of. A group of C stays in registers; of A single elements are broadcast, of B vectors are loaded, both
 * from where they lie.
 *
 * <p>A pair product reads pairs of BF16 where the other reads floats ({@code vdpbf16ps}), at twice the rate.
 *
 * <p>Arguments, 8 bytes each: {@link #A} address of A, {@link #A_STRIDE} its stride in bytes (see {@link Order}), {@link #B} address of B,
 * {@link #B_STRIDE} bytes between its rows, {@link #C} address of C, {@link #C_STRIDE} bytes between its rows, {@link #DEPTH} length of the sums (may be 0),
 * {@link #GROUPS} groups of rows, {@link #SCALES} address of one float a row, {@link #LANES} bits of the lanes of the last vector; and for sums that differ from group
 * to group, {@link #A_STEP} and {@link #B_STEP} bytes by which they begin later, {@link #DEPTH_STEP} how much longer they are. Of pages {@link #B} is the address of their
 * list, {@link #COLUMN} the bytes before the first column, and there are no {@link #DEPTH}, {@link #GROUPS} and steps.
 */
final class TileProduct {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field A = LAYOUT.word(), A_STRIDE = LAYOUT.word(), B = LAYOUT.word(), B_STRIDE = LAYOUT.word(), C = LAYOUT.word(),
            C_STRIDE = LAYOUT.word(), DEPTH = LAYOUT.word();
    static final Field GROUPS = LAYOUT.word(), SCALES = LAYOUT.word(), LANES = LAYOUT.word(), A_STEP = LAYOUT.word(),
            B_STEP = LAYOUT.word(), DEPTH_STEP = LAYOUT.word(), COLUMN = LAYOUT.word();
    /** Of C that one group has beside a B in pages, at most. */
    static final int MOST_ROWS_OF_PAGES = 6;

    /** How the operands lie. */
    enum Order {
        /** Rows of A have consecutive elements and are a stride apart. */
        ROWS,
        /** Transposed: rows of A are consecutive, elements of a row a stride apart. */
        COLUMNS,
        /** A as in {@link #ROWS}; B in {@linkplain Scratch#page pages}, each a number of rows. One group of {@value #MOST_ROWS_OF_PAGES} rows at most. */
        PAGES
    }

    /** What becomes of C. */
    enum Into {
        SET, ADD, SCALE_AND_ADD
    }

    /** @param rows of a group, {@code vectors} of a row of C; {@code partial} if the last vector has lanes beyond C; {@code pairs} of BF16 */
    record Form(Order order, Into into, int rows, int vectors, boolean partial, boolean pairs) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "attention_product_" + order + "_" + into + "_" + rows + "x" + vectors + (partial ? "_partial" : "")
                    + (pairs ? "_pairs" : "") + "_" + cpu.vectorBits();
        }

        @Override public void write(Assembler a, Cpu cpu) { new TileProduct(a, Lanes.of(cpu), this).write(); }

        @Override public boolean equals(Object other) { return other instanceof Form && other.hashCode() == hashCode(); }

        @Override public int hashCode() {
            return (((order.ordinal() * 8 + into.ordinal()) * 64 + rows) * 64 + vectors) * 4 + (partial ? 2 : 0) + (pairs ? 1 : 0);
        }
    }

    /** Rows of a group for {@code count} rows of so many vectors: what fills the registers, or hides the latency of a multiply-add and leaves no rest. */
    static int rows(int vectors, int count, boolean wide) {
        if (wide) return switch (vectors) {
            case 4 -> count == 16 ? 4 : 6;
            case 3 -> 8;
            case 2 -> count % 8 == 0 ? 8 : 12;
            default -> 16;
        };
        return vectors == 2 ? 5 : 8;
    }

    private final Assembler a;
    private final Lanes lanes;
    private final Form form;

    private TileProduct(Assembler a, Lanes lanes, Form form) {
        this.a = a;
        this.lanes = lanes;
        this.form = form;
    }

    private Vec sum(int row, int vector) { return lanes.vec(row * form.vectors + vector); }

    private Vec column(int vector) { return lanes.vec(form.rows * form.vectors + vector); }

    private Vec element() { return lanes.vec(form.rows * form.vectors + form.vectors); }

    private void write() {
        Gp[] saved = {RBX, RBP, R12, R13, R14, R15};
        a.enter(saved);
        a.mov(R15, Mem.at(RDI, A));
        a.mov(R8, Mem.at(RDI, A_STRIDE));
        a.mov(RBX, Mem.at(RDI, B_STRIDE));
        a.mov(R12, Mem.at(RDI, C));
        a.mov(R13, Mem.at(RDI, C_STRIDE));
        if (form.order != Order.PAGES) a.mov(R14, Mem.at(RDI, GROUPS));
        if (form.into == Into.SCALE_AND_ADD) a.mov(RBP, Mem.at(RDI, SCALES));
        if (form.partial) lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
        if (form.order != Order.COLUMNS && form.rows > 3) {
            a.lea(R9, Mem.at(R8, R8, 2));
            if (form.rows > 5) a.lea(R10, Mem.at(R8, R8, 4));
        }
        var group = a.bind(a.label());
        begin();
        sums();
        end();
        if (form.order != Order.PAGES) advance(group);
        a.leave(saved);
    }

    /** The group's sums before the loop. */
    private void begin() {
        a.mov(RAX, R12);
        for (int r = 0; r < form.rows; r++) {
            if (form.into == Into.SCALE_AND_ADD) a.emit(VBROADCASTSS, element(), Mem.at(RBP, 4 * r));
            for (int v = 0; v < form.vectors; v++) {
                switch (form.into) {
                    case SET -> a.emit(VXORPS, sum(r, v), sum(r, v), sum(r, v));
                    case ADD -> load(sum(r, v), RAX, v);
                    case SCALE_AND_ADD -> {
                        load(sum(r, v), RAX, v);
                        a.emit(VMULPS, sum(r, v), sum(r, v), element());
                    }
                }
            }
            if (form.into != Into.SET && r + 1 < form.rows) a.add(RAX, R13);
        }
    }

    private void load(Vec to, Gp row, int v) {
        if (form.partial && v == form.vectors - 1) lanes.loadPartial(a, to, Mem.at(row, v * lanes.bytes()));
        else a.emit(VMOVUPS, to, Mem.at(row, v * lanes.bytes()));
    }

    private void sums() {
        a.mov(RSI, R15);
        if (form.order == Order.ROWS) {
            if (form.rows > 6) lineStart(RDX, RSI);
            if (form.rows > 12) lineStart(RCX, RDX);
        }
        var done = a.label();
        if (form.order == Order.PAGES) {
            a.mov(RCX, Mem.at(RDI, B));
            var page = a.bind(a.label());
            a.mov(RAX, Mem.at(RCX, 8));
            a.test(RAX, RAX);
            a.jump(Condition.E, done);
            a.mov(R11, Mem.at(RCX));
            a.add(R11, Mem.at(RDI, COLUMN));
            a.add(RCX, 16);
            steps();
            a.jump(page);
        } else {
            a.mov(R11, Mem.at(RDI, B));
            a.mov(RAX, Mem.at(RDI, DEPTH));
            a.test(RAX, RAX);
            a.jump(Condition.E, done);
            steps();
        }
        a.bind(done);
    }

    /** As many as rax says, at least one. */
    private void steps() {
        a.align(32);
        var loop = a.bind(a.label());
        for (int v = 0; v < form.vectors; v++) load(column(v), R11, v);
        for (int r = 0; r < form.rows; r++) {
            a.emit(VBROADCASTSS, element(), form.order == Order.COLUMNS ? Mem.at(RSI, 4 * r) : row(r));
            for (int v = 0; v < form.vectors; v++) a.emit(form.pairs ? VDPBF16PS : VFMADD231PS, sum(r, v), column(v), element());
        }
        a.add(R11, RBX);
        if (form.order == Order.COLUMNS) {
            a.add(RSI, R8);
        } else {
            a.add(RSI, 4);
            if (form.rows > 6) a.add(RDX, 4);
            if (form.rows > 12) a.add(RCX, 4);
        }
        a.sub(RAX, 1);
        a.jump(Condition.NE, loop);
    }

    /** {@code to = from + 6 strides}: the next six rows. */
    private void lineStart(Gp to, Gp from) { a.lea(to, Mem.at(from, R9, 2)); }

    private Mem row(int r) {
        var base = r < 6 ? RSI : r < 12 ? RDX : RCX;
        return switch (r % 6) {
            case 0 -> Mem.at(base);
            case 1 -> Mem.at(base, R8, 1);
            case 2 -> Mem.at(base, R8, 2);
            case 3 -> Mem.at(base, R9, 1);
            case 4 -> Mem.at(base, R8, 4);
            default -> Mem.at(base, R10, 1);
        };
    }

    private void end() {
        a.mov(RAX, R12);
        for (int r = 0; r < form.rows; r++) {
            for (int v = 0; v < form.vectors; v++) {
                var to = Mem.at(RAX, v * lanes.bytes());
                if (form.partial && v == form.vectors - 1) lanes.storePartial(a, to, sum(r, v));
                else a.emit(VMOVUPS_STORE, to, sum(r, v));
            }
            if (r + 1 < form.rows) a.add(RAX, R13);
        }
        a.mov(R12, RAX);
        a.add(R12, R13);
    }

    private void advance(Label group) {
        if (form.order == Order.COLUMNS) {
            a.add(R15, 4 * form.rows);
        } else {
            a.imul(RAX, R8, form.rows);
            a.add(R15, RAX);
        }
        if (form.into == Into.SCALE_AND_ADD) a.add(RBP, 4 * form.rows);
        a.add(R15, Mem.at(RDI, A_STEP));
        step(B, B_STEP);
        step(DEPTH, DEPTH_STEP);
        a.sub(R14, 1);
        a.jump(Condition.NE, group);
    }

    private void step(Field argument, Field by) {
        a.mov(RAX, Mem.at(RDI, argument));
        a.add(RAX, Mem.at(RDI, by));
        a.mov(Mem.at(RDI, argument), RAX);
    }
}
