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

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * A running reduction along the last axis. Within a vector it doubles its reach at each step (Hillis and Steele, 1986); what came before joins last, and
 * the sum of a vector joins it by one operation, so that one vector waits for the one before by a single latency.
 *
 * <p>Arguments: in, out, length, bytes between lanes of in, of out, number of lanes.
 */
final class LaneScan {
    private static final Gp IN = RDI, OUT = RSI, LENGTH = RDX, IN_STEP = RCX, OUT_STEP = R8, COUNT = R9, LEFT = RAX, FROM = R10, TO = R11;
    private static final Vec X = Vec.zmm(0), MOVED = Vec.zmm(1), BEFORE = Vec.zmm(2), LAST = Vec.zmm(3);

    private final Assembler a;
    private final RunningStep step;

    private LaneScan(Assembler a, RunningStep step) {
        this.a = a;
        this.step = step;
    }

    static void write(Assembler a, RunningStep step) { new LaneScan(a, step).write(); }

    private void write() {
        step.prepare();
        var last = new int[16];
        for (int i = 0; i < 16; i++) last[i] = step.dwords() == 2 ? i % 2 == 0 ? 7 : 0 : 15;
        a.emit(VMOVUPS, LAST, a.constants(last));
        a.mov(LEFT, LENGTH);
        a.and(LEFT, step.lanes() - 1);
        a.mov(FROM, -1L);
        a.bzhi(FROM, FROM, LEFT);
        a.emit(KMOVW_FROM, Mask.K1, FROM);
        var rest = a.label();
        var done = a.label();
        var lane = a.bind(a.label());
        a.emit(VMOVAPS, BEFORE, step.neutral());
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
        step.load(X, Mem.at(FROM), partial);
        for (int reach = step.dwords(); reach < 16; reach *= 2) {
            a.emit(VALIGND, 16 - reach, MOVED, X, step.neutral());
            step.join(X, MOVED, X);
        }
        if (!partial) a.emit(step.dwords() == 2 ? VPERMQ_BY : VPERMD, MOVED, LAST, X);
        step.join(X, BEFORE, X);
        if (!partial) step.join(BEFORE, BEFORE, MOVED);
        step.store(Mem.at(TO), X, partial);
    }
}
