package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Gp.RSP;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VXORPS;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * How a kernel walks through weights: panels of sixteen rows in groups, and of each group 256 positions of every panel, then the next 256, as they
 * lie. So memory is one stream from front to back, and activations come near once a group instead of once a panel. Sums wait on the stack.
 *
 * <p>Arguments of a kernel: weights from the first row of a group on, activations, out, number of units (of positions) of a row, bytes between rows of
 * out, number of rows of weights.
 *
 * @param panels of a group, as {@link #panels(long)} says for the weights
 * @param span units of 256 positions
 * @param sumBytes of a panel's sums, which stand at {@link #SUMS}
 * @param below bytes at the stack pointer that are the kernel's
 */
record PanelWalk(Assembler a, int panels, int span, int sumBytes, int below) {
    static final Gp PANEL = RDI, ACTIVATIONS = RSI, OUT = RDX, COUNT = RCX, STRIDE = R8, VALID = R9, SUMS = RBX;
    /** Positions that a panel has one after the other. */
    static final int POSITIONS = 256;

    private static final Gp SPAN = RBP, LEFT = R12, START = R13, END = R14;
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14};

    /** Panels of a group: what stays in the second-level cache while several tiles of activations take it in turn. */
    static int panels(long panelBytes) { return (int) Math.clamp((640 << 10) / Math.max(1, panelBytes), 2L, 4L); }

    /**
     * Writes the kernel.
     *
     * @param zero a register for zeros
     * @param body adds COUNT units from PANEL and ACTIVATIONS to the sums and moves both on
     * @param output stores a panel's sums at OUT; it may change OUT, RAX and RCX
     */
    void write(Vec zero, Runnable body, Runnable output) {
        int frame = below + panels * sumBytes + 16;
        Mem first = Mem.at(RSP, frame - 16), total = Mem.at(RSP, frame - 8);
        a.enter(SAVED);
        a.sub(RSP, frame);
        a.mov(first, ACTIVATIONS);
        a.mov(total, COUNT);
        var group = a.bind(a.label());
        clear(zero);
        a.mov(LEFT, total);
        a.mov(START, first);
        var span = a.bind(a.label());
        a.mov(SPAN, span());
        a.cmp(LEFT, SPAN);
        a.cmov(Condition.L, SPAN, LEFT);
        var panel = firstPanel();
        a.mov(ACTIVATIONS, START);
        a.mov(COUNT, SPAN);
        body.run();
        nextPanel(panel);
        a.mov(START, ACTIVATIONS);
        a.sub(LEFT, SPAN);
        a.jump(Condition.G, span);

        panel = firstPanel();
        a.push(OUT);
        output.run();
        a.pop(OUT);
        a.add(OUT, 4 * Layout.ROWS);
        a.sub(VALID, Layout.ROWS);
        nextPanel(panel);
        a.cmp(VALID, 0);
        a.jump(Condition.G, group);
        a.add(RSP, frame);
        a.leave(SAVED);
    }

    /** The sums of as many panels as there are, up to END. */
    private void clear(Vec zero) {
        a.lea(END, Mem.at(VALID, Layout.ROWS - 1));
        a.shr(END, 4);
        a.mov(LEFT, panels);
        a.cmp(END, LEFT);
        a.cmov(Condition.G, END, LEFT);
        a.imul(END, END, sumBytes);
        a.lea(SUMS, Mem.at(RSP, below));
        a.add(END, SUMS);
        a.emit(VXORPS, zero.as(256), zero.as(256), zero.as(256));
        var panel = firstPanel();
        for (int at = 0; at < sumBytes; at += zero.bits() / 8) a.emit(VMOVUPS_STORE, Mem.at(SUMS, at), zero);
        nextPanel(panel);
    }

    private Label firstPanel() {
        a.lea(SUMS, Mem.at(RSP, below));
        return a.bind(a.label());
    }

    private void nextPanel(Label panel) {
        a.add(SUMS, sumBytes);
        a.cmp(SUMS, END);
        a.jump(Condition.B, panel);
    }
}
