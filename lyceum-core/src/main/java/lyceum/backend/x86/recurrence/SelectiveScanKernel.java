package lyceum.backend.x86.recurrence;

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
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VFMADD231PS;
import static lyceum.backend.x86.asm.Instruction.VMINPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VMULPS;
import static lyceum.backend.x86.asm.Instruction.VXORPS;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.attention.PowerOfTwo;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * Generates the steps of a selective scan for a vector of channels: {@code h_i = 2^(d log2(e) a_i) h_i + d u b_i}, {@code y = sum over i of c_i h_i}. Rates and states
 * stand as vectors one behind the other, in the first-level cache; what a step has for all channels is spread to the lanes where it is used.
 *
 * <p>Argument: rdi a block of the fields below.
 */
final class SelectiveScanKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Addresses of the first step's u, d, y, b and c, and bytes from step to step of each; of rates and states; steps; states; what selects the lanes. */
    static final Field U = LAYOUT.word(), D = LAYOUT.word(), Y = LAYOUT.word(), B = LAYOUT.word(), C = LAYOUT.word(),
            U_STEP = LAYOUT.word(), D_STEP = LAYOUT.word(), Y_STEP = LAYOUT.word(), B_STEP = LAYOUT.word(), C_STEP = LAYOUT.word(),
            RATES = LAYOUT.word(), STATE = LAYOUT.word(), STEPS = LAYOUT.word(), STATES = LAYOUT.word(), LANES = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();

    private static final float LOG2_E = 1.442695f;
    private static final Gp[] SAVED = {RBX, RBP, R12};

    /** @param partial whether lanes are missing */
    record Form(boolean partial) implements KernelForm {
        @Override public String name(Cpu cpu) { return "selective_scan" + (partial ? "_partial" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { new SelectiveScanKernel(a, Lanes.of(cpu), partial).write(); }
    }

    private final Assembler a;
    private final Lanes lanes;
    private final boolean partial;
    private final PowerOfTwo power;
    private final Vec d, du, y, x, h, n, seen, spread;

    private SelectiveScanKernel(Assembler a, Lanes lanes, boolean partial) {
        this.a = a;
        this.lanes = lanes;
        this.partial = partial;
        power = new PowerOfTwo(a, lanes, 16);
        d = lanes.vec(0);
        du = lanes.vec(1);
        y = lanes.vec(2);
        x = lanes.vec(3);
        h = lanes.vec(4);
        n = lanes.vec(5);
        seen = lanes.vec(6);
        spread = lanes.vec(7);
    }

    private void write() {
        a.enter(SAVED);
        power.prepare();
        if (partial) lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
        Gp[] registers = {RSI, RDX, RCX, R8, R9};
        Field[] places = {U, D, Y, B, C}, steps = {U_STEP, D_STEP, Y_STEP, B_STEP, C_STEP};
        for (int i = 0; i < registers.length; i++) a.mov(registers[i], Mem.at(RDI, places[i]));
        a.mov(R10, Mem.at(RDI, RATES));
        a.mov(R11, Mem.at(RDI, STATE));
        a.mov(RBX, Mem.at(RDI, STEPS));
        a.mov(RBP, Mem.at(RDI, STATES));
        var step = a.bind(a.label());
        load(d, Mem.at(RDX));
        load(du, Mem.at(RSI));
        a.emit(VMULPS, du, du, d);
        a.emit(VBROADCASTSS, spread, a.constant(LOG2_E));
        a.emit(VMULPS, d, d, spread);
        a.emit(VXORPS, y, y, y);
        a.mov(RAX, 0);
        a.mov(R12, 0);
        a.align(32);
        var state = a.bind(a.label());
        a.emit(VMULPS, x, d, Mem.at(R10, R12, 1));
        // 2^128 is infinite, which is where AVX2's exponents end; of NaN and a number the second operand is kept.
        a.emit(VBROADCASTSS, spread, a.constant(128f));
        a.emit(VMINPS, x, spread, x);
        power.emit(h, x, n, seen);
        a.emit(VMULPS, h, h, Mem.at(R11, R12, 1));
        add(h, du, Mem.at(R8, RAX, 4));
        a.emit(VMOVUPS_STORE, Mem.at(R11, R12, 1), h);
        add(y, h, Mem.at(R9, RAX, 4));
        a.add(R12, lanes.bytes());
        a.add(RAX, 1);
        a.cmp(RAX, RBP);
        a.jump(Condition.NE, state);
        if (partial) lanes.storePartial(a, Mem.at(RCX), y);
        else a.emit(VMOVUPS_STORE, Mem.at(RCX), y);
        for (int i = 0; i < registers.length; i++) a.add(registers[i], Mem.at(RDI, steps[i]));
        a.sub(RBX, 1);
        a.jump(Condition.NE, step);
        a.leave(SAVED);
    }

    private void load(Vec to, Mem from) {
        if (partial) lanes.loadPartial(a, to, from);
        else a.emit(VMOVUPS, to, from);
    }

    /** {@code sum += factor times} the float at {@code one}. */
    private void add(Vec sum, Vec factor, Mem one) {
        if (lanes.wide()) {
            a.emit(VFMADD231PS, sum, factor, one.broadcast());
        } else {
            a.emit(VBROADCASTSS, spread, one);
            a.emit(VFMADD231PS, sum, factor, spread);
        }
    }
}
