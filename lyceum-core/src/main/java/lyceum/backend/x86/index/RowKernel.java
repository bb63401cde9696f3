package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * Writes loops over rows and the rows of a table that their indices name: copies one way or the other, or combines into the table. The arguments are
 * those of {@link Arguments}; rows are vectors of 4-byte words with a partial one at the end. The table's row some steps ahead is asked for in time.
 */
final class RowKernel {
    private static final int AHEAD = 8;
    private static final Gp INDEX = RSI, INDEX_STEP = R8, DENSE = RDX, DENSE_STEP = R9, TABLE = RCX, TABLE_STEP = R10, SIZE = R11,
            COUNT = RBX, BYTES = RBP, AT = R12, ROW = RAX;

    /** @param type of the elements that are combined: 8 bytes or 4 */
    record Form(Rule rule, boolean doubles, boolean partial) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "rows_" + rule + (doubles ? "_f64" : "_f32") + (partial ? "_partial" : "") + "_" + cpu.vectorBits();
        }

        @Override public void write(Assembler a, Cpu cpu) { new RowKernel(a, Lanes.of(cpu), this).write(); }

        @Override public boolean equals(Object other) { return other instanceof Form && other.hashCode() == hashCode(); }

        @Override public int hashCode() { return 4 * rule.ordinal() + (doubles ? 2 : 0) + (partial ? 1 : 0); }
    }

    private final Assembler a;
    private final Lanes lanes;
    private final Form form;

    private RowKernel(Assembler a, Lanes lanes, Form form) {
        this.a = a;
        this.lanes = lanes;
        this.form = form;
    }

    private void write() {
        a.enter(RBX, RBP, R12);
        Arguments.load(a, INDEX, INDEX_STEP, DENSE, DENSE_STEP, TABLE, TABLE_STEP, SIZE, COUNT);
        a.mov(BYTES, Mem.at(RDI, Arguments.BYTES));
        if (form.partial) lanes.loadMask(a, Mem.at(RDI, Arguments.LANES), RAX);
        var inRange = a.label();
        var wrap = a.label();
        var end = a.label();
        var row = a.bind(a.label());
        prefetch();
        a.mov(ROW, Mem.at(INDEX));
        a.cmp(ROW, SIZE);
        a.jump(Condition.AE, wrap);
        a.bind(inRange);
        a.imul(ROW, TABLE_STEP);
        a.add(ROW, TABLE);
        row();
        a.add(INDEX, INDEX_STEP);
        a.add(DENSE, DENSE_STEP);
        a.sub(COUNT, 1);
        a.jump(Condition.NE, row);
        a.bind(end);
        a.leave(RBX, RBP, R12);
        Arguments.wrap(a, wrap, ROW, SIZE, inRange, end);
    }

    private void prefetch() {
        var near = a.label();
        a.cmp(COUNT, AHEAD);
        a.jump(Condition.LE, near);
        a.mov(ROW, Mem.at(INDEX, INDEX_STEP, AHEAD));
        a.imul(ROW, TABLE_STEP);
        a.prefetch(0, Mem.at(TABLE, ROW, 1));
        a.bind(near);
    }

    private void row() {
        var more = a.label();
        var test = a.label();
        a.mov(AT, 0);
        a.jump(test);
        a.bind(more);
        vector(false);
        a.add(AT, lanes.bytes());
        a.bind(test);
        a.cmp(AT, BYTES);
        a.jump(Condition.L, more);
        if (form.partial) vector(true);
    }

    private void vector(boolean partial) {
        Mem table = Mem.at(ROW, AT, 1), dense = Mem.at(DENSE, AT, 1);
        var value = lanes.vec(0);
        load(value, form.rule == Rule.SET ? dense : table, partial);
        if (form.rule.combines()) {
            load(lanes.vec(1), dense, partial);
            combine(lanes.vec(2), value, lanes.vec(1));
            value = lanes.vec(2);
        }
        var to = form.rule == Rule.GATHER ? dense : table;
        if (partial) lanes.storePartial(a, to, value);
        else a.emit(VMOVUPS_STORE, to, value);
    }

    private void load(Vec to, Mem from, boolean partial) {
        if (partial) lanes.loadPartial(a, to, from);
        else a.emit(VMOVUPS, to, from);
    }

    private void combine(Vec to, Vec old, Vec more) {
        switch (form.rule) {
            case ADD -> a.emit(form.doubles ? VADDPD : VADDPS, to, old, more);
            case MAX -> a.emit(form.doubles ? VMAXPD : VMAXPS, to, old, more);
            default -> a.emit(form.doubles ? VMINPD : VMINPS, to, old, more);
        }
        if (form.rule == Rule.ADD) return;
        // The instructions give the second operand for NaN and for two zeros: NaN stays, and +0 is greater than -0.
        choose(3, to, old, old, old);
        a.emit(form.rule == Rule.MAX ? VANDPS : VORPS, lanes.vec(3), old, more);
        choose(0, to, old, more, lanes.vec(3));
    }

    /** {@code to = value} where the comparison of x and y holds. */
    private void choose(int comparison, Vec to, Vec x, Vec y, Vec value) {
        Instruction compare = form.doubles ? VCMPPD : VCMPPS;
        if (lanes.wide()) {
            a.emit(compare, comparison, Mask.K2, x, y);
            a.emit(form.doubles ? VBLENDMPD : VBLENDMPS, to.mask(Mask.K2), to, value);
        } else {
            a.emit(compare, comparison, lanes.vec(4), x, y);
            a.emit(form.doubles ? VBLENDVPD : VBLENDVPS, to, to, value, lanes.vec(4));
        }
    }
}
