package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.Backend.Scan;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * A running reduction along the last axis. Within a vector it doubles its reach at each step (Hillis and Steele, 1986); what came before joins last, and
 * the sum of a vector joins it by one operation, so that one vector waits for the one before by a single latency.
 *
 * <p>Arguments: in, out, length, bytes between lanes of in, of out, number of lanes.
 */
final class LaneScan {
    private static final Gp IN = RDI, OUT = RSI, LENGTH = RDX, IN_STEP = RCX, OUT_STEP = R8, COUNT = R9, LEFT = RAX, FROM = R10, TO = R11;

    private final Assembler a;
    private final RunningStep step;
    private final Vec x, moved, before, last;

    /** @param scan not a sum of F64, nor a product of them: a tree rounds, overflows and underflows where one by one nothing does */
    record Form(Scan scan, DType type) implements KernelForm {
        @Override public String name(Cpu cpu) { return "running_" + scan + "_" + type + "_" + cpu.vectorBits(); }

        /** Four floats have a product within the range of doubles, eight have not. */
        @Override public void write(Assembler a, Cpu cpu) {
            new LaneScan(a, new RunningStep(a, scan, type, scan == Scan.PROD ? 256 : 512)).write();
        }
    }

    private LaneScan(Assembler a, RunningStep step) {
        this.a = a;
        this.step = step;
        this.x = Vec.of(0, step.bits());
        this.moved = Vec.of(1, step.bits());
        this.before = Vec.of(2, step.bits());
        this.last = Vec.of(3, step.bits());
    }

    private void write() {
        step.prepare();
        var numbers = new int[16];
        for (int i = 0; i < 16; i++) numbers[i] = i % step.dwords() == 0 ? step.lanes() - 1 : 0;
        a.emit(VMOVUPS, last, a.constants(numbers));
        a.mov(LEFT, LENGTH);
        a.and(LEFT, step.lanes() - 1);
        a.mov(FROM, -1L);
        a.bzhi(FROM, FROM, LEFT);
        a.emit(KMOVW_FROM, Mask.K1, FROM);
        var rest = a.label();
        var done = a.label();
        var lane = a.bind(a.label());
        a.emit(VMOVAPS, before, step.neutral());
        a.mov(FROM, IN);
        a.mov(TO, OUT);
        a.mov(LEFT, LENGTH);
        a.sub(LEFT, step.lanes());
        a.jump(Condition.L, rest);
        a.align(32);
        var loop = a.bind(a.label());
        vector(false);
        a.add(FROM, step.bytes());
        a.add(TO, step.bytes());
        a.sub(LEFT, step.lanes());
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(LEFT, step.lanes());
        a.jump(Condition.E, done);
        vector(true);
        a.bind(done);
        a.add(IN, IN_STEP);
        a.add(OUT, OUT_STEP);
        a.sub(COUNT, 1);
        a.jump(Condition.NE, lane);
        a.vzeroupper();
        a.ret();
    }

    private void vector(boolean partial) {
        step.load(x, Mem.at(FROM), partial);
        int dwords = step.bits() / 32;
        for (int reach = step.dwords(); reach < dwords; reach *= 2) {
            a.emit(VALIGND, dwords - reach, moved, x, step.neutral());
            step.join(x, moved, x);
        }
        if (!partial) a.emit(step.dwords() == 2 ? VPERMQ_BY : VPERMD, moved, last, x);
        step.join(x, before, x);
        if (!partial) step.join(before, before, moved);
        step.store(Mem.at(TO), x, partial);
    }
}
