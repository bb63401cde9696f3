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
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Writes loops over elements and the elements of a table that their indices name. One at a time: a comparison, two loads and a store an element, which
 * is what the CPU's own gather instruction comes to inside.
 */
final class ElementKernel {
    private static final Gp INDEX = RSI, INDEX_STEP = R8, DENSE = RDX, DENSE_STEP = R9, TABLE = RCX, TABLE_STEP = R10, SIZE = R11,
            COUNT = RBX, AXIS_STEP = RBP, VALUE = R12, AT = RAX;
    private static final int UNROLLED = 4;

    /** @param bytes of an element, 4 or 8; {@code line} if indices, elements and the table's axis follow one another without gaps and all meet the same part of the table */
    record Form(Rule rule, int bytes, boolean line) implements KernelForm {
        @Override public String name(Cpu cpu) { return "elements_" + rule + "_" + bytes + (line ? "_line" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { new ElementKernel(a, this).write(); }
    }

    private final Assembler a;
    private final Form form;

    private ElementKernel(Assembler a, Form form) {
        this.a = a;
        this.form = form;
    }

    private void write() {
        a.enter(RBX, RBP, R12);
        Arguments.load(a, INDEX, INDEX_STEP, DENSE, DENSE_STEP, TABLE, TABLE_STEP, SIZE, COUNT);
        a.mov(AXIS_STEP, Mem.at(RDI, Arguments.AXIS_STEP));
        Label end = a.label(), rest = a.label();
        int slots = form.line ? UNROLLED : 0;
        var back = new Label[slots + 1];
        var wrap = new Label[slots + 1];
        for (int i = 0; i <= slots; i++) {
            back[i] = a.label();
            wrap[i] = a.label();
        }
        if (form.line) {
            a.sub(COUNT, UNROLLED);
            a.jump(Condition.L, rest);
            var loop = a.bind(a.label());
            for (int i = 0; i < UNROLLED; i++) element(i, back[i], wrap[i]);
            a.add(INDEX, 8 * UNROLLED);
            a.add(DENSE, form.bytes * UNROLLED);
            a.sub(COUNT, UNROLLED);
            a.jump(Condition.GE, loop);
            a.bind(rest);
            a.add(COUNT, UNROLLED);
            a.jump(Condition.E, end);
        }
        var single = a.bind(a.label());
        element(0, back[slots], wrap[slots]);
        a.add(INDEX, INDEX_STEP);
        a.add(DENSE, DENSE_STEP);
        a.add(TABLE, TABLE_STEP);
        a.sub(COUNT, 1);
        a.jump(Condition.NE, single);
        a.bind(end);
        a.leave(RBX, RBP, R12);
        for (int i = 0; i <= slots; i++) Arguments.wrap(a, wrap[i], AT, SIZE, back[i], end);
    }

    private void element(int slot, Label back, Label wrap) {
        a.mov(AT, Mem.at(INDEX, 8 * slot));
        a.cmp(AT, SIZE);
        a.jump(Condition.AE, wrap);
        a.bind(back);
        if (!form.line) a.imul(AT, AXIS_STEP);
        Mem table = Mem.at(TABLE, AT, form.line ? form.bytes : 1), dense = Mem.at(DENSE, form.bytes * slot);
        switch (form.rule) {
            case GATHER -> move(dense, table);
            case SET -> move(table, dense);
            default -> add(table, dense);
        }
    }

    private void move(Mem to, Mem from) {
        if (form.bytes == 4) {
            a.mov32(VALUE, from);
            a.mov32(to, VALUE);
        } else {
            a.mov(VALUE, from);
            a.mov(to, VALUE);
        }
    }

    private void add(Mem table, Mem dense) {
        boolean floats = form.bytes == 4;
        var sum = Vec.xmm(0);
        a.emit(floats ? VMOVSS : VMOVSD, sum, table);
        a.emit(floats ? VADDSS : VADDSD, sum, sum, dense);
        a.emit(floats ? VMOVSS_STORE : VMOVSD_STORE, table, sum);
    }
}
